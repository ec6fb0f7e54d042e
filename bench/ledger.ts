/*
 * What an answer with a receipt costs: append, durable and receipt, one after the other and by 32 at a time; and how long a
 * ledger of that many entries takes to be opened and verified. Prints milliseconds.
 *
 *   npm start bench/ledger.ts
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedger, verifyLedger } from "../src/scorers/sealed/ledger/index.js";

const answers = 1_000;
const together = 32;
const root = mkdtempSync(join(tmpdir(), "w2s-ledger-"));
const place = { dir: join(root, "run"), keys: join(root, "keys"), about: {} };

async function answer(ledger: Awaited<ReturnType<typeof openLedger>>): Promise<number> {
  const started = performance.now();
  const entry = ledger.append({
    type: "evaluation",
    released: { author: "agent-1", testbed: "brown", better: true, pgr: 0.52, interval: [0.44, 0.6] },
    hidden: { accuracy: [0.81, 0.82, 0.8], transfer: 0.81, weak: 0.75, ceiling: 0.88 },
  });
  await ledger.durable();
  ledger.receipt(entry);
  return performance.now() - started;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number => sorted(values)[Math.round(q * (values.length - 1))]!;
const row = (what: string, ...values: number[]): void =>
  console.log(what.padEnd(44), ...values.map((value) => value.toFixed(2).padStart(8)));

try {
  const alone: number[] = [];
  const batch: number[] = [];
  {
    await using ledger = await openLedger(place);
    for (let i = 0; i < answers; i++) alone.push(await answer(ledger));
    for (let i = 0; i < answers; i += together) {
      batch.push(await timed(() => Promise.all(Array.from({ length: together }, () => answer(ledger)))));
    }
  }
  console.log("ms".padEnd(44), "  median", "    95th");
  row("an answer, alone", quantile(alone, 0.5), quantile(alone, 0.95));
  row(`${together} answers at once, all of them`, quantile(batch, 0.5), quantile(batch, 0.95));
  const { entries } = await verifyLedger(place);
  row(`verify, ${entries.length} entries`, await timed(() => verifyLedger(place)));
  row(`open, ${entries.length} entries`, await timed(async () => (await openLedger(place))[Symbol.asyncDispose]()));
} finally {
  rmSync(root, { recursive: true });
}
