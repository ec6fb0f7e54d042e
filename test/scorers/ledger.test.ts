import { execFileSync } from "node:child_process";
import { createHash, createHmac } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Json } from "../../src/agent.js";
import { openLedger, type Receipt, verifyLedger, verifyReceipt } from "../../src/scorers/sealed/ledger/index.js";
import { fillLedger, ledgerFolders } from "./fixtures/ledger.js";

let place: ReturnType<typeof ledgerFolders>;
beforeEach(() => {
  place = ledgerFolders();
});
afterEach(() => place[Symbol.dispose]());

const file = (name: string): string => join(place.dir, name);

test("what is appended is there when it is opened again, and everything verifies", async () => {
  await fillLedger(place, 5);
  await using ledger = await openLedger({ ...place, about: "something else" });
  expect(ledger.notices).toEqual([]);
  expect(ledger.entries.map(({ seq, type }) => [seq, type])).toEqual([
    [0, "opened"],
    ...[1, 2, 3, 4, 5].map((seq) => [seq, "evaluation"]),
  ]);
  expect(ledger.entries[0]?.released).toEqual({ version: 1, publicKey: ledger.publicKey, about: place.about });
  expect([0, 1, 2, 3, 4, 5].map((seq) => ledger.hidden(seq))).toEqual([
    place.hidden,
    { accuracy: 0 },
    { accuracy: 0.001 },
    undefined,
    { accuracy: 0.003 },
    { accuracy: 0.004 },
  ]);
  const found = await verifyLedger(place);
  expect(found.checks.map(({ what, status }) => [what, status])).toEqual([
    ["chain", "ok"],
    ["head", "ok"],
    ["head beside the key", "ok"],
    ["hidden values", "ok"],
    ["after the head", "ok"],
  ]);
  expect(found).toMatchObject({ ok: true, id: ledger.id, publicKey: ledger.publicKey, entries: ledger.entries });
  expect(found.hidden(4)).toEqual({ accuracy: 0.003 });
});

test("entries are copies, frozen: what is changed later is not what was signed", async () => {
  await using ledger = await openLedger(place);
  const released = { seeds: [1, 2] };
  const hidden = { accuracy: 0.5 };
  const entry = ledger.append({ type: "result", released, hidden });
  released.seeds.push(3);
  hidden.accuracy = 1;
  await ledger.durable();
  expect(entry.released).toEqual({ seeds: [1, 2] });
  expect(ledger.hidden(1)).toEqual({ accuracy: 0.5 });
  expect(() => (entry.released as { seeds: number[] }).seeds.push(3)).toThrow(TypeError);
  expect(verifyReceipt(ledger.receipt(entry), ledger.publicKey)).toEqual({ ok: true });
});

test("any JSON comes back as it was", async () => {
  const values = fc.sample(fc.tuple(fc.jsonValue(), fc.option(fc.jsonValue(), { nil: undefined })), 100);
  {
    await using ledger = await openLedger(place);
    for (const [released, hidden] of values as [Json, Json | undefined][]) {
      ledger.append({ type: "verdict", released, ...(hidden !== undefined && { hidden }) });
    }
  }
  await using ledger = await openLedger(place);
  const back = ledger.entries.slice(1).map(({ seq, released }) => [released, ledger.hidden(seq)]);
  expect(back.map((pair) => canonicalize(pair))).toEqual(values.map((pair) => canonicalize(pair)));
});

test("only its owner can read its files, and the key is elsewhere", async () => {
  await fillLedger(place, 1);
  const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
  expect(readdirSync(place.dir).sort()).toEqual(["head.json", "hidden.jsonl", "ledger.jsonl", "ledger.lock"]);
  expect(["ledger.jsonl", "hidden.jsonl", "head.json"].map((name) => mode(file(name)))).toEqual(["600", "600", "600"]);
  const [id] = readdirSync(place.keys) as [string];
  expect([place.dir, place.keys, join(place.keys, id)].map(mode)).toEqual(["700", "700", "700"]);
  expect(mode(join(place.keys, id, "private.pem"))).toBe("600");
  expect(readFileSync(join(place.keys, id, "head.json"))).toEqual(readFileSync(file("head.json")));
  await expect(openLedger({ ...place, keys: join(place.dir, "keys") })).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("outside of"),
  });
});

