import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import {
  confidentLabels,
  createTestbed,
  type ExperimentEvent,
  type ExperimentOptions,
  experiment,
  type FitRequest,
  hashedWords,
  linear,
  type Method,
  type MethodContext,
  naive,
  named,
  oneHot,
  strongOnTeacherLabels,
  type Trainer,
  WeakToStrongError,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { openTruth } from "../../src/testbed/truth.js";
import { texts } from "../fixtures/texts.js";

const testbed = await createTestbed({
  name: "tiny",
  train_label: texts(80, "a"),
  train_unlabel: texts(300, "b"),
  test: texts(400, "c"),
});
const model = linear(hashedWords(), { epochs: 3, learningRate: 0.05 });
const base = { testbed, trainer: mine, teacher: model, teacherExamples: 8, student: model, seeds: 3 } as const;

function counting(): { trainer: Trainer; fits: FitRequest[] } {
  const fits: FitRequest[] = [];
  return {
    fits,
    trainer: {
      ...mine,
      fit(request, options) {
        fits.push(request);
        return mine.fit(request, options);
      },
    },
  };
}

async function results(options: Partial<ExperimentOptions> & Pick<ExperimentOptions, "methods">) {
  await using run = experiment({ ...base, ...options });
  return await run.result();
}

test("one row a method, weak first and ceiling last, with PGR 0 and 1 of these two", async () => {
  const { rows, runs } = await results({
    methods: [naive(), confidentLabels({ threshold: 0.5 }), strongOnTeacherLabels()],
  });
  expect(rows.map(({ method }) => method)).toEqual([
    "weak",
    "naive",
    "confident-labels(threshold=0.5)",
    "strong-on-teacher-labels",
    "ceiling",
  ]);
  expect(rows[0]?.pgr).toMatchObject({ status: "ok", estimate: 0, n: 400, seeds: 3 });
  expect(rows.at(-1)?.pgr).toMatchObject({ status: "ok", estimate: 1 });
  for (const { accuracy, accuracyInterval } of rows) {
    expect(accuracyInterval![0]).toBeLessThan(accuracy!);
    expect(accuracyInterval![1]).toBeGreaterThan(accuracy!);
  }
  expect(runs).toHaveLength(15);
  expect(runs[0]).toMatchObject({ method: "weak", seed: 0, split: "test", checkpoint: { id: expect.any(String) } });
});

test("the ratio is that of the means over seeds", async () => {
  const { rows, runs } = await results({ methods: [naive()] });
  const mean = (method: string) =>
    runs.filter((run) => run.method === method).reduce((sum, run) => sum + run.accuracy! / 3, 0);
  const expected = (mean("naive") - mean("weak")) / (mean("ceiling") - mean("weak"));
  expect(rows[1]?.pgr).toMatchObject({ estimate: expect.closeTo(expected, 5) });
});

test("equal fits are done once, whoever asks", async () => {
  const { trainer, fits } = counting();
  await results({
    trainer,
    methods: [
      naive(),
      named("naive-again", naive()),
      named("twice", async (context) => {
        await context.fit({ targets: context.weakLabels });
        return context.fit({ targets: context.weakLabels });
      }),
    ],
  });
  expect(fits).toHaveLength(9);
});

test("each seed draws other examples for its teacher, every class among them; the test set stays", async () => {
  const { trainer, fits } = counting();
  await results({ trainer, methods: [naive()] });
  const teachers = fits.filter(({ predict }) => predict.train_unlabel);
  expect(new Set(teachers.map(({ train }) => train.indices!.join())).size).toBe(3);
  const labels = openTruth(testbed).labels.train_label;
  for (const { train } of teachers) expect([...train.indices!].filter((row) => labels[row] === 1)).toHaveLength(4);
  expect(new Set(fits.map(({ predict }) => predict.test?.dataset.hash)).size).toBe(1);
});

test("what a method receives leads to no truth", async () => {
  const truth = openTruth(testbed).labels;
  const contexts: MethodContext[] = [];
  const spy: Method = async function spy(context) {
    const fitted = await context.fit({ targets: context.weakLabels, predictTrain: true });
    contexts.push({ ...context, fitted } as MethodContext);
    return fitted;
  };
  await results({ methods: [spy], seeds: 1 });
  const secrets = Object.values(truth).flatMap((labels) => [
    [...labels],
    [...labels].flatMap((label) => [label === 0 ? 1 : 0, label]),
  ]);
  const isSecret = (values: ArrayLike<unknown>): boolean =>
    secrets.some((secret) => secret.length === values.length && secret.every((value, i) => value === values[i]));
  const found: string[] = [];
  const seen = new Set<unknown>();
  let walked = 0;
  const read = (value: object, key: PropertyKey): unknown => {
    try {
      return Reflect.get(value, key);
    } catch {
      return undefined; // a getter that only works on instances
    }
  };
  (function walk(value: unknown, path: string): void {
    if ((typeof value !== "object" && typeof value !== "function") || value === null || seen.has(value)) return;
    seen.add(value);
    walked++;
    if (value === testbed || value === openTruth(testbed)) found.push(path);
    if (ArrayBuffer.isView(value) || Array.isArray(value)) {
      if (isSecret(value as unknown as ArrayLike<unknown>)) found.push(path);
      if (ArrayBuffer.isView(value)) {
        walk(value.buffer, `${path}.buffer`);
        return;
      }
    }
    if (value instanceof Map || value instanceof Set) for (const entry of value) walk(entry, `${path}{}`);
    for (const key of Reflect.ownKeys(value)) {
      const descriptor = Reflect.getOwnPropertyDescriptor(value, key)!;
      walk(descriptor.get ?? descriptor.set, `${path}.get ${String(key)}`);
      walk(read(value, key), `${path}.${String(key)}`);
    }
    if (value !== globalThis) walk(Object.getPrototypeOf(value), `${path}.__proto__`);
  })(contexts[0], "context");
  expect(found).toEqual([]);
  expect(walked).toBeGreaterThan(300);
  expect(contexts[0]).not.toHaveProperty("teacherLabels");
  expect(Object.keys(contexts[0]!.examples[0]!).sort()).toEqual(["id", "input"]);
  for (const text of [inspect(testbed, { depth: null, showHidden: true }), JSON.stringify(testbed)])
    expect(text).not.toMatch(/\blabels?["']?:/);
});

test("a method cannot train on the teacher's truth; a control can", async () => {
  const cheat: Method = async (context) => context.fit({ on: "teacher examples", targets: context.weakLabels });
  const { rows } = await results({ methods: [named("cheat", cheat), strongOnTeacherLabels()] });
  expect(rows[1]?.error).toMatch(/for controls/);
  expect(rows[2]?.error).toBeUndefined();
});

test("what a method does to its labels, inputs or predictions reaches no other method", async () => {
  const vandal: Method = async function vandal(context) {
    const fitted = await context.fit({ targets: context.weakLabels });
    const answer = fitted.predictions.test.data.slice();
    fitted.predictions.test.data.fill(0.5);
    context.weakLabels.data.fill(0.5);
    expect(() => Object.assign(context.examples[0]!.input, { text: "x" })).toThrow(TypeError);
    return { predictions: { test: { ...fitted.predictions.test, data: answer } } };
  };
  const alone = await results({ methods: [naive()] });
  const beside = await results({ methods: [vandal, naive()] });
  expect(beside.rows[1]?.error).toBeUndefined();
  expect(beside.rows[2]?.accuracy).toBe(alone.rows[1]?.accuracy);
});

test("a method that fails fails alone, with its error in its row", async () => {
  const fragile: Method = async function fragile(context) {
    if (context.seed === 1) throw new Error("the moon was in the wrong house");
    return context.fit({ targets: context.weakLabels });
  };
  const empty: Method = async () => undefined as never;
  const results_ = await results({ methods: [fragile, named("empty", empty), naive()] });
  const [, first, second, third] = results_.rows;
  expect(first).toMatchObject({
    accuracy: null,
    pgr: null,
    error: expect.stringMatching(
      /^failed with 1 of 3 seeds; with seed 1: the moon was in the wrong house \(at experiment\.test\.ts:\d+\)$/,
    ),
  });
  expect(second?.error).toMatch(/returned nothing; expected \{ predictions: \{ test \} \}/);
  expect(third?.pgr?.status).toBe("ok");
  expect(results_.toString().replaceAll(/\s+/g, " ")).toContain("the moon was in the wrong house");
});

test.each<[string, Method, RegExp]>([
  [
    "a factory of one's own that was not called",
    (() => async () => ({})) as never,
    /returned a function: is it a factory/,
  ],
  ["a factory that was not called", naive as never, /unknown option "examples".*write naive\(\), with parentheses/],
  [
    "targets that are no matrix",
    ({ fit }) => fit({ targets: [[1, 0]] as never }),
    /targets: expected a matrix.*matrix\(rows\)/,
  ],
  ["no targets", ({ fit }) => fit({} as never), /targets: expected a matrix/],
  [
    "rows between rows",
    ({ fit, weakLabels }) => fit({ targets: weakLabels, rows: [0.7] }),
    /rows: expected whole numbers.*found 0\.7/,
  ],
  [
    "NaN in a loss",
    ({ fit, weakLabels }) => fit({ targets: weakLabels, loss: { name: "confidence", alpha: Number.NaN } }),
    /loss\.alpha: .*found NaN/,
  ],
  [
    "a method that throws at once",
    () => {
      throw new Error("at once");
    },
    /at once/,
  ],
])("%s fails in its row with what was expected", async (_, method, words) => {
  const { rows } = await results({ methods: [named("odd", method)], seeds: 1 });
  expect(rows[1]?.error).toMatch(words);
});

test.each<[string, Matrixish, RegExp]>([
  ["too few rows", { rows: 1, columns: 2, data: Float32Array.of(0.5, 0.5) }, /expected 400 rows .* found 1/],
  ["NaN", { rows: 400, columns: 2, data: new Float32Array(800).fill(Number.NaN) }, /row 0, class 0 is NaN/],
])("predictions with %s fail with what was expected", async (_, predictions, words) => {
  const { rows } = await results({ methods: [named("odd", async () => ({ predictions: { test: predictions } }))] });
  expect(rows[1]?.error).toMatch(words);
});
type Matrixish = { rows: number; columns: number; data: Float32Array };

test("a method learns no folder of checkpoints, and results have it", async () => {
  const trainer: Trainer = {
    ...mine,
    fit: async (request, options) => ({
      ...(await mine.fit(request, options)),
      checkpoint: { id: "c", path: "/there" },
    }),
  };
  const seen: unknown[] = [];
  const curious: Method = async function curious(context) {
    const fitted = await context.fit({ targets: context.weakLabels });
    seen.push(fitted.checkpoint);
    return fitted;
  };
  const { runs } = await results({ trainer, methods: [curious], seeds: 1 });
  expect(seen).toEqual([{ id: "c" }]);
  expect(runs[1]?.checkpoint).toEqual({ id: "c", path: "/there" });
});

test("a method that guesses the truth does not learn it from a fit that costs nothing", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-experiment-"));
  const labels = openTruth(testbed).labels.train_unlabel;
  const cached: unknown[] = [];
  const guess: Method = async function guess(context) {
    const fitted = await context.fit({ targets: oneHot(labels, 2) });
    cached.push(fitted.cost.cached);
    return fitted;
  };
  const { trainer, fits } = counting();
  await results({ trainer, dir, methods: [guess], seeds: 1 });
  expect(cached).toEqual([undefined]);
  expect(fits).toHaveLength(3);
});

test("cancelling does not wait for a method that ignores its signal", async () => {
  await using run = experiment({ ...base, methods: [named("deaf", () => new Promise(() => undefined))] });
  for await (const event of run) if (event.type === "unit" && event.method === "ceiling") break;
  run.cancel(new Error("enough"));
  await expect(run.result()).rejects.toThrow("enough");
});

test("when it rejects, nothing of it runs any more", async () => {
  let underWay = 0;
  const trainer: Trainer = {
    ...mine,
    async fit(request, options) {
      underWay++;
      try {
        if (request.predict.train_unlabel && request.seed === 1) throw new Error("no power");
        return await mine.fit(request, options);
      } finally {
        underWay--;
      }
    },
    capabilities: async () => ({ ...(await mine.capabilities()), parallel: 4 }),
  };
  await expect(results({ trainer, methods: [naive()] })).rejects.toThrow("no power");
  expect(underWay).toBe(0);
});

test("a fit whose worker died under it is tried once more, and that is said", async () => {
  const died = new Set<number>();
  const trainer: Trainer = {
    ...mine,
    fit(request, options) {
      if (died.has(request.seed)) return mine.fit(request, options);
      died.add(request.seed);
      return Promise.reject(new WeakToStrongError("worker_died", "it was killed"));
    },
  };
  const { rows, record } = await results({ trainer, methods: [naive()] });
  expect(rows.every(({ error }) => error === undefined)).toBe(true);
  expect(record.warnings).toEqual([
    expect.stringMatching(/seed 0, was tried again: it was killed/),
    expect.anything(),
    expect.anything(),
  ]);
});

test("test examples in groups, or more than once, are pointed out", async () => {
  const grouped = await createTestbed({
    name: "grouped",
    train_label: texts(80, "a"),
    train_unlabel: texts(300, "b"),
    test: [...texts(100, "c"), ...texts(100, "c")].map((row, i) => ({ ...row, group: i % 50 })),
  });
  const { record } = await results({ testbed: grouped, methods: [naive()], seeds: 1 });
  expect(record.rows[1]?.pgr).toMatchObject({ n: 200, groups: 50 });
  expect(record.warnings).toContainEqual(expect.stringMatching(/^100 test examples stand there more than once/));
});

test("a teacher or ceiling that fails ends the experiment with its error", async () => {
  const trainer: Trainer = { ...mine, fit: () => Promise.reject(new Error("no power")) };
  await expect(results({ trainer, methods: [naive()] })).rejects.toThrow("no power");
});

test.each<[string, Partial<ExperimentOptions>, RegExp]>([
  ["no methods", { methods: [] }, /methods: expected at least one/],
  ["a name twice", { methods: [naive(), naive()] }, /methods\[1\]: the name "naive" is taken.*named\(/],
  ["a reserved name", { methods: [named("weak", naive())] }, /the name "weak" is taken/],
  [
    "no name",
    {
      methods: [
        (
          () => async () =>
            ({}) as never
        )(),
      ],
    },
    /methods\[0\]: the function has no name/,
  ],
  ["no seeds", { seeds: 0 }, /seeds: expected a number of at least 1/],
  ["seeds twice", { seeds: [1, 1] }, /seeds: .*different/],
  ["half a seed", { seeds: 2.5 }, /seeds: .*found 2\.5/],
  [
    "too many teacher's examples",
    { teacherExamples: 81 },
    /teacherExamples: expected an integer from 2 .* to 80 .*found 81/,
  ],
  [
    "no trainer",
    { trainer: undefined as never },
    /trainer: expected a Trainer, such as pythonTrainer\(\), found nothing/,
  ],
  [
    "a promised testbed",
    { testbed: Promise.resolve(testbed) as never },
    /found a promise of one; write `await digits\(\)`/,
  ],
  ["no list of methods", { methods: naive() as never }, /methods: expected a list/],
  ["seeds as text", { seeds: "5" as never }, /seeds: expected a number of seeds or a list of them, found "5"/],
  ["NaN in a model", { student: linear(hashedWords(), { learningRate: Number.NaN }) }, /learningRate: .*found NaN/],
  ["a copied testbed", { testbed: { ...testbed } }, /testbed: .*A copy .*has no truth/],
])("%s: a clear error", async (_, options, words) => {
  await expect(results({ methods: [naive()], ...options })).rejects.toThrow(words);
});

test("without a teacher a testbed without a pair says what is missing", async () => {
  const { teacher: _, ...rest } = base;
  await using run = experiment({ ...rest, methods: [naive()] });
  await expect(run.result()).rejects.toThrow(/teacher: the testbed "tiny" names no pair/);
});

test("events tell what happens, in order", async () => {
  await using run = experiment({ ...base, methods: [naive()] });
  const events: ExperimentEvent[] = [];
  for await (const event of run) events.push(event);
  expect(events[0]).toEqual({ type: "started", testbed: "tiny", methods: ["naive"], seeds: [0, 1, 2], units: 9 });
  expect(events.at(-1)).toMatchObject({ type: "finished" });
  expect(events.filter(({ type }) => type === "unit").map((event) => (event as { done: number }).done)).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
  expect(events.some((event) => event.type === "progress" && event.method === "ceiling" && event.seed === 2)).toBe(
    true,
  );
});

test("with a folder, what was finished is not done again, and an edit repeats only what it changed", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-experiment-"));
  const first = counting();
  const before = await results({ trainer: first.trainer, dir, methods: [naive()] });
  expect(first.fits).toHaveLength(9);
  const second = counting();
  const after = await results({ trainer: second.trainer, dir, methods: [naive()] });
  expect(second.fits).toHaveLength(0);
  expect(after.rows.map(({ accuracy, pgr }) => [accuracy, pgr])).toEqual(
    before.rows.map(({ accuracy, pgr }) => [accuracy, pgr]),
  );
  expect(after.record.cost).toEqual({ seconds: 0, tokens: 0, fits: 9, cachedFits: 9 });
  const edited = counting();
  await results({ trainer: edited.trainer, dir, methods: [naive(), naive({ hard: true })] });
  expect(edited.fits).toHaveLength(3);
  expect(JSON.parse(await readFile(join(dir, "results.json"), "utf8"))).toMatchObject({
    format: "weak-to-strong/results",
  });
});

test("two at once in one folder: the second is refused, naming the first", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-experiment-"));
  await using first = experiment({ ...base, dir, methods: [naive()] });
  for await (const event of first) if (event.type === "started") break;
  await using second = experiment({ ...base, dir, methods: [naive()] });
  await expect(second.result()).rejects.toMatchObject({
    code: "busy",
    message: expect.stringMatching(/in use by this same process/),
  });
  expect((await first.result()).rows).toHaveLength(3);
});

test("killed at any moment (kill -9) and started again, it repeats no finished fit", async () => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-killed-"));
  const program = join(import.meta.dirname, "../fixtures/slow-experiment.ts");
  const start = () =>
    spawn(process.execPath, ["--import", "tsx", "-C", "w2s-source", program, dir], {
      stdio: ["ignore", "pipe", "inherit"],
    });
  const finished: string[] = [];
  let kills = 0;
  for (let complete = false; !complete; ) {
    const child = start();
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
  expect(kept).toHaveLength(9);
  expect(new Set(finished).size, "each fit that was kept was done once").toBe(finished.length);
}, 120_000);
