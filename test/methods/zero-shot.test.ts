import { expect, test } from "vitest";
import {
  argmax,
  emPosterior,
  huggingFace,
  type Input,
  type MethodContext,
  matrix,
  zeroShotElicitation,
} from "weak-to-strong";
import { random } from "../../src/data/random.js";
import { accuracyOf, fitOf, gaussian } from "./context.js";

/** A language model that holds class 1 likelier than class 0 by `margin`. */
function saying(
  inputs: readonly Input[],
  margin: (input: Input, index: number) => number,
  asked: unknown[] = [],
): MethodContext["score"] {
  return async (options = {}) => {
    asked.push(options);
    const { inputs: given = inputs } = options;
    const logProbabilities = matrix(given.map((input, i) => [-5, -5 + margin(input, i)]));
    return { logProbabilities, tokens: matrix(given.map(() => [1, 1])), cost: { seconds: 0, device: "", tokens: 0 } };
  };
}

const uniform = random("margins");
const margins = Array.from({ length: 200 }, () => gaussian(uniform) + 3); // this model prefers class 1, whatever is asked
const texts = margins.map((_, i) => ({ id: `${i}`, input: { text: `${i}` } }));
const sentiment = { prompt: "{text}\nSentiment:", continuations: [" negative", " positive"] };

test("labels are one-hot, exactly balanced, in the order of the margins, and need no weak label", async () => {
  const asked: unknown[] = [];
  const { targets } = await fitOf(zeroShotElicitation(sentiment), {
    examples: texts,
    weakLabels: matrix([]),
    score: saying(
      texts.map(({ input }) => input),
      (_, i) => margins[i]!,
      asked,
    ),
  });
  const labels = argmax(targets);
  expect(asked).toEqual([sentiment]);
  expect(labels.filter(Boolean)).toHaveLength(100);
  const of = (label: number) => margins.filter((_, i) => labels[i] === label);
  expect(Math.min(...of(1))).toBeGreaterThan(Math.max(...of(0)));
});

test("of a model that knows but leans to one class, balanced labels beat its own argmax and the weak labels", async () => {
  const draw = random("leaning");
  const truth = Int32Array.from({ length: 2000 }, () => (draw() < 0.5 ? 1 : 0));
  // Two unit Gaussians two apart tell 84% of the classes apart; 3 is what the model adds for class 1.
  const known = Array.from(truth, (y) => 2 * y - 1 + gaussian(draw) + 3);
  const weakLabels = matrix(Array.from(truth, (y) => (draw() < 0.7 === (y === 1) ? [0.2, 0.8] : [0.8, 0.2])));
  const examples = Array.from(truth, (_, i) => ({ id: `${i}`, input: { text: `${i}` } }));
  const inputs = examples.map(({ input }) => input);
  const { targets } = await fitOf(zeroShotElicitation(sentiment), {
    examples,
    weakLabels,
    score: saying(inputs, (_, i) => known[i]!),
  });
  const found = accuracyOf(targets, truth);
  expect(found).toBeGreaterThan(accuracyOf(matrix(known.map((margin) => (margin > 0 ? [0, 1] : [1, 0]))), truth) + 0.2);
  expect(found).toBeGreaterThan(accuracyOf(weakLabels, truth) + 0.08);
  expect(found).toBeCloseTo(0.84, 1);
});

test("what a template leaves out is the fine-tuned student's own prompt, labels and chat", async () => {
  const own = { prompt: "{text}\nMood:", labels: [" bad", " good"], chat: true };
  const askedBy = async (
    method: ReturnType<typeof zeroShotElicitation>,
    options: Omit<Parameters<typeof huggingFace>[0], "id">,
    kind: MethodContext["kind"] = "classification",
  ) => {
    const asked: unknown[] = [];
    const score = saying(
      texts.map(({ input }) => input),
      (_, i) => margins[i]!,
      asked,
    );
    const weakLabels = matrix(margins.map((margin) => (margin > 3 ? [0.4, 0.6] : [0.6, 0.4])));
    const student = huggingFace({ id: "some/model", ...options });
    await fitOf(method, { examples: texts, weakLabels, kind, student, score });
    return asked;
  };
  const whole = { prompt: own.prompt, continuations: own.labels, chat: true };
  expect(await askedBy(zeroShotElicitation(), own)).toEqual([whole]);
  expect(await askedBy(emPosterior({ rounds: 1 }), own)).toEqual([whole]);
  expect(await askedBy(zeroShotElicitation(sentiment), own)).toEqual([{ ...sentiment, chat: true }]);
  expect(await askedBy(zeroShotElicitation({ chat: false }), own)).toEqual([{ ...whole, chat: false }]);
  expect(await askedBy(zeroShotElicitation({ prompt: "{text}?" }), own)).toEqual([{ ...whole, prompt: "{text}?" }]);
  // Of a kind that has a form of its own, that form, as a chat where the student is one.
  expect(await askedBy(zeroShotElicitation(), {}, "verification")).toEqual([{}]);
  const ways = await askedBy(emPosterior({ rounds: 1 }), { chat: true }, "verification");
  expect(ways).toHaveLength(3);
  for (const way of ways) expect(way).toMatchObject({ chat: true });
  await expect(askedBy(zeroShotElicitation(), { chat: true })).rejects.toThrow(/found no prompt/);
});

