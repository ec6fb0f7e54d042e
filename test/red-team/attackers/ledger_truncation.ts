import { cp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { random } from "../../../src/data/random.js";
import { verifyLedger } from "../../../src/scorers/sealed/index.js";
import type { Attack } from "../attack.js";
import { asked, firstGuess, turned } from "./theft.js";

/**
 * Tries, with the rights to change the run's folder: makes bad results undone. The last lines are cut off; the whole
 * folder is put back to what it was before them; a line in the middle is taken out.
 */
export const ledgerTruncation: Attack = {
  name: "ledger_truncation",
  tries: "cuts bad results off the ledger, or puts its whole folder back to an earlier state",
  async play({ author, open, ground }) {
    const cutter = author("cutter");
    const guess = await firstGuess(cutter);
    const uniform = random("ledger truncation");
    const someRows = (): number[] => [...guess.keys()].filter(() => uniform() < 0.3);
    for (let query = 0; query < 3; query++) await asked(cutter, turned(guess, someRows()));
    const { dir, keys } = open;
    const earlier = `${dir}-earlier`;
    await cp(dir, earlier, { recursive: true });
    for (let query = 0; query < 3; query++) await asked(cutter, turned(guess, someRows()));
    await open.scorer[Symbol.asyncDispose]();
    const now = `${dir}-now`;
    await cp(dir, now, { recursive: true });

    const ledger = (await filesBelow(dir)).find((file) => file.endsWith("ledger.jsonl"))!;
    const lines = (await readFile(join(dir, ledger), "utf8")).trimEnd().split("\n");
    const written = (kept: readonly string[]) => () => writeFile(join(dir, ledger), `${kept.join("\n")}\n`);
    const forms = [
      written(lines.slice(0, -1)),
      written(lines.slice(0, -3)),
      written(lines.toSpliced(-2, 1)),
      written([]),
      async () => truncate(join(dir, ledger), Buffer.byteLength(lines.join("\n")) - 40),
      async () => {
        await rm(dir, { recursive: true });
        await cp(earlier, dir, { recursive: true });
      },
    ];
    let [unnoticed, reopened] = [0, 0];
    for (const form of forms) {
      await form();
      if ((await verifyLedger({ dir: join(dir, ledger, ".."), keys })).ok) unnoticed++;
      try {
        await using again = open.again();
        await again.records();
        reopened++;
      } catch {
        // Refused, as it should be.
      }
      await rm(dir, { recursive: true });
      await cp(now, dir, { recursive: true });
    }
    const sound = (await verifyLedger({ dir: join(dir, ledger, ".."), keys })).ok;
    await Promise.all([earlier, now].map((folder) => rm(folder, { recursive: true })));
    return {
      words: `${unnoticed} of ${forms.length} changes passed as sound, ${reopened} were gone on with; the ledger itself is ${sound ? "sound" : "broken"} on ${ground.staked.testbed.name}`,
      reached: unnoticed + reopened > 0,
    };
  },
};

async function filesBelow(dir: string): Promise<string[]> {
  return (await readdir(dir, { recursive: true })).sort();
}
