// A language model as the student: what SmolLM2 says before any training, and what LoRA makes of weak labels. Small, so that
// it ends within a minute on two cores: too small for a PGR, which it says.
//
//   npm start examples/llm-student.ts
import assert from "node:assert/strict";
import { brown, experiment, hashedWords, huggingFace, linear, naive, named, smollm2 } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const student = huggingFace({
  ...smollm2(),
  tune: "lora", // the default; "head" and "full" are the others
  prompt: "{text}\nIs this from a novel or from the news? It is from the",
  labels: [" news", " novel"],
  maxTokens: 96,
  optimizer: { epochs: 1, batchSize: 16, learningRate: 5e-4 },
});

/** A method of one's own: naive, and on the way what the pretrained model says without any training. */
const naiveAndAsked = named("naive-and-asked", async (context) => {
  const { logProbabilities } = await context.score({ prompt: student.prompt!, continuations: student.labels! });
  const margins = Array.from({ length: logProbabilities.rows }, (_, i) => {
    const [news, novel] = logProbabilities.data.subarray(2 * i, 2 * i + 2) as unknown as [number, number];
    return novel - news;
  });
  console.log("before training, log P(novel) - log P(news) of three sentences:", margins.slice(0, 3));
  const fitted = await context.fit({ targets: context.weakLabels, curve: true });
  console.log("LoRA, the loss of each step:", Array.from(fitted.curve!, (loss) => loss.toFixed(2)).join(" "));
  return fitted;
});

await using trainer = pythonTrainer();
await using run = experiment({
  testbed: await brown({ sizes: { train_label: 400, train_unlabel: 32, test: 24 } }),
  trainer,
  teacher: linear(hashedWords()),
  student,
  methods: [naive(), naiveAndAsked],
  seeds: 1,
});
const results = await run.result();
console.log(results);

// The same fit, asked for twice, was made once; its checkpoint is a folder that peft opens.
const [one, other] = ["naive", "naive-and-asked"].map((name) => results.rows.find(({ method }) => method === name)!);
assert.equal(one!.error ?? other!.error, undefined);
assert.equal(one!.accuracy, other!.accuracy);
const { checkpoint } = results.runs.find(({ method }) => method === "ceiling")!;
console.log("adapters of the ceiling, for peft:", checkpoint!.path);
