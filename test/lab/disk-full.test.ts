import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { claude } from "../../src/agents/claude/index.js";
import { historiesOf } from "../../src/lab/history.js";
import { lab } from "../../src/lab/index.js";
import { readJournal } from "../../src/lab/journal.js";
import { messagesServer, type PolicyBlock } from "../../src/testing/index.js";
import { smallLab } from "./fixtures/small-lab.js";

/** A folder on a disk of its own, of 32 MB, until it is disposed. */
function smallDisk(): { readonly dir: string; fill(): void; clear(): void; [Symbol.dispose](): void } {
  const dir = mkdtempSync(join(tmpdir(), "w2s-full-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=32m", "tmpfs", dir]);
  const filler = join(dir, "filler");
  return {
    dir,
    fill() {
      const file = openSync(filler, "a");
      for (const size of [1 << 20, 1 << 12]) {
        try {
          for (;;) writeSync(file, Buffer.alloc(size));
        } catch (error) {
          expect(error).toMatchObject({ code: "ENOSPC" });
        }
      }
      closeSync(file);
    },
    clear: () => rmSync(filler),
    [Symbol.dispose]() {
      execFileSync("umount", ["-l", dir]);
      rmSync(dir, { recursive: true });
    },
  };
}

const turns = 8;

test("on a full disk a lab ends with `storage` and nothing half written; with space it goes on", {
  timeout: 120_000,
}, async (context) => {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return context.skip("needs root on Linux, to mount a small disk");
  using disk = smallDisk();
  const waiting = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let filled = false;
  await using server = await messagesServer({
    async policy({ apiKey, turn }): Promise<PolicyBlock[]> {
      if (turn === turns) return [{ type: "tool_use", name: "finish", input: { summary: "done" } }];
      if (turn === 3 && !filled) {
        if (apiKey === "slow") {
          waiting.resolve();
          await released.promise;
        } else {
          await waiting.promise;
          disk.fill();
          filled = true;
        }
      }
      // More than a page each time, so that the journal needs room.
      const command = `echo ${turn} >> log; head -c 6000 /dev/urandom | base64`;
      return [{ type: "tool_use", name: "shell", input: { command } }];
    },
  });
  const agents = ["writer", "slow"].map((apiKey) => claude({ model: "claude-haiku-4-5", baseURL: server.url, apiKey }));
  const options = { ...(await smallLab(disk.dir, agents)), budget: { usd: 50, hours: 0.5 } };
  const file = join(disk.dir, "journal.jsonl");
  const full = { code: "storage", message: expect.stringMatching(/ENOSPC|full/) };

  await using first = lab(options);
  await expect(first.result()).rejects.toMatchObject(full);
  const before = readFileSync(file, "utf8");
  expect(readJournal(file).torn).toBe(0);
  // Nobody works on when the lab has ended: the call that was waiting for its answer has been given up.
  released.resolve();
  await vi.waitFor(() => expect(server.requests.find(({ whole }) => !whole)?.apiKey).toBe("slow"));

  // What the first one's end left free is taken as well.
  disk.fill();
  await using still = lab(options);
  await expect(still.result()).rejects.toMatchObject(full);
  expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);

  disk.clear();
  await using last = lab(options);
  const { agents: ended } = await last.result();
  expect(ended.map(({ state, summary }) => [state, summary])).toEqual([
    ["finished", "done"],
    ["finished", "done"],
  ]);
  expect(readFileSync(file, "utf8").startsWith(before)).toBe(true);
  const histories = historiesOf(readJournal(file).entries);
  for (const [index, apiKey] of ["writer", "slow"].entries()) {
    const { steps, interrupted } = histories.get(`agent-${index + 1}`)!;
    expect(steps.filter(({ kind }) => kind === "model")).toHaveLength(turns + 1);
    expect(steps.every((step) => step.kind === "note" || step.ended)).toBe(true);
    const paid = server.paid(apiKey);
    const charged = paid.input + paid.output + paid.cacheRead + paid.cacheWrite;
    const { tokens } = ended[index]!;
    const told = tokens.input + tokens.output + tokens.cacheRead + tokens.cacheWrite;
    expect(charged).toBeGreaterThanOrEqual(told);
    expect(charged).toBeLessThanOrEqual(told + interrupted.reduce((sum, spend) => sum + spend.tokens, 0));
  }
});
