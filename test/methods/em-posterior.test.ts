import { describe, expect, test } from "vitest";
import { emPosterior, type MethodContext, matrix } from "weak-to-strong";
import { random } from "../../src/data/random.js";
import { minimise } from "../../src/methods/minimise.js";
import { fitChannel } from "../../src/methods/noisy-channel.js";
import { accuracyOf, fitsOf, gaussian } from "./context.js";

/** Truth, a calibrated prior (log-odds) of the given strength, and hard weak labels with the given rates. */
function simulated(options: {
  count: number;
  truePositive: number;
  falsePositive: number;
  strength: number;
  seed: number;
}) {
  const { count, truePositive, falsePositive, strength, seed } = options;
  const uniform = random("channel", seed);
  const truth = Int32Array.from({ length: count }, () => (uniform() < 0.5 ? 1 : 0));
  // Two Gaussians at +-strength / 2 have log-odds strength * z.
  const prior = Float64Array.from(truth, (y) => strength * ((y - 0.5) * strength + gaussian(uniform)));
  const weak = Float64Array.from(truth, (y) => (uniform() < (y ? truePositive : falsePositive) ? 1 : 0));
  return { truth, prior, weak };
}

function accuracy(odds: Float64Array, truth: Int32Array): number {
  return odds.reduce((right, value, i) => right + (value > 0 === (truth[i] === 1) ? 1 : 0), 0) / odds.length;
}

const mean = (values: Float64Array | number[]): number =>
  (values as number[]).reduce((a, b) => a + b, 0) / values.length;
const centred = (weak: Float64Array): Float64Array => weak.map((w) => w - 0.5);

describe("the noisy channel", () => {
  for (const [truePositive, falsePositive, strength] of [
    [0.8, 0.3, 1.5],
    [0.75, 0.25, 2],
    [0.65, 0.35, 2],
    [0.9, 0.45, 1.5],
  ] as const) {
    test(`recovers rates of ${truePositive} and ${falsePositive}, and beats both of its sources`, () => {
      const found = [1, 2, 3].map((seed) => {
        const { truth, prior, weak } = simulated({ count: 5000, truePositive, falsePositive, strength, seed });
        const channel = fitChannel({ weak, evidence: prior, features: [prior, prior.map(Math.abs)] });
        const posterior = accuracy(channel.posterior, truth);
        expect(posterior).toBeGreaterThan(accuracy(prior, truth));
        expect(posterior).toBeGreaterThan(accuracy(centred(weak), truth));
        return channel;
      });
      expect(Math.abs(mean(found.map((channel) => mean(channel.truePositive))) - truePositive)).toBeLessThan(0.03);
      expect(Math.abs(mean(found.map((channel) => mean(channel.falsePositive))) - falsePositive)).toBeLessThan(0.03);
    });
  }

  test("finds where the teacher is reliable, if a feature tells", () => {
    const { truth, prior } = simulated({ count: 8000, truePositive: 1, falsePositive: 0, strength: 2, seed: 2 });
    const uniform = random("reliable");
    const easy = Float64Array.from(truth, () => (uniform() < 0.5 ? 1 : 0));
    const weak = Float64Array.from(truth, (y, i) => (uniform() < (easy[i] ? 0.95 : 0.6) ? y : 1 - y));
    const { truePositive } = fitChannel({ weak, evidence: prior, features: [easy] });
    expect(Math.abs(mean(truePositive.filter((_, i) => easy[i] === 1)) - 0.95)).toBeLessThan(0.05);
    expect(Math.abs(mean(truePositive.filter((_, i) => easy[i] === 0)) - 0.6)).toBeLessThan(0.05);
  });

  test("beats both sources where either says twice or half of what it should, and its own odds are right", () => {
    const uniform = random("miscalibrated");
    const truth = Int32Array.from({ length: 5000 }, (_, i) => i % 2);
    const odds = (strength: number) =>
      Float64Array.from(truth, (y) => strength * ((y - 0.5) * strength + gaussian(uniform)));
    const [prior, teacher] = [odds(1.5), odds(1.5)];
    for (const [ofPrior, ofTeacher] of [
      [0.5, 2],
      [2, 0.5],
      [2, 1],
      [1, 0.5],
    ] as const) {
      const weak = teacher.map((value) => 1 / (1 + Math.exp(-ofTeacher * value)));
      const evidence = prior.map((value) => ofPrior * value);
      const { posterior } = fitChannel({ weak, evidence, features: [evidence] });
      expect(accuracy(posterior, truth)).toBeGreaterThan(accuracy(prior, truth) + 0.04);
      expect(accuracy(posterior, truth)).toBeGreaterThan(accuracy(teacher, truth) + 0.04);
      const sure = [...posterior.keys()].filter((i) => Math.abs(posterior[i]!) > 1 && Math.abs(posterior[i]!) < 2);
      const right = sure.filter((i) => posterior[i]! > 0 === (truth[i] === 1)).length / sure.length;
      expect(Math.abs(right - 1 / (1 + Math.exp(-1.5)))).toBeLessThan(0.08);
    }
  });

  test("never turns labels round, even where the teacher contradicts the evidence more often than not", () => {
    const { prior, weak } = simulated({ count: 4000, truePositive: 0.3, falsePositive: 0.7, strength: 2, seed: 3 });
    const channel = fitChannel({ weak, evidence: prior, features: [prior] });
    for (const [i, rate] of channel.truePositive.entries()) expect(rate).toBeGreaterThan(channel.falsePositive[i]!);
    const agreed = [...weak.keys()].filter((i) => prior[i]! > 1 && weak[i] === 1);
    expect(agreed.length).toBeGreaterThan(100);
    for (const i of agreed) expect(channel.posterior[i]).toBeGreaterThan(0);
  });

  test("is the weak label where nothing else is known and its errors are symmetric", () => {
    const uniform = random("symmetric");
    const half = Array.from({ length: 500 }, () => 0.05 + 0.9 * uniform());
    const weak = Float64Array.from([...half, ...half.map((w) => 1 - w)]);
    const { posterior } = fitChannel({ weak, evidence: new Float64Array(1000), features: [] });
    for (const [i, w] of weak.entries()) expect(1 / (1 + Math.exp(-posterior[i]!))).toBeCloseTo(w, 3);
  });
});

