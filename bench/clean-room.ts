/*
 * What the clean room costs: the naive method through `room.run` (two sandboxes in bubblewrap, each with its own Python) and
 * plainly (the same two processes of Python, no sandbox), over one warm trainer, in interleaved pairs. Each run has a
 * seed of its own, so that nothing is answered from a cache. A fit of one epoch shows what the room costs whatever the
 * fit; one of about ten seconds on an idle core what that is in proportion.
 *
 *   npm start bench/clean-room.ts
 */
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dataset, hashedWords, linear, type Matrix, snapshot } from "weak-to-strong";
import { bubblewrap } from "weak-to-strong/sandboxes/bubblewrap";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { sandboxedRoom } from "../src/clean-rooms/sandboxed.js";
import { pythonStage } from "../src/clean-rooms/stage.js";
import { homePython, projectHome } from "../src/home.js";
import { packagePath } from "../src/package-root.js";
import { openDoor } from "../src/server/door.js";
import { estimates } from "../src/server/estimates.js";
import { fairQueue } from "../src/server/fair-queue.js";
import { trainerHelpers } from "../src/server/helpers.js";
import { layInFiles } from "../src/server/lay-in.js";

const rows = 5_000;
const sizes = { short: { epochs: 1, pairs: 9 }, long: { epochs: 1_000, pairs: 5 } } as const;
type Size = keyof typeof sizes;
const words = ["river", "stone", "moss", "otter", "reed", "heron", "ledger", "tariff", "broker", "audit"];

const naive =
  "def fit(context):\n    name = context.fit(context.weak).checkpoint\n    (context.folder / 'c').write_text(name)\n\n\ndef predict(context, inputs):\n    return context.predict((context.folder / 'c').read_text(), inputs)\n";

const inputs = Array.from({ length: rows }, (_, i) => ({
  text: `${i} ${Array.from({ length: 12 }, (_, k) => words[(i * 7 + k * (i % 11)) % words.length]).join(" ")}`,
}));
const part = (from: number, to: number) => {
  const chosen = inputs.slice(from, to);
  return { dataset: dataset(chosen), ids: chosen.map((_, i) => `${from + i}`) };
};
const [train, test] = [part(0, 4_000), part(4_000, rows)];
const weakLabels: Matrix = {
  rows: 4_000,
  columns: 2,
  data: Float32Array.from({ length: 8_000 }, (_, j) => (((j >> 1) * 7) % 10 < 5 === (j % 2 === 0) ? 0.9 : 0.1)),
};
const commonOf = (name: Size) => ({
  ...{ name, kind: "classification" as const, classes: ["no", "yes"], train, models: {} },
  student: linear(hashedWords({ buckets: 512 }), { epochs: sizes[name].epochs }),
});

const python = process.env.W2S_PYTHON || homePython(projectHome());
const folder = await mkdtemp(join(tmpdir(), "w2s-"));
await using trainer = pythonTrainer({ store: join(folder, "store") });
await using provider = bubblewrap();
await using room = sandboxedRoom({
  ...{ dir: join(folder, "room"), provider, trainer, stage: await pythonStage(python, true) },
  testbeds: (["short", "long"] as const).map((name) => ({ ...commonOf(name), test: test.dataset })),
});
const code = snapshot([{ path: "method.py", executable: false, content: Buffer.from(naive) }]);

async function clean(size: Size, seed: number): Promise<number> {
  const started = performance.now();
  const done = await room.run({
    code: { type: "program", snapshot: code, file: "method.py" },
    ...{ testbed: size, seed, weakLabels },
    rows: Int32Array.from(test.ids.keys()),
  });
  if (done.status === "failed") throw new Error(done.detail);
  return (performance.now() - started) / 1000;
}

/** The same two functions where nothing is isolated, through a door of the same kind. */
async function plain(size: Size, seed: number): Promise<number> {
  const own = await mkdtemp(join(folder, "plain-"));
  const testbed = { ...commonOf(size), development: test, seeds: [seed], weakLabels: () => weakLabels };
  const started = performance.now();
  for (const { path, content } of layInFiles(testbed)) {
    await mkdir(dirname(join(own, path)), { recursive: true });
    await writeFile(join(own, path), content);
  }
  await writeFile(join(own, "method.py"), naive);
  const token = "0123456789abcdef";
  await using _ = await openDoor({
    socket: join(own, "door.sock"),
    token,
    services: {
      tools: [],
      call: async () => ({ content: "", isError: true }),
      helpers: trainerHelpers({
        ...{ agent: "bench", trainer, testbeds: [testbed], secret: "a secret of the bench", estimates: estimates() },
        queue: fairQueue({ parallel: 1 }),
        reserve: () => ({ most: 3600, settle: () => undefined }),
        record: () => undefined,
      }),
    },
  });
  const env = {
    ...{ PATH: process.env.PATH, PYTHONPATH: packagePath("python"), PYTHONDONTWRITEBYTECODE: "1" },
    ...{ W2S_DOOR: join(own, "door.sock"), W2S_TOKEN: token, W2S_DATA: own },
  };
  await mkdir(join(own, "folder"));
  const step = { method: join(own, "method.py"), testbed: size, seed, examples: null, seconds: null };
  for (const phase of ["fit", "predict"]) {
    const written = { ...step, function: phase, folder: join(own, "folder"), out: join(own, "out.npy") };
    await writeFile(join(own, "step.json"), JSON.stringify(written));
    const child = spawn(python, ["-m", "w2s_trainer.lab.step", join(own, "step.json")], { env, stdio: "ignore" });
    const exit = await new Promise((resolve) => child.on("close", resolve));
    if (exit !== 0) throw new Error(`${phase} ended with ${exit}`);
  }
  return (performance.now() - started) / 1000;
}

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number => sorted(values)[Math.round(q * (values.length - 1))]!;
const line = (name: string, values: readonly number[], unit: string): void =>
  console.log(
    `${name.padEnd(22)} median ${quantile(values, 0.5).toFixed(3)}${unit} (${quantile(values, 0).toFixed(3)} to ${quantile(values, 1).toFixed(3)})`,
  );

try {
  await plain("short", 1); // starts the worker, extracts the features
  for (const [size, { epochs, pairs }] of Object.entries(sizes) as [Size, (typeof sizes)[Size]][]) {
    const [rooms, plains]: [number[], number[]] = [[], []];
    for (let pair = 0; pair < pairs; pair++) {
      // Whoever goes first alternates, so that a machine that warms up or slows down favours nobody.
      for (const first of pair % 2 === 0 ? [true, false] : [false, true]) {
        if (first) rooms.push(await clean(size, 100 + pair));
        else plains.push(await plain(size, 100 + pair));
      }
    }
    console.log(`${rows} texts, ${epochs} epochs, ${pairs} pairs`);
    line("clean room", rooms, " s");
    line("no sandbox", plains, " s");
    const each = (combine: (room: number, plain: number) => number): number[] =>
      rooms.map((seconds, pair) => combine(seconds, plains[pair]!));
    line(
      "difference",
      each((room, plain) => room - plain),
      " s",
    );
    line(
      "ratio",
      each((room, plain) => room / plain),
      "",
    );
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
