/*
 * Fine-tuning SmolLM2-135M on Brown sentences: tokens per second against Hugging Face Trainer (+ peft) at equal batches,
 * order, length, precision, optimiser and loss, in alternating runs; and the loss curves side by side.
 *
 *   npm start -- bench/finetune.ts [PAIRS]        default 3
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { brown, type FitResult, huggingFace, oneHot, smollm2 } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const pairs = Number(process.argv[2] ?? 3);
const examples = 256;
const batchSize = 32;
const labels = [" A", " B"];
const python = process.env.W2S_PYTHON ?? process.env.W2S_TEST_PYTHON ?? "python3";

const { splits } = await brown();
const { inputs } = splits.train_unlabel.dataset;
// Labels that can be learned and need no truth: does the sentence have a comma?
const answers = Int32Array.from(inputs.slice(0, examples), (input) =>
  "text" in input && input.text.includes(",") ? 1 : 0,
);

await using trainer = pythonTrainer();
// The worker draws the order of an epoch in this way; the peer gets its rows in it.
const home = process.env.W2S_HOME ?? ".weak-to-strong";
const order = JSON.parse(
  execFileSync(python, [
    "-c",
    `import json, numpy; print(json.dumps(numpy.random.Generator(numpy.random.PCG64(0)).permutation(${examples}).tolist()))`,
  ]).toString(),
) as number[];

interface Side {
  readonly tokensPerSecond: number;
  readonly losses: readonly number[];
}

async function ours(tune: "lora" | "full", learningRate: number): Promise<Side> {
  let tokensPerSecond = 0;
  const result: FitResult = await trainer.fit(
    {
      task: "classify",
      model: huggingFace({ ...smollm2(), tune, labels, optimizer: { learningRate, epochs: 1, batchSize } }),
      classes: 2,
      train: {
        dataset: splits.train_unlabel.dataset,
        indices: Int32Array.from({ length: examples }, (_, i) => i),
        targets: oneHot(answers, 2),
      },
      loss: { name: "cross_entropy" },
      seed: 0,
      predict: {},
      curve: true,
    },
    {
      emit: (event) => {
        if (event.type === "progress" && event.stage === "train" && event.step === event.of)
          tokensPerSecond = event.tokensPerSecond!;
      },
    },
  );
  return { tokensPerSecond, losses: [...result.curve!] };
}

const folder = mkdtempSync(join(tmpdir(), "w2s-bench-"));
function theirs(tune: "lora" | "full", learningRate: number, careful: boolean): Side {
  const data = join(folder, "data.json");
  const steps = examples / batchSize;
  const settings = { batchSize, learningRate, labels, warmupSteps: Math.ceil(steps * 0.1) };
  const texts = order.map((row) => (inputs[row] as { text: string }).text);
  writeFileSync(data, JSON.stringify({ texts, labels: order.map((row) => answers[row]), settings }));
  const models = join(home, "cache", "models");
  const model = readdirSync(models).find((name) => name.includes("-causal-transformers-"))!;
  const peer = [
    "bench/finetune_peer.py",
    ...["--model", join(models, model), "--data", data, "--tune", tune],
    ...["--threads", String(availableParallelism()), ...(careful ? ["--careful"] : [])],
  ];
  const lines = execFileSync(python, peer, { stdio: ["ignore", "pipe", "ignore"] })
    .toString()
    .trim()
    .split("\n");
  const { seconds, tokens, losses } = JSON.parse(lines.at(-1)!) as {
    seconds: number;
    tokens: number;
    losses: number[];
  };
  return { tokensPerSecond: tokens / seconds, losses };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
const shown = (values: readonly number[]): string =>
  `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)})`;

console.log(`${examples} sentences, batches of ${batchSize}, ${pairs} alternating runs, tokens per second\n`);
console.log(
  "| tune | ours | Trainer | Trainer, left-padded, one logit row | ratio | ratio to the latter | largest difference of the loss |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
await ours("lora", 1e-4); // loads and warms
for (const [tune, learningRate] of [
  ["lora", 1e-4],
  ["full", 2e-5],
] as const) {
  const runs = { ours: [] as Side[], plain: [] as Side[], careful: [] as Side[] };
  for (let pair = 0; pair < pairs; pair++) {
    runs.ours.push(await ours(tune, learningRate));
    runs.plain.push(theirs(tune, learningRate, false));
    runs.careful.push(theirs(tune, learningRate, true));
  }
  const speeds = (side: Side[]): number[] => side.map(({ tokensPerSecond }) => tokensPerSecond);
  const ratios = (side: Side[]): number[] => runs.ours.map((run, i) => run.tokensPerSecond / side[i]!.tokensPerSecond);
  const off = Math.max(...runs.ours[0]!.losses.map((loss, i) => Math.abs(loss - runs.plain[0]!.losses[i]!)));
  console.log(
    `| ${tune} | ${shown(speeds(runs.ours))} | ${shown(speeds(runs.plain))} | ${shown(speeds(runs.careful))} | ${median(ratios(runs.plain)).toFixed(2)} | ${median(ratios(runs.careful)).toFixed(2)} | ${off.toFixed(3)} |`,
  );
}
rmSync(folder, { recursive: true });