test("the minimum of Rosenbrock's valley and of a tilted bowl is found", () => {
  const valley = minimise(
    (x) => {
      const [a, b] = x as unknown as [number, number];
      return {
        value: (1 - a) ** 2 + 100 * (b - a * a) ** 2,
        gradient: Float64Array.of(-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)),
      };
    },
    Float64Array.of(-1.2, 1),
  );
  expect(valley[0]).toBeCloseTo(1, 4);
  expect(valley[1]).toBeCloseTo(1, 4);
});

/** A language model whose margins carry the prior's log-odds, with noise of its own for each template and a bias. */
function speaking(prior: Float64Array, asked: unknown[] = []): MethodContext["score"] {
  return async (options = {}) => {
    const uniform = random("template", asked.length);
    asked.push(options);
    const logProbabilities = matrix(Array.from(prior, (odds) => [0, odds + 0.3 * gaussian(uniform) + 2]));
    return { logProbabilities, tokens: logProbabilities, cost: { seconds: 0, device: "", tokens: 0 } };
  };
}

const { truth, prior, weak } = simulated({
  count: 3000,
  truePositive: 0.8,
  falsePositive: 0.3,
  strength: 1.5,
  seed: 4,
});
const world = {
  kind: "verification",
  examples: Array.from(truth, (_, i) => ({ id: `${i}`, input: { question: "?", choice: `${i}` } })),
  weakLabels: matrix(Array.from(weak, (w) => (w ? [0.2, 0.8] : [0.2 + 0.6, 0.2]))),
} as const;

test("the student learns a posterior that is better than the teacher's labels and the model's own opinion", async () => {
  const asked: unknown[] = [];
  const fits = await fitsOf(emPosterior({ rounds: 1 }), { ...world, score: speaking(prior, asked) });
  expect(asked).toHaveLength(3);
  expect(fits).toHaveLength(1);
  const found = accuracyOf(fits[0]!.targets, truth);
  expect(found).toBeGreaterThan(accuracyOf(world.weakLabels, truth) + 0.03);
  expect(found).toBeGreaterThan(accuracy(prior, truth) + 0.01);
});

test("a second round asks students that have not seen what they predict, and hears them", async () => {
  const oracle = matrix(Array.from(truth, (y) => (y ? [0.02, 0.98] : [0.98, 0.02])));
  const fits = await fitsOf(emPosterior(), { ...world, score: speaking(prior) }, () => oracle);
  expect(fits.map(({ rows }) => rows?.length)).toEqual([1500, 1500, undefined]);
  expect(new Set([fits[0]!, fits[1]!].flatMap(({ rows }) => Array.from(rows!))).size).toBe(3000);
  const once = await fitsOf(emPosterior({ rounds: 1 }), { ...world, score: speaking(prior) });
  expect(accuracyOf(fits[2]!.targets, truth)).toBeGreaterThan(accuracyOf(once[0]!.targets, truth) + 0.05);
});

test("a temperature divides the log-odds and changes no argmax", async () => {
  const [plain] = await fitsOf(emPosterior({ rounds: 1 }), { ...world, score: speaking(prior) });
  const [soft] = await fitsOf(emPosterior({ rounds: 1, temperature: 2 }), { ...world, score: speaking(prior) });
  const odds = (p: number) => Math.log(p / (1 - p));
  for (let i = 1; i < 2000; i += 2)
    expect(odds(soft!.targets.data[i]!)).toBeCloseTo(odds(plain!.targets.data[i]!) / 2, 2);
});

test("a preference is asked in both orders", async () => {
  const asked: { inputs?: unknown }[] = [];
  const examples = Array.from(truth, (_, i) => ({
    id: `${i}`,
    input: { prompt: "?", first: `a${i}`, second: `b${i}` },
  }));
  await fitsOf(emPosterior({ rounds: 1 }), { ...world, kind: "preference", examples, score: speaking(prior, asked) });
  expect(asked.map(({ inputs }) => inputs !== undefined)).toEqual([false, true, false, true, false, true]);
  expect((asked[1]!.inputs as unknown[])[7]).toEqual({ prompt: "?", first: "b7", second: "a7" });
});

test("what it is not for is refused", async () => {
  await expect(fitsOf(emPosterior(), { ...world, classes: 3 })).rejects.toThrow(/two classes; this testbed has 3/);
  await expect(fitsOf(emPosterior(), { ...world, kind: "classification" })).rejects.toThrow(
    /emPosterior: prompt and continuations/,
  );
  expect(() => emPosterior({ template: [] } as never)).toThrow(
    /unknown option "template"; it has templates, rounds, temp/,
  );
  expect(() => emPosterior({ templates: [{ ask: "?" }] } as never)).toThrow(/templates\[0\]: unknown option "ask"/);
  expect(() => emPosterior({ templates: [] })).toThrow(/templates: expected at least one/);
  expect(() => emPosterior({ rounds: 0 })).toThrow(/rounds: expected a whole number of at least 1, found 0/);
});
