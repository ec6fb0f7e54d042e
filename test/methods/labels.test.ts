import { expect, test } from "vitest";
import {
  bootstrapping,
  confidentLabels,
  hashedWords,
  labelSmoothing,
  linear,
  type Matrix,
  type Method,
  type MethodContext,
  matrix,
  naive,
  row,
  strongToStrong,
  weakEnsemble,
} from "weak-to-strong";
import { random } from "../../src/data/random.js";
import { accuracyOf, contextOf, fitOf, fitsOf, gaussian, planted, studentOn } from "./context.js";

const weakLabels = matrix([
  [0.9, 0.1],
  [0.4, 0.6],
]);

test("label smoothing moves labels towards 1 / K by epsilon, and does nothing at 0", async () => {
  const { targets } = await fitOf(labelSmoothing({ epsilon: 0.2 }), { weakLabels });
  for (const [at, expected] of [0.82, 0.18, 0.42, 0.58].entries()) expect(targets.data[at]).toBeCloseTo(expected, 6);
  expect(await fitOf(labelSmoothing({ epsilon: 0 }), { weakLabels })).toEqual(await fitOf(naive(), { weakLabels }));
  const uniform = await fitOf(labelSmoothing({ epsilon: 1 }), { weakLabels: matrix([[0.2, 0.3, 0.5]]), classes: 3 });
  expect(uniform.targets).toEqual(matrix([[1 / 3, 1 / 3, 1 / 3]]));
});

test("strong-to-strong with no rounds is naive; with n, each fit learns what the one before predicted", async () => {
  expect(await fitsOf(strongToStrong({ rounds: 0 }), { weakLabels })).toEqual(await fitsOf(naive(), { weakLabels }));
  const answers = [matrix([[0.7, 0.3]]), matrix([[0.6, 0.4]]), matrix([[0.1, 0.9]])];
  const fits = await fitsOf(strongToStrong(), { weakLabels }, (_, index) => answers[index]!);
  expect(fits.map(({ targets }) => targets)).toEqual([weakLabels, answers[0], answers[1]]);
});

test("relabelling by a student averages independent label noise away", async () => {
  const { truth, weakLabels, features, examples } = planted(600, 0.25);
  const targets: Matrix[] = [];
  const student = studentOn(features);
  await strongToStrong({ rounds: 1 })(
    contextOf({
      weakLabels,
      examples,
      fit: (options) => {
        targets.push(options.targets);
        return student(options);
      },
    }),
  );
  expect(accuracyOf(targets[0]!, truth)).toBeCloseTo(0.75, 1);
  expect(accuracyOf(targets[1]!, truth)).toBeGreaterThan(0.9);
});

test("bootstrapping through no model is naive; through models, each is taught by the one before", async () => {
  expect(await fitsOf(bootstrapping({ through: [] }), { weakLabels })).toEqual(await fitsOf(naive(), { weakLabels }));
  const [small, middle] = [linear(hashedWords({ buckets: 64 })), linear(hashedWords({ buckets: 256 }))];
  const answers = [matrix([[0.7, 0.3]]), matrix([[0.6, 0.4]]), matrix([[0.1, 0.9]])];
  const through = bootstrapping({ through: [small, middle] });
  const fits = await fitsOf(through, { weakLabels }, (_, index) => answers[index]!);
  expect(fits.map(({ model }) => model)).toEqual([small, middle, undefined]);
  expect(fits.map(({ targets }) => targets)).toEqual([weakLabels, answers[0], answers[1]]);
  expect(() => bootstrapping({ through: small } as never)).toThrow(/bootstrapping: through: expected models .* found/);
  expect(() => bootstrapping({} as never)).toThrow(/found nothing/);
});

