import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  dataset,
  defineTrainer,
  hashedWords,
  type Input,
  linear,
  type Matrix,
  matrix,
  type Rows,
} from "weak-to-strong";
import { rowInputs } from "../../src/data/dataset.js";
import { homePython, projectHome } from "../../src/home.js";
import { doorTools } from "../../src/lab/tools/index.js";
import { describeTool } from "../../src/lab/tools/tool.js";
import { packagePath } from "../../src/package-root.js";
import type { DoorServices } from "../../src/server/app.js";
import { type DoorOptions, openDoor } from "../../src/server/door.js";
import { type Estimates, estimates } from "../../src/server/estimates.js";
import { fairQueue } from "../../src/server/fair-queue.js";
import { type TrainerHelpersOptions, trainerHelpers } from "../../src/server/helpers.js";
import { layInFiles } from "../../src/server/lay-in.js";
import type { LabTestbed } from "../../src/server/testbeds.js";
import type { HelperRecord, TrainerSpent } from "../../src/server/turns.js";
import { texts } from "../fixtures/texts.js";

const words = (input: Input): string[] => Object.values(input).join(" ").split(" ").slice(1);

/** Naive Bayes over words, in closed form: a real trainer that needs no Python, with `predict` and `embed`. */
export function wordTrainer() {
  const kept = new Map<string, Map<string, number[]>>();
  const predicted = (counts: Map<string, number[]>, rows: Rows): Matrix =>
    matrix(
      rowInputs(rows).map((input) => {
        const logits = [0, 0];
        for (const word of words(input)) for (const k of [0, 1]) logits[k]! += Math.log(counts.get(word)?.[k] ?? 1);
        const odds = 1 / (1 + Math.exp(logits[0]! - logits[1]!));
        return [1 - odds, odds];
      }),
    );
  return defineTrainer({
    name: "words",
    capabilities: { losses: ["cross_entropy", "confidence"] },
    async fit({ train, predict }) {
      const counts = new Map<string, number[]>();
      for (const [i, input] of rowInputs(train).entries()) {
        for (const word of words(input)) {
          const count = counts.get(word) ?? [1, 1];
          for (const k of [0, 1]) count[k]! += train.targets.data[2 * i + k]!;
          counts.set(word, count);
        }
      }
      const checkpoint = { id: `words-${kept.size}`, path: "/somewhere/on/the/host" };
      kept.set(checkpoint.id, counts);
      const predictions = Object.fromEntries(Object.entries(predict).map(([k, rows]) => [k, predicted(counts, rows)]));
      return { checkpoint, predictions, cost: { seconds: 2, device: "cpu", tokens: 7, cached: kept.size > 1 } };
    },
    async predict({ checkpoint, rows }) {
      return {
        predictions: predicted(kept.get(checkpoint.id)!, rows),
        cost: { seconds: 1, device: "cpu", tokens: 0 },
      };
    },
    async embed({ rows }) {
      const layers = [matrix(rowInputs(rows).map((input) => [words(input).length, 1]))];
      return { layers, cost: { seconds: 1, device: "cpu", tokens: 0 } };
    },
  });
}

const rows = { train: texts(200, "train"), development: texts(100, "dev") };
const split = (name: keyof typeof rows) => ({
  dataset: dataset(rows[name].map((row) => ({ text: (row as { text: string }).text }))),
  ids: rows[name].map((_, i) => `${name}-${i}`),
});

/** What is true of the development split; nothing of it lies behind the door. */
export const truth = rows.development.map(({ label }) => Number(label));

export const testbed: LabTestbed = {
  name: "words",
  kind: "classification",
  classes: ["no", "yes"],
  train: { ...split("train"), groups: Int32Array.from(rows.train, (_, i) => (i < 10 ? 0 : -1)) },
  development: split("development"),
  seeds: [0, 1],
  // Right in seven of eight.
  weakLabels: (seed) =>
    matrix(
      rows.train.map(({ label }, i) => ((Number(label) + Number((i + seed) % 8 === 0)) % 2 ? [0.2, 0.8] : [0.8, 0.2])),
    ),
  student: linear(hashedWords()),
  models: { small: linear(hashedWords({ buckets: 64 })) },
};

export interface World extends AsyncDisposable {
  readonly socket: string;
  readonly token: string;
  readonly folder: string;
  readonly records: HelperRecord[];
  readonly spent: TrainerSpent[];
  /** Runs Python in an environment like a sandbox's. */
  python(...command: readonly string[]): Promise<{ code: number | null; out: string; err: string }>;
}

export interface WorldOptions {
  readonly agent?: string;
  readonly call?: DoorServices["call"];
  readonly limits?: DoorOptions["limits"];
  readonly helpers?: Partial<TrainerHelpersOptions>;
  readonly learned?: Estimates;
  /** Default: {@link testbed}. */
  readonly testbed?: LabTestbed;
}

/** Tools that only check what they are given; tests that are about tools bring their own. */
const checkedOnly: DoorServices["call"] = async (name, input) => {
  const parsed = doorTools.find((tool) => tool.name === name)!.input.safeParse(input);
  return { content: JSON.stringify({ tool: name, input: parsed.data ?? null }), isError: !parsed.success };
};

/** One agent's door, and a folder with what lies in its sandbox. */
export async function world(options: WorldOptions = {}): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), "w2s-door-"));
  const token = randomUUID();
  const known = options.testbed ?? testbed;
  const [records, spent]: [HelperRecord[], TrainerSpent[]] = [[], []];
  const helpers = trainerHelpers({
    agent: options.agent ?? "agent-1",
    trainer: wordTrainer(),
    testbeds: [known],
    queue: fairQueue({ parallel: 1 }),
    estimates: options.learned ?? estimates(),
    secret: "the lab's own",
    reserve: () => ({ most: 60, settle: (one) => void spent.push(one) }),
    record: (one) => void records.push(one),
    ...options.helpers,
  });
  for (const { path, content } of layInFiles(known, { student: "/models/student" })) {
    mkdirSync(dirname(join(folder, "data", path)), { recursive: true });
    writeFileSync(join(folder, "data", path), content);
  }
  const services = { tools: doorTools.map(describeTool), call: options.call ?? checkedOnly, helpers };
  const door = await openDoor({ socket: join(folder, "door.sock"), token, services, limits: options.limits ?? {} });
  const env = {
    PATH: process.env.PATH,
    PYTHONPATH: packagePath("python"),
    PYTHONDONTWRITEBYTECODE: "1",
    W2S_DOOR: door.socket,
    W2S_TOKEN: token,
    W2S_DATA: join(folder, "data"),
  };
  return {
    socket: door.socket,
    token,
    folder,
    records,
    spent,
    python(...command) {
      const child = spawn(process.env.W2S_PYTHON || homePython(projectHome()), command, { env, cwd: folder });
      const text = { out: "", err: "" };
      child.stdout.on("data", (chunk: Buffer) => (text.out += chunk));
      child.stderr.on("data", (chunk: Buffer) => (text.err += chunk));
      return new Promise((resolve, reject) => {
        child.on("error", reject);
        child.on("close", (code) => resolve({ code, ...text }));
      });
    },
    async [Symbol.asyncDispose]() {
      await door[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
