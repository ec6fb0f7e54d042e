/**
 * A sweep against openai/weak-to-strong's own `sweep.py`, in one run: two models, two losses, seeds; the same model files,
 * sentences, batch size and epochs. Prints seconds run by run and the ratios.
 *
 *   npm start bench/openai-sweep.ts CHECKOUT PYTHON SENTENCES [SEEDS]
 *
 * CHECKOUT: a clone of openai/weak-to-strong (measured at 6b450f2). It is copied, and the copy gets two model names and one
 * data set name. PYTHON: an interpreter with what their pyproject.toml asks for, so transformers 4.36 (newer ones cannot
 * save their model), numpy below 2, pyarrow below 21; torch as ours. SENTENCES: a folder with train_unlabel.jsonl and
 * test.jsonl of lines {text, label}. Ours is what `npm start` sets up.
 *
 * Without a GPU, bench/openai_shim.py answers what their code asks of CUDA. They are run with
 * `--minibatch_size_per_device 32`, which says of itself that it changes no result: their default of 1 is slower.
 */
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { confidenceAsReleased, createTestbed, huggingFace, naive, sweep } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const [checkout, python, sentences, seedCount = "2"] = process.argv.slice(2);
if (!checkout || !python || !sentences)
  throw new Error("usage: bench/openai-sweep.ts CHECKOUT PYTHON SENTENCES [SEEDS]");
const workerPython = process.env.W2S_PYTHON ?? process.env.W2S_TEST_PYTHON ?? "python3";
const seeds = Array.from({ length: Number(seedCount) }, (_, seed) => seed);
const losses = ["xent", "logconf"];
const half = 256;
const epochs = 2;
const learningRate = 5e-5;

const folder = mkdtempSync(join(tmpdir(), "w2s-openai-"));
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const pathOf = (model: string): string => join(folder, "models", model);
const rows = (name: string, from: number, to: number) =>
  readFileSync(resolve(sentences, name), "utf8").split("\n").slice(from, to);
interface Sentence {
  readonly text: string;
  readonly label: number;
}

/** A copy of their code that knows our model folders and sentences. */
function prepareTheirs(): string {
  const copy = join(folder, "theirs");
  cpSync(resolve(checkout!), copy, { recursive: true });
  insertBefore(
    join(copy, "train_simple.py"),
    "MODELS_DICT: Dict[str, ModelConfig] = {",
    `MODEL_CONFIGS += [${["small", "large"].map((name) => `ModelConfig(name=${JSON.stringify(pathOf(name))}, default_lr=${learningRate}, eval_batch_size=32)`).join(", ")}]\n`,
  );
  insertBefore(
    join(copy, "weak_to_strong", "datasets.py"),
    "VALID_DATASETS: list[str] = list(_REGISTRY.keys())",
    `register_dataset("bench", DatasetConfig(
    loader=lambda split: HfDataset.from_json(${JSON.stringify(folder)} + f"/{split}.jsonl"),
    formatter=lambda ex, rng: dict(txt=ex["text"], hard_label=ex["label"]),
))\n`,
  );
  writeFileSync(join(folder, "train.jsonl"), rows("train_unlabel.jsonl", 0, 2 * half).join("\n"));
  writeFileSync(join(folder, "test.jsonl"), rows("test.jsonl", 0, half).join("\n"));
  mkdirSync(join(folder, "shim"));
  cpSync(beside("openai_shim.py"), join(folder, "shim", "sitecustomize.py"));
  return copy;
}

function insertBefore(file: string, anchor: string, text: string): void {
  const code = readFileSync(file, "utf8");
  if (code.split(anchor).length !== 2)
    throw new Error(`${file} has no line "${anchor}": another version of their code?`);
  writeFileSync(file, code.replace(anchor, text + anchor));
}

