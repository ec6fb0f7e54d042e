import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openJournal, readJournal } from "../../src/lab/journal.js";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "w2s-journal-"));
  file = join(folder, "journal.jsonl");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const notice = (message: string) => ({ type: "notice", message }) as const;

describe("the journal", () => {
  test("gives back what was appended, numbered without gaps over lives, its clock going on", async () => {
    const first = openJournal(file).journal;
    const one = first.append(notice("one"));
    expect(first.append(notice("two")).seq).toBe(1);
    await first[Symbol.asyncDispose]();
    const { journal, earlier, torn } = openJournal(file);
    expect(earlier.map((entry) => entry.type === "notice" && entry.message)).toEqual(["one", "two"]);
    expect(earlier[0]).toEqual(one);
    expect(torn).toBe(0);
    const three = journal.append(notice("three"));
    expect(three.seq).toBe(2);
    expect(three.up).toBeGreaterThanOrEqual(earlier[1]!.up);
    await journal[Symbol.asyncDispose]();
  });

  test("cuts off a last line that was being written, and says how much", async () => {
    const { journal } = openJournal(file);
    journal.append(notice("kept"));
    await journal[Symbol.asyncDispose]();
    appendFileSync(file, '{"type":"notice","me');
    const opened = openJournal(file);
    expect(opened.torn).toBe(20);
    opened.journal.append(notice("after"));
    await opened.journal[Symbol.asyncDispose]();
    expect(readJournal(file).entries.map(({ seq }) => seq)).toEqual([0, 1]);
  });

  test.each([
    [
      "a line that is not JSON",
      (lines: string[]) => [lines[0]!, "nonsense", ...lines.slice(1)],
      /Line 2 of the journal/,
    ],
    ["a line that is no entry", (lines: string[]) => ['{"type":"notice"}', ...lines.slice(1)], /Line 1 .*message/s],
    ["a line that is missing", (lines: string[]) => lines.slice(1), /has the number 1, expected 0/],
  ])("refuses %s, naming it", async (_, damage, message) => {
    const { journal } = openJournal(file);
    for (const word of ["a", "b", "c"]) journal.append(notice(word));
    await journal[Symbol.asyncDispose]();
    const lines = readFileSync(file, "utf8").trimEnd().split("\n");
    writeFileSync(file, `${damage(lines).join("\n")}\n`);
    expect(() => openJournal(file)).toThrow(message);
  });

  test("the clock of the wall can jump: hours go by another", async () => {
    const { journal } = openJournal(file);
    const real = Date.now;
    const before = journal.append(notice("now"));
    Date.now = () => real() - 86_400_000;
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor() {
        super(real() - 86_400_000);
      }
    } as DateConstructor;
    try {
      const after = journal.append(notice("yesterday"));
      expect(RealDate.parse(after.at)).toBeLessThan(RealDate.parse(before.at));
      expect(after.up).toBeGreaterThanOrEqual(before.up);
      expect(after.up - before.up).toBeLessThan(60);
    } finally {
      globalThis.Date = RealDate;
      Date.now = real;
    }
    await journal[Symbol.asyncDispose]();
  });

  test("a writer that is killed loses nothing that it had acknowledged", async () => {
    for (let round = 0; round < 3; round++) {
      const child = spawn(
        process.execPath,
        [
          "--conditions=w2s-source",
          "--import",
          "tsx",
          fileURLToPath(new URL("fixtures/appender.ts", import.meta.url)),
          file,
        ],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      let acknowledged = -1;
      let heard = 0;
      for await (const chunk of child.stdout) {
        const numbers = String(chunk).trim().split("\n").map(Number);
        acknowledged = Math.max(acknowledged, ...numbers.filter(Number.isFinite));
        heard += numbers.length;
        if (heard >= 200 + 137 * round) child.kill("SIGKILL");
      }
      const { entries } = readJournal(file);
      expect(entries.length).toBeGreaterThan(acknowledged);
    }
  });
});
