import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type LedgerCheck, openLedger, verifyLedger } from "../../src/scorers/sealed/ledger/index.js";
import { fillLedger, ledgerFolders } from "./fixtures/ledger.js";

let place: ReturnType<typeof ledgerFolders>;
const names = ["ledger.jsonl", "hidden.jsonl", "head.json"] as const;
const sound = new Map<string, Buffer>();
const file = (name: string): string => join(place.dir, name);
const kept = (): string => join(place.keys, readdirSync(place.keys)[0]!, "head.json");

beforeAll(async () => {
  place = ledgerFolders();
  await fillLedger(place, 6);
  for (const path of [...names.map(file), kept()]) sound.set(path, readFileSync(path));
});
afterEach(() => {
  for (const [path, bytes] of sound) writeFileSync(path, bytes);
});
afterAll(() => place[Symbol.dispose]());

const failures = ({ checks }: LedgerCheck): string[] =>
  checks.filter(({ status }) => status === "failed").map(({ what, detail }) => `${what}: ${detail}`);

/** The lines of a file, changed. */
function edit(name: string, change: (lines: string[]) => string[]): void {
  const lines = sound.get(file(name))!.toString().slice(0, -1).split("\n");
  writeFileSync(file(name), `${change(lines).join("\n")}\n`);
}

test("any changed byte of any file is found, and its line is named", { timeout: 60_000 }, async () => {
  const places = names.flatMap((name) => Array.from(sound.get(file(name))!, (_, at) => ({ name, at })));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }), async ({ name, at }, flip) => {
      const path = file(name);
      const bytes = Buffer.from(sound.get(path)!);
      const line = bytes.subarray(0, at).filter((byte) => byte === 10).length + 1;
      bytes[at]! ^= flip;
      writeFileSync(path, bytes);
      const found = failures(await verifyLedger(place));
      writeFileSync(path, sound.get(path)!);
      expect(found[0]).toContain(name === "head.json" ? path : `${path}, line ${line} (byte `);
    }),
    { numRuns: 200 },
  );
  await expect(verifyLedger(place)).resolves.toMatchObject({ ok: true });
});