/** Seconds of each train_simple.py that their sweep.py starts, in its order. */
async function theirs(copy: string, loss: string, seed: number): Promise<number[]> {
  const options = {
    model_sizes: ["small", "large"].map(pathOf).join(","),
    ds_name: "bench",
    loss,
    seed,
    epochs,
    n_docs: 2 * half,
    n_test_docs: half,
    minibatch_size_per_device: 32,
    results_folder: join(folder, "results"),
  };
  const child = spawn(python!, ["sweep.py", ...Object.entries(options).map(([key, value]) => `--${key}=${value}`)], {
    cwd: copy,
    env: { ...process.env, HF_HUB_OFFLINE: "1", PYTHONPATH: join(folder, "shim"), PYTHONUNBUFFERED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const ends: number[] = [];
  const started = performance.now();
  createInterface(child.stderr).on("line", (line) => said.push(line));
  createInterface(child.stdout).on("line", (line) => {
    // The last thing that a run prints.
    if (line.startsWith("accuracy:")) ends.push((performance.now() - started) / 1000);
  });
  const [code] = await new Promise<[number | null]>((done) => child.on("close", (code) => done([code])));
  if (code !== 0) throw new Error(`their sweep.py ended with ${code}:\n${said.slice(-30).join("\n")}`);
  return ends.map((end, i) => end - (ends[i - 1] ?? 0));
}

/** Our sweep from a cold start, worker and all, with nothing kept from before. */
async function ours(): Promise<{ seconds: number; fits: [name: string, seconds: number][]; text: string }> {
  const read = (name: string, from: number, to: number): Sentence[] =>
    rows(name, from, to).map((line) => JSON.parse(line) as Sentence);
  process.env.W2S_HOME = join(folder, "home");
  const started = performance.now();
  const testbed = await createTestbed({
    name: "bench",
    train_label: read("train_unlabel.jsonl", 0, half),
    train_unlabel: read("train_unlabel.jsonl", half, 2 * half),
    test: read("test.jsonl", 0, half),
  });
  const model = (name: string) =>
    huggingFace({
      path: pathOf(name),
      tune: "full",
      optimizer: { learningRate, epochs, batchSize: 32 },
      prompt: "{text}",
      labels: [" negative", " positive"],
    });
  await using trainer = pythonTrainer();
  await using run = sweep({
    testbed,
    trainer,
    models: { small: model("small"), large: model("large") },
    methods: [naive(), confidenceAsReleased()],
    seeds,
  });
  const fits: [string, number][] = [];
  for await (const event of run) {
    if (event.type === "fit") fits.push([`${event.method}, seed ${event.seed}`, event.seconds]);
    if (event.type === "unit-failed" || event.type === "pair-failed") throw new Error(event.error);
  }
  const results = await run.result();
  await trainer[Symbol.asyncDispose]();
  return { seconds: (performance.now() - started) / 1000, fits, text: String(results) };
}

/** CPU seconds of this process and of all children that have ended (Linux): steadier than the clock on a shared machine. */
function cpuSeconds(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]!.split(" ").map(Number);
  // utime, stime, cutime, cstime, in hundredths
  return fields.slice(11, 15).reduce((a, b) => a + b) / 100;
}

const shown = (value: number): string => value.toFixed(1).padStart(7);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

try {
  const made = spawnSync(workerPython, [beside("openai_models.py"), join(folder, "models")], {
    encoding: "utf8",
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
  });
  if (made.status !== 0) throw new Error(made.stderr);
  const copy = prepareTheirs();
  const parts = ["truth, small", "truth, large", "small to small", "small to large", "large to large"];
  /** What a PGR of small to large needs, and so what ours runs too. */
  const needed = (loss: string, part: string): boolean =>
    loss === "xent" ? !/^(\w+) to \1$/.test(part) : part === "small to large";

  const before = cpuSeconds();
  const mine = await ours();
  const cpuOurs = cpuSeconds() - before;
  console.log(
    `${made.stdout}\nours: ${mine.fits.length} fits in ${mine.seconds.toFixed(1)} s, ${cpuOurs.toFixed(1)} s of CPU`,
  );
  for (const [name, seconds] of mine.fits) console.log(`${shown(seconds)} s  ${name}`);

  let [all, equal, runs, equalRuns] = [0, 0, 0, 0];
  const between = cpuSeconds();
  for (const seed of seeds) {
    for (const loss of losses) {
      const seconds = await theirs(copy, loss, seed);
      console.log(
        `theirs: sweep.py --loss=${loss} --seed=${seed}: ${seconds.length} runs in ${sum(seconds).toFixed(1)} s`,
      );
      for (const [i, one] of seconds.entries()) {
        const counts = needed(loss, parts[i]!);
        console.log(`${shown(one)} s  ${parts[i]}${counts ? "" : " (no part of a PGR)"}`);
        all += one;
        runs++;
        if (counts) [equal, equalRuns] = [equal + one, equalRuns + 1];
      }
    }
  }
  const cpuTheirs = cpuSeconds() - between;
  const times = (value: number, own: number): string => `${(value / own).toFixed(1)} times as fast`;
  console.log(`${mine.text}

whole sweep: theirs ${runs} runs, ${all.toFixed(1)} s; ours ${mine.fits.length} fits, ${mine.seconds.toFixed(1)} s: ${times(all, mine.seconds)}
in CPU seconds: theirs ${cpuTheirs.toFixed(1)}, ours ${cpuOurs.toFixed(1)}: ${times(cpuTheirs, cpuOurs)}
the ${equalRuns} runs that both need: theirs ${equal.toFixed(1)} s: ${times(equal, mine.seconds)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
