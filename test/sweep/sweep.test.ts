import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  createTestbed,
  experiment,
  type FitRequest,
  hashedWords,
  linear,
  type Method,
  naive,
  named,
  type SweepEvent,
  type SweepOptions,
  strongOnTeacherLabels,
  sweep,
  type Trainer,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { texts } from "../fixtures/texts.js";

const testbed = await createTestbed({
  name: "tiny",
  train_label: texts(80, "a"),
  train_unlabel: texts(300, "b"),
  test: texts(400, "c"),
});
const model = (epochs: number) => linear(hashedWords(), { epochs, learningRate: 0.05 });
const models = { small: model(1), middle: model(2), large: model(4) };
const base = { testbed, trainer: mine, models, teacherExamples: 8, methods: [naive()], seeds: 2 } as const;

function counting(inner: Trainer = mine): { trainer: Trainer; fits: FitRequest[] } {
  const fits: FitRequest[] = [];
  const fit: Trainer["fit"] = (request, options) => {
    fits.push(request);
    return inner.fit(request, options);
  };
  return { fits, trainer: { ...inner, fit } };
}

/** As many calls at a time as asked. */
function parallel(inner: Trainer, calls: number): Trainer {
  return { ...inner, capabilities: async () => ({ ...(await inner.capabilities()), parallel: calls }) };
}

async function results(options: Partial<SweepOptions> = {}) {
  await using run = sweep({ ...base, ...options });
  return await run.result();
}

test.each([1, 4])("what pairs share is fitted once, with %i calls at a time", async (calls) => {
  const { trainer, fits } = counting(parallel(mine, calls));
  const blind: Method = ({ examples, fit }) =>
    fit({ targets: { rows: examples.length, columns: 2, data: new Float32Array(2 * examples.length).fill(0.5) } });
  const { record } = await results({
    trainer,
    methods: [naive(), naive({ hard: true }), strongOnTeacherLabels(), named("blind", blind)],
  });
  // Each seed: 2 teachers, 2 ceilings, 3 pairs x 2 methods; the control and what does not look at the teacher's labels
  // once a student.
  expect(fits).toHaveLength(2 * (2 + 2 + 3 * 2 + 2 + 2));
  expect(record.cost).toMatchObject({ fits: fits.length, cachedFits: 0 });
  const paid = record.pairs.map((pair) => pair.record!.cost.fits);
  expect(paid.reduce((a, b) => a + b)).toBe(fits.length);
});

test("every weaker model teaches every stronger one, in the order of the ladder", async () => {
  const { pairs, models } = await results();
  expect(pairs.map(({ teacher, student }) => [teacher, student])).toEqual([
    ["small", "middle"],
    ["small", "large"],
    ["middle", "large"],
  ]);
  expect(models.map(({ name, weak, ceiling }) => [name, weak !== null, ceiling !== null])).toEqual([
    ["small", true, false],
    ["middle", true, true],
    ["large", false, true],
  ]);
});

test("a pair has the numbers of an experiment with these two", async () => {
  const { pairs } = await results({ methods: [naive(), strongOnTeacherLabels()] });
  await using run = experiment({
    testbed,
    trainer: mine,
    teacher: models.middle,
    student: models.large,
    teacherExamples: 8,
    methods: [naive(), strongOnTeacherLabels()],
    seeds: 2,
  });
  const alone = (await run.result()).record;
  const { rows, runs } = pairs[2]!.record!;
  const numbers = (list: typeof rows) =>
    list.map(({ method, accuracy, accuracyInterval, pgr }) => ({ method, accuracy, accuracyInterval, pgr }));
  expect(numbers(rows)).toEqual(numbers(alone.rows));
  expect(runs.map(({ method, seed, accuracy }) => [method, seed, accuracy])).toEqual(
    alone.runs.map(({ method, seed, accuracy }) => [method, seed, accuracy]),
  );
});

