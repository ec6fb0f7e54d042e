import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { experiment, naive, type Testbed } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { random } from "../../src/data/random.js";
import {
  finalAnswer,
  generatedCode,
  generatedMaths,
  generatedPreference,
  isMostFrequent,
  programOf,
  renderSnippet,
  writerOfSnippet,
  writerOfText,
} from "../../src/testbed/generated/index.js";
import { runSnippets } from "../../src/testbed/generated/run-snippets.js";
import { answerTo, askFor, drawCalls, drawTask, programFor } from "../../src/testbed/generated/tasks.js";
import { splitNames } from "../../src/testbed/testbed.js";
import { openTruth } from "../../src/testbed/truth.js";

const python = process.env.W2S_PYTHON ?? join(import.meta.dirname, "../../.weak-to-strong/python/bin/python");
const noPython = existsSync(python) ? "" : ` (skipped: no Python at ${python})`;

const generators = { maths: generatedMaths, code: generatedCode, preference: generatedPreference };
const small = { train_label: 100, train_unlabel: 100, test: 100 };

/** The test split's choices, groups and truth. */
function verification(testbed: Testbed): { choices: string[]; groups: Int32Array; right: boolean[] } {
  const { dataset, groups } = testbed.splits.test;
  return {
    choices: dataset.inputs.map((input) => ("choice" in input ? input.choice : "")),
    groups: groups!,
    right: [...openTruth(testbed).labels.test].map((label) => label === 1),
  };
}

const share = (hits: readonly boolean[]): number => hits.filter((hit) => hit).length / hits.length;
const agreement = (rule: readonly boolean[], truth: readonly boolean[]): number =>
  share(rule.map((says, row) => says === truth[row]));

describe.each(Object.entries(generators))("%s", (name, generate) => {
  const skipped = name === "code" && noPython !== "";

  test.skipIf(skipped)(`a seed is a testbed${skipped ? noPython : ""}`, async () => {
    const [one, same, other] = await Promise.all([1, 1, 2].map((seed) => generate({ ...small, seed })));
    expect(same).toEqual(one);
    expect(openTruth(same!).hash).toBe(openTruth(one!).hash);
    expect(other!.hash).not.toBe(one!.hash);
  });

  test.skipIf(skipped)(
    `the default has its sizes, balanced labels, and no problem in two splits${skipped ? noPython : ""}`,
    async () => {
      const testbed = await generate();
      const groups = splitNames.map((split) => new Set(testbed.splits[split].groups));
      expect(splitNames.map((split) => testbed.splits[split].dataset.inputs.length)).toEqual([1000, 3000, 1500]);
      expect(groups.map(({ size }) => size)).toEqual([200, 600, 300]);
      expect(new Set(groups.flatMap((each) => [...each])).size).toBe(1100);
      for (const split of splitNames) {
        const ones = share([...openTruth(testbed).labels[split]].map((label) => label === 1));
        expect(Math.abs(ones - 0.5), split).toBeLessThan(0.06);
      }
    },
  );

  test("sizes that cannot be are refused", async () => {
    await expect(async () => generate({ test: 10 })).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(/test: expected a whole number of rows, 100 or more.*found 10/),
    });
  });
});

describe.each([
  ["maths", generatedMaths, finalAnswer, writerOfText],
  ["code", generatedCode, programOf, writerOfSnippet],
] as const)("what is planted in %s", (name, generate, answerOf, writerOf) => {
  const skipped = name === "code" && noPython !== "";

  test.skipIf(skipped)(
    `the most frequent answer is usually right, and writers differ${skipped ? noPython : ""}`,
    async () => {
      for (const seed of [0, 1]) {
        const { choices, groups, right } = verification(await generate({ seed }));
        const frequent = agreement(isMostFrequent(groups, choices.map(answerOf)), right);
        expect(frequent).toBeGreaterThan(0.7);
        expect(frequent).toBeLessThan(0.85);
        const writers = choices.map(writerOf);
        const rates = [0, 1, 2, 3].map((writer) => share(right.filter((_, row) => writers[row] === writer)));
        for (const [writer, expected] of [0.35, 0.45, 0.57, 0.67].entries()) {
          expect(Math.abs(rates[writer]! - expected), `writer ${writer}`).toBeLessThan(0.1);
        }
      }
    },
  );
});

test("more rows than the templates give are refused", async () => {
  await expect(async () => generatedPreference({ train_unlabel: 1_000_000 })).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringMatching(/different problems.*Ask for fewer rows/),
  });
});

test("the final answer in the text is the one that the testbed states", async () => {
  const { test } = (await generatedMaths(small)).splits;
  expect(test.dataset.inputs.map((input) => ("choice" in input ? finalAnswer(input.choice) : ""))).toEqual(
    test.answers,
  );
});