test("the name tells bootstrapping through one model from that through another", () => {
  const through = (...epochs: number[]) =>
    bootstrapping({ through: epochs.map((count) => linear(hashedWords(), { epochs: count })) }).methodName;
  expect(through(10)).toMatch(/^bootstrapping\(through=1#[0-9a-f]{4}\)$/);
  expect(through(10)).toBe(through(10));
  expect(new Set([through(), through(10), through(20), through(10, 20), through(20, 10)]).size).toBe(5);
});

/**
 * A trap: a seventh feature that says nothing of the truth, but that the teacher falls for. The student sees it too and
 * can learn the teacher's errors; predictions are of the training examples.
 */
function trapped(weak: (y: number, trap: number, uniform: () => number) => number) {
  const { truth, features, examples } = planted(1000, 0);
  const uniform = random("trap");
  const traps = Array.from(truth, () => gaussian(uniform));
  const weakLabels = matrix(
    Array.from(truth, (y, i) => {
      const p = weak(y, traps[i]!, uniform);
      return [1 - p, p];
    }),
  );
  const withTrap = matrix(traps.map((trap, i) => [...row(features, i), 2 * trap]));
  const accuracy = async (method: Method, fit: MethodContext["fit"]): Promise<number> =>
    accuracyOf((await method(contextOf({ weakLabels, examples, fit }))).predictions.test, truth);
  return { truth, features, withTrap, weakLabels, accuracy };
}

test("bootstrapping helps where a model between cannot see what the teacher's errors follow", async () => {
  // The teacher weighs the trap as much as the truth.
  const { truth, features, withTrap, weakLabels, accuracy } = trapped((y, trap, uniform) => {
    const odds = 1.5 * (2 * y - 1) + 2 * trap + 0.3 * gaussian(uniform);
    return 1 / (1 + Math.exp(-odds));
  });
  const middle = linear(hashedWords({ buckets: 64 }));
  const [seeing, blind] = [studentOn(withTrap), studentOn(features)];
  const taught: number[] = [];
  const fit: MethodContext["fit"] = (options) => {
    taught.push(accuracyOf(options.targets, truth));
    return options.model === middle ? blind(options) : seeing(options);
  };
  const naively = await accuracy(naive(), fit);
  const bootstrapped = await accuracy(bootstrapping({ through: [middle] }), fit);
  const [, first, second] = taught;
  expect(first).toBe(accuracyOf(weakLabels, truth));
  expect(second!).toBeGreaterThan(first! + 0.1); // the labels that the student learns
  expect(bootstrapped).toBeGreaterThan(naively + 0.1);
});

test("confident labels help where the teacher knows what it knows, and do nothing for one that is sure of anything", async () => {
  const knowing = (sure: number, unsure: number) =>
    trapped((y, trap, uniform) => {
      const right = uniform() < 0.5; // half of the examples it knows, about the others it follows the trap
      const p = right ? sure : unsure;
      return (right ? y === 1 : trap > 0) ? p : 1 - p;
    });
  const found = async ({ truth, withTrap, weakLabels, accuracy }: ReturnType<typeof knowing>) => {
    const { rows, targets } = await fitOf(confidentLabels(), { weakLabels });
    const kept = accuracyOf(
      targets,
      Array.from(rows!, (i) => truth[i]!),
    );
    const gain =
      (await accuracy(confidentLabels(), studentOn(withTrap))) - (await accuracy(naive(), studentOn(withTrap)));
    return { all: accuracyOf(weakLabels, truth), kept, gain };
  };
  const honest = await found(knowing(0.9, 0.65));
  expect(honest.all).toBeLessThan(0.8);
  expect(honest.kept).toBeGreaterThan(0.99);
  expect(honest.gain).toBeGreaterThan(0.05);
  const boastful = await found(knowing(0.9, 0.9));
  expect(boastful.kept).toBe(boastful.all);
  expect(boastful.gain).toBe(0);
});

test("an ensemble of one is naive, and five teachers with errors of their own err less than each", async () => {
  expect(await fitOf(weakEnsemble({ teachers: 1 }), { weakLabels })).toEqual(await fitOf(naive(), { weakLabels }));
  const uniform = random("teachers");
  const truth = Int32Array.from({ length: 2000 }, (_, i) => i % 2);
  const teacher = (): Matrix =>
    matrix(
      Array.from(truth, (y) => {
        const right = uniform() < 0.7 ? 0.5 + uniform() / 2 : uniform() / 2;
        return y === 1 ? [1 - right, right] : [right, 1 - right];
      }),
    );
  const first = teacher();
  const { targets } = await fitOf(weakEnsemble(), {
    weakLabels: first,
    teachers: async (count) => {
      expect(count).toBe(4);
      return Array.from({ length: count }, teacher);
    },
  });
  expect(accuracyOf(first, truth)).toBeCloseTo(0.7, 1);
  // Five independent votes, each right with probability .7, have a right majority with probability .84.
  expect(accuracyOf(targets, truth)).toBeGreaterThan(0.8);
});

test("options that cannot be are refused, by name", () => {
  expect(() => labelSmoothing({ epsilon: 1.5 })).toThrow(
    "labelSmoothing: epsilon: expected a number from 0 to 1, found 1.5",
  );
  expect(() => strongToStrong({ rounds: 0.5 })).toThrow("rounds: expected a whole number of at least 0, found 0.5");
  expect(() => weakEnsemble({ teachers: 0 })).toThrow("teachers: expected a whole number of at least 1, found 0");
});