test("the median is over pairs with a PGR, and the others are counted", async () => {
  // What does not learn has no ceiling above its teachers.
  const idle = linear(hashedWords(), { epochs: 1, learningRate: 1e-9 });
  const { record } = await results({ models: { ...models, idle }, seeds: 3 });
  const pgrs = record.pairs.map((pair) => pair.record!.rows.find(({ method }) => method === "naive")!.pgr!);
  const defined = pgrs.flatMap((pgr) => (pgr.status === "ok" ? [pgr.estimate] : [])).sort((a, b) => a - b);
  const [summary] = record.methods;
  expect(defined.length).toBeGreaterThan(1);
  expect(pgrs.length - defined.length).toBeGreaterThanOrEqual(3);
  expect(summary).toMatchObject({ defined: defined.length, undefined: pgrs.length - defined.length, failed: 0 });
  const middle = (defined.length - 1) / 2;
  expect(summary!.medianPgr).toBeCloseTo((defined[Math.floor(middle)]! + defined[Math.ceil(middle)]!) / 2, 12);
});

test("events name their pair, and count over the whole sweep", async () => {
  await using run = sweep(base);
  const events: SweepEvent[] = [];
  for await (const event of run) events.push(event);
  expect(events[0]).toMatchObject({ type: "started", models: ["small", "middle", "large"], pairs: 3, units: 18 });
  expect(events.at(-1)).toMatchObject({ type: "finished" });
  const units = events.filter((event) => event.type === "unit");
  expect(units.map(({ done, units }) => [done, units])).toEqual(Array.from({ length: 18 }, (_, i) => [i + 1, 18]));
  expect(
    events.filter((event) => event.type === "pair").map(({ teacher, student, done }) => [teacher, student, done]),
  ).toEqual([
    ["small", "middle", 1],
    ["small", "large", 2],
    ["middle", "large", 3],
  ]);
  const shared = events.filter((event) => event.type === "fit").filter((event) => event.shared);
  // The second pair finds its teacher, the third its ceiling.
  expect(shared.map(({ teacher, student, method, seed }) => [teacher, student, method, seed].join()).sort()).toEqual([
    "middle,large,ceiling,0",
    "middle,large,ceiling,1",
    "small,large,weak,0",
    "small,large,weak,1",
  ]);
});

test.each([1, 4])("a pair that fails fails alone, with %i calls at a time", async (calls) => {
  const trainer: Trainer = {
    ...parallel(mine, calls),
    fit: (request, options) =>
      // The middle model as a teacher.
      request.predict.train_unlabel && request.model.optimizer.epochs === 2
        ? Promise.reject(new Error("no power"))
        : mine.fit(request, options),
  };
  await using run = sweep({ ...base, trainer });
  const { pairs, models, methods, record } = await run.result();
  expect(pairs.map(({ error }) => error)).toEqual([undefined, undefined, "no power"]);
  expect(models.map(({ weak }) => weak !== null)).toEqual([true, false, false]);
  expect(methods[0]).toMatchObject({ failed: 1 });
  const last: number[] = [];
  for await (const event of run) if (event.type === "unit" || event.type === "pair-failed") last.push(event.done);
  expect(Math.max(...last)).toBeLessThanOrEqual(18);
  const [alone] = (await results()).pairs;
  expect(pairs[0]!.record!.rows.map(({ pgr }) => pgr)).toEqual(alone!.record!.rows.map(({ pgr }) => pgr));
  expect(record.cost.fits).toBeGreaterThan(0);
});