test.each<[string, (lines: string[]) => string[], string | RegExp]>([
  ["a line removed", (lines) => lines.toSpliced(3, 1), "line 4 (byte 1963): field seq: expected 3, found 4"],
  ["the first line removed", (lines) => lines.slice(1), "line 1"],
  ["a line twice", (lines) => lines.toSpliced(3, 0, lines[2]!), "field seq: expected 3, found 2"],
  ["two lines swapped", (lines) => lines.toSpliced(2, 2, lines[3]!, lines[2]!), "field seq: expected 2, found 3"],
  ["the last line removed", (lines) => lines.slice(0, -1), "covers 7 entries, and the ledger has 6"],
  ["an empty line", (lines) => lines.toSpliced(2, 0, ""), "line 3"],
  ["a line added", (lines) => [...lines, lines.at(-1)!], /^after the head.*line 8/],
  [
    "a space",
    (lines) => lines.with(2, lines[2]!.replace(":", ": ")),
    "line 3 (byte 1290): it is not in canonical JSON",
  ],
  ["fields in another order", (lines) => lines.with(1, reversed(lines[1]!)), "line 2"],
  ["a letter spelled by its number", (lines) => lines.with(1, lines[1]!.replace("agent", "\\u0061gent")), "line 2"],
  ["a field twice", (lines) => lines.with(1, lines[1]!.replace("{", '{"seq":1,')), "line 2"],
  ["a field more", (lines) => lines.with(1, lines[1]!.replace("{", '{"__proto__":1,')), "line 2"],
  ["a released value", (lines) => lines.with(1, lines[1]!.replace("true", "false")), "line 2 (byte 637): field hash"],
  ["the time", (lines) => lines.with(4, lines[4]!.replace(/"at":"..../, '"at":"1999')), "line 5"],
])("a changed ledger: %s", async (_, change, named) => {
  edit("ledger.jsonl", change);
  const found = failures(await verifyLedger(place)).join("\n");
  if (typeof named === "string")
    expect(found.replace(/byte \d+/g, "byte")).toContain(named.replace(/byte \d+/g, "byte"));
  else expect(found).toMatch(named);
  if (named instanceof RegExp) return;
  await expect(openLedger(place)).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining(place.dir),
  });
  expect(readFileSync(file("ledger.jsonl"))).not.toEqual(sound.get(file("ledger.jsonl"))); // nothing was repaired
});

test.each<[string, (lines: string[]) => string[], string]>([
  ["a value", (lines) => lines.with(1, lines[1]!.replace('"accuracy":0', '"accuracy":1')), "line 2"],
  ["a line removed", (lines) => lines.toSpliced(1, 1), "line 2 (byte 116): field seq: expected 1, found 2"],
  ["the last line removed", (lines) => lines.slice(0, -1), "the value of entry 5 is missing"],
  ["two salts swapped", ([a, b, c, ...more]) => [a!, salted(b!, c!), salted(c!, b!), ...more], "do not open"],
  ["the file emptied", () => [], "line 1"],
])("a changed hidden file: %s", async (_, change, named) => {
  edit("hidden.jsonl", change);
  const found = failures(await verifyLedger(place))
    .join("\n")
    .replace(/byte \d+/g, "byte");
  expect(found).toMatch(/^hidden values: /);
  expect(found).toContain(named.replace(/byte \d+/g, "byte"));
  expect(found).not.toMatch(/salt":"|accuracy/); // it names the place and quotes nothing
  await expect(openLedger(place)).rejects.toMatchObject({ code: "bad_input" });
});

test("all put back to an earlier state: found beside the key, and only there", async () => {
  using later = ledgerFolders();
  cpSync(place.dir, later.dir, { recursive: true });
  cpSync(place.keys, later.keys, { recursive: true });
  await fillLedger(later, 1);
  expect(await verifyLedger(later)).toMatchObject({ ok: true });
  for (const [path, bytes] of sound) writeFileSync(path.replace(place.dir, later.dir), path === kept() ? "" : bytes);
  for (const name of names) writeFileSync(join(later.dir, name), sound.get(file(name))!);
  const found = await verifyLedger(later);
  expect(failures(found).map((failure) => failure.split(":")[0])).toEqual(["head", "head beside the key"]);
  expect(failures(found)[1]).toContain("covers 8 entries, and the ledger has 7");
  await expect(openLedger(later)).rejects.toMatchObject({ code: "bad_input" });
  const abroad = await verifyLedger({ dir: later.dir });
  expect(abroad.ok).toBe(true);
  expect(abroad.checks.find(({ what }) => what === "head beside the key")).toMatchObject({ status: "not checked" });
});

test("an earlier head is found, and so is one that was changed or is of another ledger", async () => {
  using later = ledgerFolders();
  await fillLedger(later, 1);
  const earlier = readFileSync(join(later.dir, "head.json"));
  await fillLedger(later, 1);
  writeFileSync(join(later.dir, "head.json"), earlier);
  expect(failures(await verifyLedger(later))).toEqual([expect.stringContaining("an older one was put back")]);
  await expect(openLedger(later)).rejects.toMatchObject({ code: "bad_input" });
  using other = ledgerFolders();
  await fillLedger(other, 2);
  const foreign = readFileSync(join(other.dir, "head.json"));
  writeFileSync(file("head.json"), foreign);
  expect(failures(await verifyLedger(place))[0]).toContain("field ledger: expected");
  const count = sound.get(kept())!.toString().replace('"count":7', '"count":6');
  writeFileSync(file("head.json"), count);
  expect(failures(await verifyLedger(place))[0]).toContain("field signature");
});

test("an entry signed by another key behind the head is no entry, and opening removes it", async () => {
  using forger = ledgerFolders();
  await fillLedger(forger, 7);
  const forged = readFileSync(join(forger.dir, "ledger.jsonl"), "utf8").split("\n")[7]!;
  edit("ledger.jsonl", (lines) => [...lines, forged]);
  expect(failures(await verifyLedger(place))).toEqual([expect.stringMatching(/^after the head: .*line 8/)]);
  await using ledger = await openLedger(place);
  expect(ledger.entries).toHaveLength(7);
  expect(ledger.notices).toEqual([expect.stringContaining(`${Buffer.byteLength(forged) + 1} bytes`)]);
});

function reversed(line: string): string {
  return JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line) as object).reverse()));
}

function salted(line: string, by: string): string {
  const salt = (text: string): string => /"salt":"(\w+)"/.exec(text)![1]!;
  return line.replace(salt(line), salt(by));
}
