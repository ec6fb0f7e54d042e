/* What an entry costs: written, and written and on the disk, for one agent and for 64 that wait for the disk together. */
import { fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openJournal } from "../../src/lab/journal.js";

const count = 2000;
const bytes = [200, 3000];

export async function append(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "w2s-append-"));
  try {
    for (const size of bytes) {
      const { journal } = openJournal(join(folder, `${size}.jsonl`));
      const one = (): unknown => journal.append({ type: "notice", message: "x".repeat(size) });
      const durable = async (): Promise<void> => {
        one();
        await journal.durable();
      };
      const bare = openSync(join(folder, `${size}.bare`), "a");
      const line = Buffer.alloc(size + 100);
      const sync = async (): Promise<void> => {
        writeSync(bare, line);
        fdatasyncSync(bare);
      };
      console.log(`An entry of ${size} bytes, microseconds: median (quartiles)`);
      await measure("bare write", 1, async () => void writeSync(bare, line));
      await measure("append", 1, async () => void one());
      await measure("bare write and fdatasync", 1, sync);
      await measure("append and durable", 1, durable);
      await measure("append and durable, 64 at once, for each", 64, durable);
      await journal[Symbol.asyncDispose]();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Times of rounds in which so many do the same, for each of them. */
async function measure(name: string, together: number, work: () => Promise<void>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < count / together; round++) {
    const began = performance.now();
    await Promise.all(Array.from({ length: together }, work));
    times.push(((performance.now() - began) / together) * 1000);
  }
  times.sort((a, b) => a - b);
  const [low, median, high] = [0.25, 0.5, 0.75].map((q) => times[Math.floor(q * (times.length - 1))]!.toFixed(0));
  console.log(`  ${name.padEnd(42)} ${median} (${low} to ${high})`);
}
