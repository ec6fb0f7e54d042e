import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import {
  confidentLabels,
  createTestbed,
  experiment,
  hashedWords,
  labelSmoothing,
  linear,
  naive,
  strongOnTeacherLabels,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { snapshot } from "../../src/data/snapshot.js";
import { toTransferHtml } from "../../src/report/transfer-html.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { type TransferEvent, type TransferOptions, type TransferResults, transfer } from "../../src/transfer/index.js";
import { texts } from "../fixtures/texts.js";
import { wordTrainer } from "../server/world.js";

const model = linear(hashedWords(), { epochs: 3, learningRate: 0.05 });
const pair = { teacher: model, teacherExamples: 8, student: model };
const open = (name: string, train = 300) =>
  createTestbed({
    name,
    train_label: texts(80, `${name} a`),
    train_unlabel: texts(train, `${name} b`),
    test: texts(400, `${name} c`),
  });

const options = {
  holdouts: [
    { name: "one", open: () => open("one"), ...pair },
    { name: "two", open: () => open("two"), ...pair },
  ],
  methods: [
    { name: "found", code: { type: "library", name: "confident-labels", options: { threshold: 0.55 } } },
    { name: "chance", code: { type: "library", name: "label-smoothing", options: { epsilon: 1 } } },
  ],
  baselines: [naive(), naive({ hard: true }), labelSmoothing()],
  trainer: mine,
  seeds: 3,
} satisfies TransferOptions;

describe("two methods and three baselines on two holdouts", () => {
  let results: TransferResults;
  const events: TransferEvent[] = [];
  beforeAll(async () => {
    await using run = transfer(options);
    for await (const event of run) events.push(event);
    results = await run.result();
  });

  test("methods are frozen before a holdout is opened, by a hash of their code", async () => {
    expect(events[0]).toMatchObject({ type: "frozen", frozen: results.record.frozen });
    expect(events.filter(({ type }) => type === "opened")).toMatchObject([{ holdout: "one" }, { holdout: "two" }]);
    const of = async (changes: Partial<TransferOptions>) => {
      await using run = transfer({ ...options, ...changes });
      for await (const event of run) if (event.type === "frozen") return event.frozen.hash;
      throw new Error("it was never frozen");
    };
    const [found, chance] = options.methods;
    const { hash } = results.record.frozen;
    expect(await of({})).toBe(hash);
    expect(
      await of({ methods: [found!, { ...chance!, code: { ...chance!.code, options: { epsilon: 0.9 } } }] }),
    ).not.toBe(hash);
    expect(await of({ methods: [found!] })).not.toBe(hash);
    expect(await of({ baselines: [naive()] })).not.toBe(hash);
  });

  test("each holdout has its own teacher, ceiling and best baseline, which was chosen on other rows", () => {
    expect(results.domains.map(({ testbed }) => testbed)).toEqual(["one", "two"]);
    for (const { rows, best, results: found, comparisons, weak, ceiling } of results.domains) {
      expect(rows).toEqual({ shown: 280, choosing: 120 });
      expect(ceiling).toBeGreaterThan(weak);
      expect(["naive", "naive(hard)", "label-smoothing"]).toContain(best);
      expect(found.map(({ method, baseline }) => [method, baseline])).toEqual([
        ["found", false],
        ["chance", false],
        ["naive", true],
        ["naive(hard)", true],
        ["label-smoothing", true],
      ]);
      for (const { pgr } of found) expect(pgr).toMatchObject({ n: 280, seeds: 3 });
      expect(comparisons).toHaveLength(6);
    }
  });

  test("PGR, accuracy and difference belong together", () => {
    for (const { weak, ceiling, results: found, comparisons } of results.domains) {
      for (const { accuracy, pgr } of found) {
        if (pgr?.status !== "ok") throw new Error("PGR is undefined");
        expect(pgr.estimate).toBeCloseTo((accuracy! - weak) / (ceiling - weak), 8);
      }
      const of = (name: string) => found.find(({ method }) => method === name)!.accuracy!;
      for (const { method, baseline, difference } of comparisons) {
        expect(difference.scoreDifference?.estimate).toBeCloseTo(of(method) - of(baseline), 8);
      }
    }
  });

  test("the trial of a method against a named baseline is adjusted over the holdouts", () => {
    const { domains, level } = results.trial({ method: "chance", baseline: "naive" });
    expect(level).toBe(0.95);
    for (const [at, { testbed, difference, verdict, pHolm }] of domains.entries()) {
      const { comparisons } = results.domains[at]!;
      const pair = comparisons.find(({ method, baseline }) => method === "chance" && baseline === "naive")!;
      expect([testbed, difference]).toEqual([results.domains[at]!.testbed, pair.difference]);
      expect(pHolm).toBeGreaterThanOrEqual(difference.scoreDifference!.p);
      expect(verdict === "not significant").toBe(pHolm >= 0.05);
    }
    expect(() => results.trial({ method: "naive", baseline: "found" })).toThrow(
      "trial: expected a method and a baseline that ran on the same holdout (found / naive, ",
    );
  });

  test("the picture has bars below zero, a dashed line for each holdout, and all of it in words", async () => {
    const svg = await results.toSvg();
    expect(svg.match(/class="w2s-best"/g)!.length).toBeGreaterThanOrEqual(2);
    const [words] = /<desc[^>]*>(.*?)<\/desc>/s.exec(svg)!;
    for (const { testbed, best, results: found } of results.domains) {
      expect(words).toContain(`On ${testbed}: found `);
      expect(words).toContain(`The best tuned baseline, ${best}:`);
      expect(found[1]!.pgr).toMatchObject({ status: "ok" });
    }
    expect(words).toMatch(/chance −\d\.\d\d \(−\d\.\d\d to/);
    const html = await toTransferHtml(results.record);
    expect(html).toContain(results.record.frozen.hash);
    expect(html).not.toMatch(/<script|@import|url\(/);
  });
});

test("with the whole test split for a single baseline, a holdout says what an experiment says", async () => {
  const testbed = await open("one");
  await using run = transfer({ ...options, holdouts: [options.holdouts[0]!], baselines: [naive()] });
  await using alone = experiment({
    testbed,
    ...pair,
    trainer: mine,
    seeds: 3,
    methods: [confidentLabels({ threshold: 0.55 }), naive()],
  });
  const [domain] = (await run.result()).domains;
  const { rows } = await alone.result();
  expect(domain!.rows).toEqual({ shown: 400, choosing: 0 });
  expect(domain!.best).toBe("naive");
  expect(domain!.results.map(({ pgr }) => pgr)).toMatchObject([rows[1]!.pgr!, {}, rows[2]!.pgr!]);
});

test("a holdout whose gap is not clear refuses PGR with the reason, and the trial still tells", async () => {
  const level = { name: "level", open: () => open("level"), ...pair, teacherExamples: 80 };
  const weaker = { ...level, student: linear(hashedWords(), { epochs: 1, learningRate: 1e-5 }) };
  await using run = transfer({ ...options, holdouts: [weaker], baselines: [naive()] });
  const results = await run.result();
  expect(results.domains[0]!.results[0]!.pgr).toMatchObject({
    status: "undefined",
    reason: expect.stringMatching(/^the ceiling .* above the weak teacher/),
  });
  expect(await results.toSvg()).toContain("undefined: gap not clearly positive");
  expect(await toTransferHtml(results.record)).toContain("take a weaker teacher or a better ceiling");
  expect(results.trial({ method: "found", baseline: "naive" }).domains).toMatchObject([{ testbed: "level" }]);
});

test("a method and a holdout that fail have their errors, and the others go on", async () => {
  const broken = { name: "broken", code: { type: "library", name: "confidence", options: {} } } as const;
  const holdouts = [
    { name: "gone", open: () => Promise.reject(new Error("no such file")), ...pair },
    options.holdouts[1]!,
  ];
  await using run = transfer({
    ...options,
    holdouts,
    methods: [options.methods[0]!, broken],
    baselines: [naive()],
  });
  const results = await run.result();
  expect(results.record.failures).toEqual([{ testbed: "gone", error: "no such file" }]);
  const [{ results: found }] = results.domains as [TransferResults["domains"][number]];
  expect(found[0]!.pgr).toMatchObject({ status: "ok" });
  expect(found[1]).toMatchObject({ pgr: null, error: expect.stringMatching(/failed with 3 of 3 seeds.*confidence/) });
  expect(await results.toSvg()).toContain(">failed<");
  await using none = transfer({ ...options, holdouts: holdouts.slice(0, 1) });
  await expect(none.result()).rejects.toThrow("no such file");
});

test("that holdouts had been opened before stands in the record and on the page, and is not said of others", async () => {
  const openedBefore = { for: "audits", at: "2026-11-20T08:00:00.000Z" };
  const one = { ...options, holdouts: [options.holdouts[0]!], baselines: [naive()] };
  await using first = transfer(one);
  const { record } = await first.result();
  expect(record).not.toHaveProperty("openedBefore");
  expect(await toTransferHtml(record)).toContain("frozen before any of these testbeds was opened.");
  await using again = transfer({ ...one, openedBefore });
  const { record: known } = await again.result();
  expect(known).toMatchObject({ openedBefore, frozen: { hash: record.frozen.hash } });
  const html = await toTransferHtml(known);
  expect(html).toContain("had been opened before that, for audits at ");
  expect(html).not.toContain("before any of these testbeds was opened");
});

test("a program runs in a sandbox from the files that were hashed; without a sandbox it is refused", async () => {
  const backwards = `
def fit(context):
    (context.folder / "checkpoint").write_text(context.fit(1 - context.weak).checkpoint)
def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`;
  const written = snapshot([{ path: "method.py", executable: false, content: Buffer.from(backwards) }]);
  const methods = [{ name: "backwards", code: { type: "program", snapshot: written, file: "method.py" } }] as const;
  const one = { ...options, holdouts: [options.holdouts[0]!], trainer: wordTrainer(), baselines: [naive()], seeds: 1 };
  await using sandbox = bubblewrap();
  await using run = transfer({ ...one, methods, sandbox });
  const [domain] = (await run.result()).domains;
  const [program, baseline] = domain!.results;
  expect(program!.error).toBeUndefined();
  expect(program!.accuracy).toBeLessThan(baseline!.accuracy!);
  await using refused = transfer({ ...one, methods });
  await expect(refused.result()).rejects.toThrow(
    /sandbox: expected a provider, such as bubblewrap\(\), since "backwards"/,
  );
});

test("a folder goes on with the methods that were frozen in it, repeats no fit, and takes no others", async () => {
  const dir = await mkdtemp(join(tmpdir(), "transfer-"));
  const fits: string[] = [];
  const trainer = {
    ...mine,
    fit: (...call: Parameters<typeof mine.fit>) => {
      fits.push(call[0].task);
      return mine.fit(...call);
    },
  };
  const kept = { ...options, holdouts: [options.holdouts[0]!], trainer, dir };
  await using first = transfer(kept);
  const { record } = await first.result();
  const done = fits.length;
  await using again = transfer(kept);
  expect((await again.result()).record).toMatchObject({
    frozen: record.frozen,
    domains: record.domains.map(({ hash }) => ({ hash })),
  });
  expect(fits.length).toBe(done);
  expect(JSON.parse(await readFile(join(dir, "transfer.json"), "utf8"))).toMatchObject({ frozen: record.frozen });
  let opened = 0;
  const watched = { ...kept.holdouts[0]!, open: () => open(`one${opened++}`) };
  await using other = transfer({ ...kept, holdouts: [watched], methods: options.methods.slice(0, 1) });
  await expect(other.result()).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringMatching(/were frozen on .* those given now are others/),
  });
  expect(opened).toBe(0);
});

test.each<[string, Partial<TransferOptions>, RegExp]>([
  ["no holdout", { holdouts: [] }, /holdouts: expected at least one/],
  ["no method", { methods: [] }, /methods: expected at least one/],
  ["a share of 1", { choosing: 1 }, /choosing: expected a number between 0 and 1, found 1/],
  ["a name twice", { baselines: [naive(), naive()] }, /the name "naive" is taken/],
  ["a control", { baselines: [strongOnTeacherLabels()] }, /"strong-on-teacher-labels" is a control/],
])("refuses %s before anything is opened", async (_, changes, message) => {
  await using run = transfer({ ...options, ...changes });
  await expect(run.result()).rejects.toThrow(message);
});