test("a receipt verifies with the public key alone; a changed or forged one does not", async () => {
  await using ledger = await openLedger(place);
  const entry = ledger.append({
    type: "evaluation",
    released: { better: true, score: 0.61 },
    hidden: { accuracy: 0.6125 },
  });
  expect(() => ledger.receipt(entry)).toThrow("durable()");
  await ledger.durable();
  const receipt = JSON.parse(JSON.stringify(ledger.receipt(entry))) as Receipt;
  expect(verifyReceipt(receipt, ledger.publicKey)).toEqual({ ok: true });
  expect(receipt.head).toEqual({ count: 2, hash: entry.hash });
  expect(JSON.stringify(receipt)).not.toContain("6125");

  const why = (changed: unknown): string | undefined => {
    const answer = verifyReceipt(changed, ledger.publicKey);
    return answer.ok ? undefined : answer.why;
  };
  expect(why({ ...receipt, released: { better: true, score: 0.99 } })).toContain("field entry");
  expect(why({ ...receipt, head: { ...receipt.head, count: 9 } })).toContain("field signature");
  expect(why({ ...receipt, extra: 1 })).toContain("extra");
  expect(why(Object.fromEntries(Object.entries(receipt).filter(([key]) => key !== "head")))).toContain("head");
  for (const nothing of [undefined, null, 7, "receipt", []]) expect(why(nothing)).toBeTypeOf("string");
  // Bits to spare in base64: the same bytes, spelled otherwise.
  const spelled = receipt.signature.replace(/.==$/, (end) => `${String.fromCharCode(end.charCodeAt(0) + 1)}==`);
  expect(Buffer.from(spelled, "base64")).toEqual(Buffer.from(receipt.signature, "base64"));
  expect(why({ ...receipt, signature: spelled })).toContain("field signature");

  using elsewhere = ledgerFolders();
  await using other = await openLedger(elsewhere);
  expect(verifyReceipt(receipt, other.publicKey).ok).toBe(false);
  const [forged] = other.entries as [(typeof other.entries)[0]];
  expect(why({ ...other.receipt(forged), ledger: ledger.id })).toContain("field signature");
  expect(why(receipt)).toBeUndefined();
  expect(verifyReceipt(receipt, "no key")).toMatchObject({ ok: false });
});

test("a receipt that was kept finds a ledger that lost its entry, though all heads agree", async () => {
  await fillLedger(place, 2);
  let kept: Receipt[];
  {
    await using ledger = await openLedger(place);
    kept = ledger.entries.map((entry) => ledger.receipt(entry));
  }
  expect(await verifyLedger({ ...place, receipts: kept })).toMatchObject({ ok: true });
  using elsewhere = ledgerFolders();
  await fillLedger(elsewhere, 1);
  const { ok, checks } = await verifyLedger({ ...elsewhere, receipts: kept });
  expect(ok).toBe(false);
  expect(checks.at(-1)).toMatchObject({ what: "receipts", detail: expect.stringContaining("receipt 1, field ledger") });
});

test("an accuracy cannot be found by trying all thousand: not from the entry, not from the receipt", async () => {
  await using ledger = await openLedger(place);
  const truth = { accuracy: 0.613 };
  const entry = ledger.append({ type: "evaluation", released: { better: false }, hidden: truth });
  await ledger.durable();
  const seen = new Set(
    [entry, ledger.receipt(entry)].flatMap((part) => Object.values(part)).filter((part) => typeof part === "string"),
  );
  const all = Array.from({ length: 1001 }, (_, at) => at / 1000);
  const { commitment: _, hash: __, signature: ___, ...body } = entry;
  const keys = ["", ledger.id, entry.prev, ...seen];
  const guesses = (value: object): string[] =>
    [value, [entry.seq, value], { ...body, hidden: value }].flatMap((guess) => {
      const text = canonicalize(guess)!;
      const hash = createHash("sha256").update(text).digest("hex");
      return [hash, ...keys.map((key) => createHmac("sha256", key).update(text).digest("hex"))];
    });
  // The same search finds a bare hash at once.
  const bare = createHash("sha256").update(canonicalize(truth)!).digest("hex");
  const found = (goal: ReadonlySet<unknown>): number[] =>
    all.filter((accuracy) => guesses({ accuracy }).some((guess) => goal.has(guess)));
  expect(found(new Set([bare]))).toEqual([0.613]);
  expect(found(seen)).toEqual([]);
  // The same value is never committed to twice in the same way.
  const again = ledger.append({ type: "evaluation", released: { better: false }, hidden: truth });
  expect(again.commitment).not.toBe(entry.commitment);
});

