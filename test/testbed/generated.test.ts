import { existsSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { experiment, naive, type Testbed } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { contentHash } from "../../src/data/canonical.js";
import { random } from "../../src/data/random.js";
import { answersPerProblem, drawAnswers } from "../../src/testbed/generated/answers.js";
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
const absent = { shortcuts: "absent" } as const;

/** Inputs and labels of the defaults with seeds 0 and 7: published results stand on these bytes. */
const bytes = {
  maths: [
    "4c5f5d6d18ec9bf43165544ce2570df565fb5cfd8955905216fb34206a361e44",
    "eac46097d093013bdab15349c68720035c9a276b24879129c4a12c465ffb7e9e",
  ],
  code: [
    "338293e0a91bb9d807213c5dcd7ae54514fe019e04f3255aa5831850abc79d49",
    "c6490023b7561666b4288188ef7686817b265d5855337ad0138da294e3c442a1",
  ],
  preference: [
    "ac740a73311cd93251e97b4549d5621fecb020cef2faf295ce4908c98217d9b9",
    "f1baec02ca5679cd308ec54d5da4fb3fab165789620a244b8a53fbde58ca810f",
  ],
};

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

  test.skipIf(skipped)(`what the default makes is what it has always made${skipped ? noPython : ""}`, async () => {
    const made = await Promise.all([0, 7].map((seed) => generate({ seed })));
    expect(made.map((testbed) => contentHash([testbed.hash, openTruth(testbed).hash]))).toEqual(
      bytes[name as keyof typeof bytes],
    );
  });

  test.skipIf(skipped)(`absent is another testbed that does not say so${skipped ? noPython : ""}`, async () => {
    const [one, same, planted] = await Promise.all([
      generate({ ...small, ...absent }),
      generate({ ...small, ...absent }),
      generate({ ...small, shortcuts: "planted" }),
    ]);
    expect(same).toEqual(one);
    expect(planted).toEqual(await generate(small));
    const { hash, splits, ...shown } = one;
    expect(planted).toMatchObject(shown);
    expect(planted.hash).not.toBe(hash);
    expect(planted.splits.test.ids.filter((id) => splits.test.ids.includes(id))).toEqual([]);
  });

  test.skipIf(skipped).each([{}, absent])(
    `%j: the default has its sizes, balanced labels, and no problem in two splits${skipped ? noPython : ""}`,
    async (options) => {
      const testbed = await generate(options);
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

  test("shortcuts that there are not are refused", async () => {
    await expect(async () => generate({ ...small, shortcuts: "gone" as "planted" })).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(/shortcuts: expected "planted" or "absent", found "gone"/),
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

  test.skipIf(skipped)(
    `absent, neither the most frequent answer nor a writer is right more often than others${skipped ? noPython : ""}`,
    async () => {
      for (const seed of [0, 1]) {
        const { choices, groups, right } = verification(await generate({ seed, ...absent }));
        const frequent = isMostFrequent(groups, choices.map(answerOf));
        expect(Math.abs(agreement(frequent, right) - 0.5)).toBeLessThan(0.07);
        const writers = choices.map(writerOf);
        const rates = [0, 1, 2, 3].map((writer) => share(right.filter((_, row) => writers[row] === writer)));
        for (const [writer, rate] of rates.entries())
          expect(Math.abs(rate - 0.5), `writer ${writer}`).toBeLessThan(0.1);
      }
    },
  );
});

test("law: absent, two or three answers to a problem are right, and the others make one mistake", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const wrong = drawAnswers("absent", random(seed)).filter(({ mistake }) => mistake !== 0);
      expect(new Set(wrong.map(({ mistake }) => mistake)).size).toBe(1);
      expect([2, 3]).toContain(answersPerProblem - wrong.length);
    }),
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

test.each([
  ["planted", [0.35, 0.45, 0.55, 0.67]],
  ["absent", [0.5, 0.5, 0.5, 0.5]],
] as const)("preference, %s: how often writers write the better answer", async (shortcuts, rates) => {
  const won: boolean[][] = [[], [], [], []];
  for (const { better, worse } of preferences(await generatedPreference({ shortcuts }))) {
    won[writerOfText(better)]!.push(true);
    won[writerOfText(worse)]!.push(false);
  }
  for (const [writer, expected] of rates.entries()) {
    expect(Math.abs(share(won[writer]!) - expected), `writer ${writer}`).toBeLessThan(0.08);
  }
});

test("preference: the most frequent claim on a question is right where planted; absent, each pair has the same two", async () => {
  const most = async (shortcuts: "planted" | "absent") => {
    const pairs = preferences(await generatedPreference({ shortcuts }));
    return [...Map.groupBy(pairs, ({ prompt }) => prompt.split(": ").at(-1)).values()].map((asked) => {
      const all = Map.groupBy(
        asked.flatMap(({ better, worse }) => [claimOf(better), claimOf(worse)]),
        (claim) => claim,
      );
      const [first, second] = [...all].sort(([, one], [, other]) => other.length - one.length);
      return {
        right: asked.some(({ better }) => claimOf(better) === first![0]),
        tied: second![1].length === asked.length,
      };
    });
  };
  expect(share((await most("planted")).map(({ right }) => right))).toBeGreaterThan(0.9);
  expect((await most("absent")).every(({ tied }) => tied)).toBe(true);
});

/** The test split's pairs, the better answer told from the worse by the truth. */
function preferences(testbed: Testbed): { prompt: string; better: string; worse: string }[] {
  const truth = openTruth(testbed).labels.test;
  return testbed.splits.test.dataset.inputs.map((input, row) => {
    if (!("first" in input)) throw new Error("not a preference");
    const { prompt, first, second } = input;
    return truth[row] === 0 ? { prompt, better: first, worse: second } : { prompt, better: second, worse: first };
  });
}

/** What an answer says on the matter: the sentence before its remark. */
function claimOf(answer: string): string {
  return answer
    .split(/\.\s*/)
    .filter((sentence) => sentence !== "")
    .at(-2)!;
}

test.each([{}, absent])(
  "maths %j: a solution is right exactly where its final answer solves the problem",
  async (options) => {
    const testbed = await generatedMaths({ ...small, ...options });
    const truth = openTruth(testbed).labels.test;
    for (const [row, input] of testbed.splits.test.dataset.inputs.entries()) {
      if (!("choice" in input)) throw new Error("not a verification");
      expect(finalAnswer(input.choice) === String(solve(input.question)), input.question).toBe(truth[row] === 1);
    }
  },
);

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

  test("the gap of a stated pair is resolved, with shortcuts and without", { timeout: 90_000 }, async () => {
    await using trainer = pythonTrainer({ python });
    for (const options of [{}, absent]) {
      const testbed = await generatedMaths({ train_label: 500, train_unlabel: 1500, ...options });
      await using run = experiment({ testbed, trainer, methods: [naive()], seeds: 2 });
      const { rows } = await run.result();
      const [weak, transfer, ceiling] = rows;
      expect(transfer!.pgr).toMatchObject({ status: "ok" });
      expect(ceiling!.accuracyInterval![0]).toBeGreaterThan(weak!.accuracyInterval![1]);
    }
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