test("names tell ways of asking apart", () => {
  const names = [
    zeroShotElicitation(),
    zeroShotElicitation(sentiment),
    zeroShotElicitation({ ...sentiment, prompt: "{text}" }),
    zeroShotElicitation({ ...sentiment, chat: true }),
    zeroShotElicitation({ chat: true }),
    zeroShotElicitation({ chat: false }),
    emPosterior(),
    emPosterior({ templates: [sentiment] }),
    emPosterior({ templates: [{}] }),
    emPosterior({ templates: [sentiment, {}], rounds: 1 }),
  ].map(({ methodName }) => methodName!);
  expect(new Set(names).size).toBe(names.length);
  expect(names.map((name) => name.replace(/#[0-9a-f]{4}/, "#"))).toEqual([
    "zero-shot-elicitation",
    "zero-shot-elicitation(template=#)",
    "zero-shot-elicitation(template=#)",
    "zero-shot-elicitation(template=#, chat)",
    "zero-shot-elicitation(chat)",
    "zero-shot-elicitation(chat=false)",
    "em-posterior",
    "em-posterior(templates=1#)",
    "em-posterior(templates=1#)",
    "em-posterior(templates=2#, rounds=1)",
  ]);
  expect(zeroShotElicitation(sentiment).methodName).toBe(zeroShotElicitation({ ...sentiment }).methodName);
});

test("choices of one group with the same answer are right or wrong together, and one answer at most is right", async () => {
  const answers = ["7", "7", "8", undefined];
  const examples = texts.map(({ id }, i) => ({
    id,
    input: { question: `${Math.floor(i / 4)}`, choice: `${i}` },
    group: Math.floor(i / 4),
    ...(answers[i % 4] && { answer: answers[i % 4]! }),
  }));
  const { targets } = await fitOf(zeroShotElicitation(), {
    kind: "verification",
    examples,
    score: saying(
      examples.map(({ input }) => input),
      (_, i) => margins[i]!,
    ),
  });
  const labels = argmax(targets);
  for (let first = 0; first < examples.length; first += 4) {
    expect(labels[first]).toBe(labels[first + 1]);
    expect(labels[first]! + labels[first + 2]!).toBeLessThan(2);
    const [one, two, other] = margins.slice(first, first + 3) as [number, number, number];
    if (labels[first]) expect((one + two) / 2).toBeGreaterThan(other);
    if (labels[first + 2]) expect(other).toBeGreaterThanOrEqual((one + two) / 2);
  }
  expect(labels.filter(Boolean).length).toBeGreaterThanOrEqual(99);
  expect(labels.filter(Boolean).length).toBeLessThanOrEqual(101);
});

test("a preference's labels turn round when all inputs are swapped, whatever the model thinks of positions", async () => {
  const merit = new Map(margins.map((margin, i) => [`${i}`, margin]));
  const examples = Array.from({ length: 100 }, (_, i) => ({
    id: `${i}`,
    input: { prompt: "?", first: `${i}`, second: `${i + 100}` },
  }));
  const labelsOf = async (inputs: readonly Extract<Input, { prompt: string }>[]) => {
    const { targets } = await fitOf(zeroShotElicitation(), {
      kind: "preference",
      examples: inputs.map((input, i) => ({ id: `${i}`, input })),
      score: saying(inputs, (input) => {
        const { first, second } = input as Extract<Input, { prompt: string }>;
        return merit.get(second)! - merit.get(first)! + 4; // it likes what stands second
      }),
    });
    return argmax(targets);
  };
  const inputs = examples.map(({ input }) => input);
  const labels = await labelsOf(inputs);
  const swapped = await labelsOf(inputs.map(({ prompt, first, second }) => ({ prompt, first: second, second: first })));
  expect(Array.from(swapped)).toEqual(Array.from(labels, (label) => 1 - label));
  expect(labels.filter(Boolean)).toHaveLength(50);
  // The half with the largest difference in merit: no trace of the position's bonus.
  const difference = inputs.map(({ first, second }) => merit.get(second)! - merit.get(first)!);
  const cut = [...difference].sort((a, b) => b - a)[49]!;
  expect(Array.from(labels)).toEqual(difference.map((value) => (value >= cut ? 1 : 0)));
});

test("what cannot be asked is refused, with what to write", async () => {
  const parts = { examples: texts };
  expect(() => zeroShotElicitation({ promt: "{text}" } as never)).toThrow(
    'zeroShotElicitation: unknown option "promt"; it has prompt, continuations, chat.',
  );
  await expect(fitOf(zeroShotElicitation(), parts)).rejects.toThrow(
    /prompt and continuations: expected both.* found no prompt.*class 0 first/,
  );
  // What an error advises is what the method takes.
  const advised = async (method: ReturnType<typeof zeroShotElicitation>) => {
    const { message } = (await fitOf(method, parts).catch((error) => error)) as Error;
    return new Function(`return ${message.match(/For example (.*), class 0 first\.$/)![1]}`)();
  };
  expect(zeroShotElicitation(await advised(zeroShotElicitation())).methodName).toMatch(/template=/);
  expect(emPosterior(await advised(emPosterior())).methodName).toMatch(/templates=1/);
  await expect(fitOf(zeroShotElicitation({ prompt: "{text}" }), parts)).rejects.toThrow(/found no continuations/);
  await expect(fitOf(zeroShotElicitation({ ...sentiment, continuations: ["a"] }), parts)).rejects.toThrow(
    /continuations: expected 2, one a class, found 1/,
  );
  await expect(fitOf(zeroShotElicitation(sentiment), { ...parts, classes: 3 })).rejects.toMatchObject({
    code: "unsupported",
  });
});