test("preference: some writers write the better answer more often", async () => {
  const testbed = await generatedPreference();
  const truth = openTruth(testbed).labels.test;
  const won: boolean[][] = [[], [], [], []];
  for (const [row, input] of testbed.splits.test.dataset.inputs.entries()) {
    if (!("first" in input)) throw new Error("not a preference");
    won[writerOfText(input.first)]!.push(truth[row] === 0);
    won[writerOfText(input.second)]!.push(truth[row] === 1);
  }
  for (const [writer, expected] of [0.35, 0.45, 0.55, 0.67].entries()) {
    expect(Math.abs(share(won[writer]!) - expected), `writer ${writer}`).toBeLessThan(0.08);
  }
});

test("maths: a solution is right exactly where its final answer solves the problem", async () => {
  const testbed = await generatedMaths(small);
  const truth = openTruth(testbed).labels.test;
  for (const [row, input] of testbed.splits.test.dataset.inputs.entries()) {
    if (!("choice" in input)) throw new Error("not a verification");
    expect(finalAnswer(input.choice) === String(solve(input.question)), input.question).toBe(truth[row] === 1);
  }
});

/** The answer to a generated word problem, read from its text. */
function solve(question: string): number {
  const [, start, events] = /has (\d+) \w+\. (.*) How many/.exec(question)!;
  return events!.split(". ").reduce((value, event) => {
    if (event.includes("doubles")) return value * 2;
    if (event.includes("triples")) return value * 3;
    const amount = Number(/\d+/.exec(event)![0]);
    return /buys|finds|wins|borrows|collects/.test(event) ? value + amount : value - amount;
  }, Number(start));
}

describe.skipIf(noPython)(`snippets${noPython}`, () => {
  test("a snippet's truth is what running it again shows", async () => {
    const testbed = await generatedCode({ ...small, python });
    const { choices, right } = verification(testbed);
    const questions = testbed.splits.test.dataset.inputs.map((input) => ("question" in input ? input.question : ""));
    // Other lists than the generator's own, and the task read from its text.
    const uniform = random("lists of the test");
    const tasks = new Map<string, ReturnType<typeof drawTask>>();
    const draw = random("every task");
    for (let i = 0; i < 200_000; i++) {
      const task = drawTask(draw);
      tasks.set(askFor(task), task);
    }
    const known = questions.map((question) => tasks.get(question)!);
    const calls = known.map((task) => [...drawCalls(task, uniform), ...drawCalls(task, uniform)]);
    const outcomes = await runSnippets(
      choices.map((snippet, row) => ({ snippet, calls: calls[row]! })),
      python,
    );
    const passes = outcomes.map((given, row) =>
      given.every((value, call) => value === answerTo(known[row]!, calls[row]![call]!)),
    );
    expect(agreement(passes, right)).toBeGreaterThan(0.97);
  });

  test("a program for any task, without a bug, does what is asked", async () => {
    const uniform = random("programs");
    const trials = Array.from({ length: 200 }, () => {
      const task = drawTask(uniform);
      const calls = [...drawCalls(task, uniform), []];
      return { task, calls, snippet: renderSnippet(programFor(task), 0) };
    });
    const outcomes = await runSnippets(trials, python);
    expect(outcomes).toEqual(trials.map(({ task, calls }) => calls.map((numbers) => answerTo(task, numbers))));
  });

  test("an interpreter that is not there is an error that says so", async () => {
    await expect(generatedCode({ ...small, python: "/nowhere/python" })).rejects.toMatchObject({
      code: "missing_dependency",
      message: expect.stringMatching(/\/nowhere\/python cannot be started.*W2S_PYTHON/),
    });
  });

  test("the gap of a stated pair is resolved", { timeout: 90_000 }, async () => {
    const testbed = await generatedMaths({ train_label: 500, train_unlabel: 1500 });
    await using trainer = pythonTrainer({ python });
    await using run = experiment({ testbed, trainer, methods: [naive()], seeds: 3 });
    const { rows } = await run.result();
    const [weak, transfer, ceiling] = rows;
    expect(transfer!.pgr).toMatchObject({ status: "ok" });
    expect(ceiling!.accuracyInterval![0]).toBeGreaterThan(weak!.accuracyInterval![1]);
  });
});

test("law: whoever lays a program out, the writer and the program are found from the text alone", () => {
  const comment = fc.stringMatching(/^[A-Za-z][A-Za-z .]{0,20}$/);
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(3),
      fc.array(comment, { minLength: 1, maxLength: 3 }),
      (seed, writer, comments) => {
        const lines = programFor(drawTask(random(seed)));
        const snippet = renderSnippet(lines, writer, comments);
        expect(writerOfSnippet(snippet)).toBe(writer);
        expect(programOf(snippet)).toBe(programOf(renderSnippet(lines, 0)));
      },
    ),
  );
});
