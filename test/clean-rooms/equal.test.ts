import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { digits, experiment, linear, type Matrix, named, patches, pixels } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { program } from "../../src/clean-rooms/program.js";
import { parseNpy } from "../../src/data/npy.js";
import { packagePath } from "../../src/package-root.js";
import { everythingOf } from "../../src/server/testbeds.js";
import { world } from "../server/world.js";
import { bench, codeOf } from "./bench.js";

/** A ridge probe on the student's features, in numpy. */
const probe = `
import numpy as np

def features(context, inputs):
    (states,) = context.embed(inputs)
    return np.hstack([states, np.ones((len(states), 1))])

def fit(context):
    x = features(context, context.inputs)
    np.save(context.folder / "probe.npy", np.linalg.solve(x.T @ x + np.eye(x.shape[1]), x.T @ context.weak))

def predict(context, inputs):
    scores = np.clip(features(context, inputs) @ np.load(context.folder / "probe.npy"), 0.01, 1)
    return scores / scores.sum(axis=1, keepdims=True)
`;

test("a method.py predicts the same, bit for bit, in an experiment, in an agent's sandbox and in the clean room", async () => {
  const folder = mkdtempSync(join(tmpdir(), "w2s-equal-"));
  try {
    writeFileSync(join(folder, "probe.py"), probe);
    copyFileSync(packagePath("python", "w2s_trainer", "lab", "baselines", "naive.py"), join(folder, "naive.py"));
    const files = ["probe.py", "naive.py"] as const;
    const source = await digits();
    await using trainer = pythonTrainer({ store: join(folder, "store"), devices: ["cpu"] });
    const [seed, found] = [3, new Map<string, Matrix>()];
    let weakLabels: Matrix | undefined;
    const kept = files.map((file) => {
      const method = program({ file: join(folder, file) });
      return named(file, async (context) => {
        weakLabels = context.weakLabels;
        const result = await method(context);
        found.set(file, result.predictions.test);
        return result;
      });
    });
    // The features are learned from the testbed's inputs: what they are must not depend on who asks, and where.
    const student = linear(patches({ centroids: 16 }), { epochs: 5 });
    const teacher = linear(pixels(), { epochs: 5 });
    const measuring = { testbed: source, trainer, teacher, teacherExamples: 60, student };
    await using measured = experiment({ ...measuring, methods: kept, seeds: [seed] });
    const { rows } = (await measured.result()).record;
    expect(rows.map(({ error }) => error).filter(Boolean)).toEqual([]);

    const { train_unlabel: train, test: asked } = source.splits;
    const everything = everythingOf(train.dataset, asked.dataset);
    const common = { name: "digits", kind: source.kind, classes: source.classes, train, student };
    await using agent = await world({
      helpers: { trainer },
      testbed: {
        ...common,
        ...{ development: asked, everything, seeds: [seed], models: {} },
        weakLabels: () => weakLabels!,
      },
    });
    await using here = await bench({
      trainer,
      testbeds: [{ ...common, models: {}, test: asked.dataset }],
      seconds: { fit: 120, predict: 120 },
    });
    for (const file of files) {
      const code = readFileSync(join(folder, file), "utf8");
      const [inRoom, done] = await Promise.all([
        here.run(codeOf(code), {
          ...{ testbed: "digits", seed, weakLabels: weakLabels! },
          rows: Int32Array.from(asked.ids.keys()),
        }),
        agent.python("-m", "w2s_trainer.lab", "run", join(folder, file), "--out", "p.npz"),
      ]);
      expect(done).toMatchObject({ code: 0, err: "" });
      await agent.python("-c", `import numpy; numpy.save("p.npy", numpy.load("p.npz")["${seed}"])`);
      const inSandbox = parseNpy(readFileSync(join(agent.folder, "p.npy")));
      expect(inRoom).toMatchObject({ status: "ok" });
      expect((inRoom as { predictions: Matrix }).predictions).toEqual(found.get(file));
      expect(inSandbox).toEqual(found.get(file));
    }
    expect(found.get("probe.py")).not.toEqual(found.get("naive.py"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 180_000);