test("a clock that jumps back changes no order, and is noted", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-11-21T12:00:00.000Z") });
  try {
    {
      await using ledger = await openLedger(place);
      vi.setSystemTime("2026-11-21T09:00:00.000Z");
      const entry = ledger.append({ type: "audit", released: null });
      expect(entry).toMatchObject({ at: "2026-11-21T12:00:00.000Z", clock: "2026-11-21T09:00:00.000Z" });
      await ledger.durable();
      expect(verifyReceipt(ledger.receipt(entry), ledger.publicKey)).toEqual({ ok: true });
      vi.setSystemTime("2030-01-01T00:00:00.000Z");
      expect(ledger.append({ type: "audit", released: null })).not.toHaveProperty("clock");
    }
    expect(await verifyLedger(place)).toMatchObject({ ok: true });
  } finally {
    vi.useRealTimers();
  }
});

test("two scorers on one ledger: the second is told", async () => {
  await using _first = await openLedger(place);
  await expect(openLedger(place)).rejects.toMatchObject({ code: "busy", message: expect.stringContaining("ledger") });
});

test("without its key a ledger does not go on, and says what to do; it can still be verified", async () => {
  await fillLedger(place, 2);
  const keys = join(place.keys, "..", "elsewhere");
  mkdirSync(keys);
  await expect(openLedger({ ...place, keys })).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringMatching(/private\.pem is not there.*Bring the folder/s),
  });
  for (const options of [{ dir: place.dir }, { dir: place.dir, keys }]) {
    const { ok, checks } = await verifyLedger(options);
    expect(ok).toBe(true);
    expect(checks.filter(({ status }) => status === "not checked").map(({ what }) => what)).toEqual([
      "head beside the key",
    ]);
  }
  renameSync(file("hidden.jsonl"), file("away"));
  const { ok, checks } = await verifyLedger({ dir: place.dir });
  expect(ok).toBe(true);
  expect(checks.find(({ what }) => what === "hidden values")).toMatchObject({ status: "not checked" });
  await expect(openLedger(place)).rejects.toMatchObject({ code: "bad_input" });
});

test.each([
  ["NaN", Number.NaN],
  ["half a pair", "\ud800"],
  ["a pit without a bottom", Array.from({ length: 30_000 }).reduce((inner) => [inner], [])],
  ["nothing", undefined],
])("what is no JSON is refused, and nothing is written: %s", async (_, value) => {
  await using ledger = await openLedger(place);
  const before = readFileSync(file("ledger.jsonl"));
  expect(() => ledger.append({ type: "audit", released: value as never })).toThrow(
    expect.objectContaining({ code: "bad_input" }),
  );
  if (value !== undefined) {
    const append = (): unknown => ledger.append({ type: "audit", released: null, hidden: { value: value as never } });
    expect(append).toThrow(expect.objectContaining({ code: "bad_input" }));
  }
  expect(readFileSync(file("ledger.jsonl"))).toEqual(before);
  ledger.append({ type: "audit", released: { __proto__: null, "\u2028": [] } });
});

test("a folder without a ledger is said to have none; a closed ledger takes nothing", async () => {
  expect(await verifyLedger({ dir: place.dir })).toMatchObject({
    ok: false,
    checks: [{ what: "chain", detail: expect.stringContaining("is not there") }],
  });
  const ledger = await openLedger(place);
  await ledger[Symbol.asyncDispose]();
  expect(() => ledger.append({ type: "audit", released: null })).toThrow(expect.objectContaining({ code: "disposed" }));
});

test("the page's way to verify by hand agrees", async () => {
  await fillLedger(place, 4);
  const code = /```js\n(.*?)```/s.exec(readFileSync("docs/ledger.md", "utf8"))![1]!;
  const byHand = (): string =>
    execFileSync(process.execPath, ["--input-type=module", "--eval", code, "verify.mjs", place.dir], {
      encoding: "utf8",
      stdio: "pipe",
    });
  expect(byHand()).toMatch(/^5 entries of ledger [0-9a-f]{64} hold\n$/);
  const changed = readFileSync(file("ledger.jsonl"), "utf8").replace('"better":true', '"better":null');
  writeFileSync(file("ledger.jsonl"), changed);
  expect(byHand).toThrow("entry 1 does not hold");
});