test("a fit that a failing pair had begun is made again for the others that want it", async () => {
  let ceilings = 0;
  const trainer: Trainer = {
    ...parallel(mine, 4),
    async fit(request, options) {
      const { epochs } = request.model.optimizer;
      const teaches = request.predict.train_unlabel !== undefined;
      // The first pair's teacher fails while the ceiling that the second pair waits for is under way.
      if (teaches && epochs === 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw new Error("no power");
      }
      if (!teaches && epochs === 4) {
        ceilings++;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      options?.signal?.throwIfAborted();
      return mine.fit(request, options);
    },
  };
  const { pairs } = await results({
    trainer,
    seeds: 1,
    models: { small: model(1), middle: model(2), large: model(4) },
  });
  expect(pairs.map(({ error }) => error)).toEqual(["no power", "no power", undefined]);
  expect(ceilings).toBe(3); // begun by the second pair, again for the third, and that pair's method
});

test("where every pair fails, the sweep does, with the first one's error", async () => {
  const trainer: Trainer = { ...mine, fit: () => Promise.reject(new Error("no power")) };
  await expect(results({ trainer })).rejects.toThrow("no power");
});

test("a method that fails with one pair keeps its other PGRs", async () => {
  const fragile: Method = async (context) => {
    if (context.student.optimizer.epochs === 2) throw new Error("too small for me");
    return context.fit({ targets: context.weakLabels });
  };
  const { methods, record } = await results({ methods: [named("fragile", fragile), naive()] });
  expect(methods.map(({ failed }) => failed)).toEqual([1, 0]);
  expect(record.pairs[0]!.error).toBeUndefined();
});

test("cancelling ends it, and no further fit is begun", async () => {
  const reason = new Error("enough");
  const { trainer, fits } = counting(parallel(mine, 4));
  await using run = sweep({ ...base, trainer });
  for await (const event of run) if (event.type === "unit") run.cancel(reason);
  await expect(run.result()).rejects.toBe(reason);
  const begun = fits.length;
  expect(begun).toBeLessThan(14);
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(fits).toHaveLength(begun);
});

test("with a folder, a rerun repeats nothing, and an experiment with one pair finds its fits", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-sweep-"));
  const first = await results({ dir });
  const { trainer, fits } = counting();
  const again = await results({ dir, trainer });
  expect(fits).toEqual([]);
  expect(again.record.cost).toEqual({ seconds: 0, tokens: 0, fits: 14, cachedFits: 14 });
  const pgrs = ({ pairs }: typeof first) => pairs.map(({ record }) => record!.rows.map(({ pgr }) => pgr));
  expect(pgrs(again)).toEqual(pgrs(first));
  await using run = experiment({
    testbed,
    trainer,
    teacher: models.small,
    student: models.large,
    teacherExamples: 8,
    methods: [naive()],
    seeds: 2,
    dir,
  });
  await run.result();
  expect(fits).toEqual([]);
});

test("the folder has the results, and is one sweep's at a time", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-sweep-"));
  await using run = sweep({ ...base, dir });
  await using second = sweep({ ...base, dir });
  await expect(second.result()).rejects.toMatchObject({ code: "busy" });
  const { record } = await run.result();
  expect(JSON.parse(await readFile(join(dir, "results.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(record)));
});

test.each<[string, Partial<SweepOptions> | object, RegExp]>([
  ["one model", { models: { small: model(1) } }, /models: expected at least two.*found 1/],
  ["a list", { models: [model(1), model(2)] as never }, /models: expected models by name.*found a list/],
  ["a number as a name", { models: { small: model(1), 7: model(2) } }, /the name "7" is a number.*"m7"/],
  ["no model", { models: { small: model(1), large: undefined as never } }, /models\.large: .*found nothing/],
  ["a teacher", { teacher: model(1) }, /unknown option "teacher".*from models/],
  ["an option that is none", { colour: "red" }, /unknown option "colour"/],
  ["no methods", { methods: [] }, /methods: expected at least one/],
])("%s is refused before anything is trained", async (_, change, message) => {
  const { trainer, fits } = counting();
  const error = await results({ trainer, ...change } as SweepOptions).catch((error: unknown) => error);
  expect(error).toMatchObject({ code: "bad_input", message: expect.stringMatching(message) });
  expect(fits).toEqual([]);
});

test("a ladder that does not rise is pointed out", async () => {
  const { record } = await results({
    models: { small: model(1), large: model(4), middling: linear(hashedWords(), { epochs: 1, learningRate: 1e-5 }) },
  });
  expect(record.warnings.join("\n")).toMatch(/"middling" stands after "large" in models, but/);
});

test("killed at any moment (kill -9) and started again, it repeats no finished fit", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-killed-"));
  const program = join(import.meta.dirname, "../fixtures/slow-sweep.ts");
  const finished: string[] = [];
  let kills = 0;
  for (let complete = false; !complete; ) {
    const child = spawn(process.execPath, ["--import", "tsx", "-C", "w2s-source", program, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let lines = 0;
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      // Killed later each time: after the first fit that is new, after two, ...
      while (text.includes("\n")) {
        const line = text.slice(0, text.indexOf("\n"));
        text = text.slice(line.length + 1);
        if (line.startsWith("fit ")) finished.push(line);
        if (line.startsWith("fit ") && ++lines > kills && child.exitCode === null) child.kill("SIGKILL");
        if (line === "done") complete = true;
      }
    });
    await once(child, "close");
    if (!complete) kills++;
  }
  expect(kills).toBeGreaterThanOrEqual(2);
  const kept = (await readdir(dir, { recursive: true })).filter((name) => name.endsWith(".w2s"));
  expect(kept).toHaveLength(7);
  expect(new Set(finished).size, "each fit that was kept was done once").toBe(finished.length);
}, 120_000);
