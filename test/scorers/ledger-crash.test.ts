import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type LedgerCheck,
  openLedger,
  type Receipt,
  verifyLedger,
  verifyReceipt,
} from "../../src/scorers/sealed/ledger/index.js";
import { fillLedger, ledgerFolders } from "./fixtures/ledger.js";

let place: ReturnType<typeof ledgerFolders>;
beforeEach(() => {
  place = ledgerFolders();
});
afterEach(() => place[Symbol.dispose]());

const file = (name: string): string => join(place.dir, name);
const failed = ({ checks }: LedgerCheck): string[] =>
  checks.flatMap(({ what, status }) => (status === "failed" ? [what] : []));

/** A writer in a process of its own, killed when it has given `receipts`. Resolves to those that it gave. */
async function killed(receipts: number): Promise<Receipt[]> {
  const child = spawn(
    process.execPath,
    ["--conditions=w2s-source", "--import=tsx", "test/scorers/fixtures/ledger-writer.ts", place.dir, place.keys],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const given: Receipt[] = [];
  for await (const line of createInterface(child.stdout)) {
    // A last line may have been cut off by the end of the process.
    if (line.endsWith("}")) given.push(JSON.parse(line) as Receipt);
    if (given.length >= receipts) child.kill("SIGKILL");
  }
  return given;
}

test("kill -9 at any moment: no entry with a receipt is lost, and the ledger goes on", {
  timeout: 60_000,
}, async () => {
  const given: Receipt[] = [];
  for (const receipts of [1, 7, 30, 61]) {
    given.push(...(await killed(receipts)));
    // Before anybody mends it: at most what nobody was answered on is not whole.
    expect(["", "after the head"]).toContain(failed(await verifyLedger({ ...place, receipts: given })).join());
    await using ledger = await openLedger(place);
    expect(ledger.hidden(0)).toBe("secret");
    for (const receipt of given) {
      expect(verifyReceipt(receipt, ledger.publicKey)).toEqual({ ok: true });
      expect(ledger.entries[receipt.seq]?.hash).toBe(receipt.entry);
      expect(ledger.hidden(receipt.seq)).toEqual({ accuracy: 0.75 });
    }
    ledger.append({ type: "audit", released: { receipts } });
  }
  expect(given.length).toBeGreaterThanOrEqual(99);
  expect(new Set(given.map(({ seq }) => seq)).size).toBe(given.length);
  expect(await verifyLedger({ ...place, receipts: given })).toMatchObject({ ok: true });
});

test("cut at any byte behind the head it is mended and says so; before it, it fails and nothing is touched", {
  timeout: 60_000,
}, async () => {
  await fillLedger(place, 3);
  const heads = [file("head.json"), join(place.keys, readdirSync(place.keys)[0]!, "head.json")];
  const head = readFileSync(heads[0]!);
  const size = (name: string): number => readFileSync(file(name)).length;
  const covered = { "ledger.jsonl": size("ledger.jsonl"), "hidden.jsonl": size("hidden.jsonl") };
  await fillLedger(place, 3);
  // As if the process had ended before a head was signed for the last three.
  for (const path of heads) writeFileSync(path, head);
  const sound = {
    "ledger.jsonl": readFileSync(file("ledger.jsonl")),
    "hidden.jsonl": readFileSync(file("hidden.jsonl")),
  };
  const names = ["ledger.jsonl", "hidden.jsonl"] as const;
  const cuts = names.flatMap((name) => Array.from(sound[name], (_, at) => ({ name, at })));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...cuts), async ({ name, at }) => {
      for (const each of names) writeFileSync(file(each), sound[each]);
      for (const path of heads) writeFileSync(path, head);
      truncateSync(file(name), at);
      if (at < covered[name]) {
        await expect(openLedger(place)).rejects.toMatchObject({
          code: "bad_input",
          message: expect.stringContaining(name),
        });
        expect(size(name)).toBe(at);
        expect(failed(await verifyLedger(place))).not.toEqual([]);
        return;
      }
      {
        await using ledger = await openLedger(place);
        expect(ledger.entries.length).toBeGreaterThanOrEqual(4);
        expect(ledger.notices).not.toEqual([]);
        ledger.append({ type: "audit", released: null });
      }
      expect(await verifyLedger(place)).toMatchObject({ ok: true });
    }),
    { numRuns: 40 },
  );
});

test("a crash between the two heads is no damage", async () => {
  await fillLedger(place, 1);
  const beside = join(place.keys, readdirSync(place.keys)[0]!, "head.json");
  const earlier = readFileSync(beside);
  await fillLedger(place, 1);
  writeFileSync(beside, earlier);
  expect(await verifyLedger(place)).toMatchObject({ ok: true });
  await using ledger = await openLedger(place);
  expect(ledger.entries).toHaveLength(3);
});

test("a crash while it was begun leaves nothing in the way; a ledger that vanished does not pass for it", async () => {
  await fillLedger(place, 0);
  const all = join(place.dir, "..", "all");
  cpSync(place.dir, all, { recursive: true });
  const left = (...names: string[]): void => {
    rmSync(place.dir, { recursive: true });
    mkdirSync(place.dir);
    for (const name of names) cpSync(join(all, name), file(name));
  };
  const beside = join(place.keys, readdirSync(place.keys)[0]!, "head.json");
  left("hidden.jsonl");
  await fillLedger(place, 0);
  left("hidden.jsonl", "head.json");
  await expect(openLedger(place)).rejects.toMatchObject({ code: "bad_input" });
  left("ledger.jsonl", "hidden.jsonl");
  await expect(openLedger(place)).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("head.json"),
  });
  expect(existsSync(beside)).toBe(true);
});

test("on a full disk an append fails and leaves the files as they were; with space it goes on", async (context) => {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    return context.skip("needs root on Linux, to mount a small disk");
  }
  mkdirSync(place.dir);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", place.dir]);
  try {
    await using ledger = await openLedger(place);
    ledger.append({ type: "evaluation", released: 1, hidden: "a" });
    await ledger.durable();
    fill();
    const before = ["ledger.jsonl", "hidden.jsonl"].map((name) => readFileSync(file(name)));
    const full = expect.objectContaining({ code: "storage", message: expect.stringContaining("full") });
    // The first fails in the hidden file, the second in the ledger.
    for (const [released, hidden] of [
      [1, "b".repeat(8000)],
      ["b".repeat(8000), 1],
    ] as const) {
      expect(() => ledger.append({ type: "evaluation", released, hidden })).toThrow(full);
      expect(["ledger.jsonl", "hidden.jsonl"].map((name) => readFileSync(file(name)))).toEqual(before);
    }
    // What still has room is written, but no head is: nobody may be answered.
    const small = ledger.append({ type: "evaluation", released: 2, hidden: "c" });
    await expect(ledger.durable()).rejects.toEqual(full);
    expect(() => ledger.receipt(small)).toThrow("durable");
    rmSync(file("filler"));
    await ledger.durable();
    expect(verifyReceipt(ledger.receipt(small), ledger.publicKey)).toEqual({ ok: true });
    expect(await verifyLedger(place)).toMatchObject({ ok: true, entries: { length: 3 } });
  } finally {
    execFileSync("umount", ["-l", place.dir]);
  }
});

function fill(): void {
  const filler = openSync(file("filler"), "a");
  expect(() => {
    for (;;) writeSync(filler, Buffer.alloc(4096));
  }).toThrow(expect.objectContaining({ code: "ENOSPC" }));
  closeSync(filler);
}
