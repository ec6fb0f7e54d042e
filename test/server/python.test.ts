import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { packagePath } from "../../src/package-root.js";
import { truth, type World, world } from "./world.js";

/** Runs a script and gives what it printed, as JSON. */
async function script(at: World, code: string): Promise<unknown> {
  const { code: exit, out, err } = await at.python("-c", `import json\nfrom w2s_trainer import lab\n${code}`);
  expect(err).toBe("");
  expect(exit).toBe(0);
  return JSON.parse(out);
}

const baseline = (name: string): string => packagePath("python", "w2s_trainer", "lab", "baselines", `${name}.py`);

test("a program in the sandbox loads the testbed, trains, predicts and is quoted a price", async () => {
  await using here = await world();
  const found = await script(
    here,
    `
data = lab.load()
before = lab.quote(epochs=1)
fitted = lab.fit(data.weak(0), loss={"name": "confidence", "alpha": 0.5}, epochs=1, predict=["train", "development"],
                 predict_inputs=data.train.inputs[:3])
trial = lab.fit(data.weak(1), examples=50, seed=1)
again = lab.predict(fitted.checkpoint)
own = lab.predict(fitted.checkpoint, data.development.inputs[:7])
print(json.dumps({
  "testbeds": lab.testbeds(), "classes": data.classes, "models": {k: str(v) for k, v in data.models.items()},
  "ids": [data.train.ids[0], data.development.ids[99]], "groups": data.train.groups[9:11], "answers": data.train.answers,
  "shapes": [list(value.shape) for value in fitted.predictions.values()], "same": bool((again == fitted.predictions["development"]).all()),
  "own": list(own.shape), "embedded": [list(layer.shape) for layer in lab.embed(rows=data.weak(0)[:, 1] > 0.5)],
  "before": before, "after": lab.quote(examples=100, epochs=1, seeds=3), "cost": fitted.cost, "predictions": again.tolist(),
}))`,
  );
  const { predictions, embedded, ...rest } = found as { predictions: number[][]; embedded: number[][] };
  expect(rest).toEqual({
    testbeds: ["words"],
    classes: ["no", "yes"],
    models: { student: "/models/student", small: "None" },
    ids: ["train-0", "development-99"],
    groups: [0, -1],
    answers: null,
    shapes: [
      [200, 2],
      [100, 2],
      [3, 2],
    ],
    same: true,
    own: [7, 2],
    before: { seconds: null, calls: 0, most: 3600 },
    after: { seconds: 3, calls: 1, most: 3600 },
    cost: { seconds: 2, device: "cpu", tokens: 7 },
  });
  expect(embedded[0]![0]).toBeGreaterThan(60);
  const right = predictions.filter(([, yes], i) => Number(yes! > 0.5) === truth[i]).length;
  expect(right).toBeGreaterThan(80);
  expect(here.spent.map(({ call, cached }) => [call, cached])).toEqual([
    ["fit", false],
    ["fit", true],
    ["predict", false],
    ["predict", false],
    ["embed", false],
  ]);
  expect(here.records.map(({ tool, output }) => [tool, output.isError])).toEqual(
    here.spent.map(({ call }) => [`trainer.${call}`, false]),
  );
  expect(JSON.stringify(here.records)).not.toContain("w0x"); // neither inputs nor arrays are journalled
});

test("every tool takes what its function sends", async () => {
  await using here = await world();
  const answers = await script(
    here,
    `
import numpy as np
print(json.dumps([
  lab.evaluate({0: np.full((100, 2), 0.5)}, method="half"), lab.standings(), lab.budget(),
  lab.post("finding", "Title", "Body", tags=["a"], scores=["e1"]), lab.reply("p1", "No"), lab.vote("p1", -1),
  lab.search_forum("words"), lab.read_forum(), lab.read_forum("p1", limit=3),
  lab.keep_snapshot("mine", folder="/work/code"), lab.get_snapshot("0" * 64, "/work/other"), lab.list_snapshots(limit=2),
]))`,
  );
  const called = (answers as { tool: string; input: object }[]).map(({ tool }) => tool);
  expect(called).toEqual(
    "evaluate standings budget post reply vote search_forum read_forum read_forum keep_snapshot get_snapshot list_snapshots".split(
      " ",
    ),
  );
});

test("what the lab refuses is an exception in its words, and the command's error", async () => {
  const refusing = { content: "Your evaluations are spent.", isError: true };
  await using here = await world({ call: async () => refusing });
  const errors = await script(
    here,
    `
import numpy as np
def error(call):
    try:
        call()
    except lab.LabError as problem:
        return [problem.code, str(problem)]
print(json.dumps([error(call) for call in [
  lambda: lab.budget(),
  lambda: lab.call("shell", command="id"),
  lambda: lab.load("brown"),
  lambda: lab.fit(np.ones((200, 2))),
  lambda: lab.fit(np.full((3, 2), 0.5), rows=[0, 1, 200]),
  lambda: lab.call("evaluate", predictions=float("nan")),
]]))`,
  );
  expect(errors).toEqual([
    ["failed", "Your evaluations are spent."],
    ["not_found", expect.stringMatching(/^There is no tool "shell" here; there are post, /)],
    ["not_found", expect.stringContaining("expected one of words in")],
    ["bad_input", expect.stringContaining("train.targets: row 0 sums to 2")],
    ["bad_input", expect.stringContaining("expected a row of train, from 0 to 199, found 200")],
    ["bad_input", "Expected finite numbers, found NaN or an infinity."],
  ]);
  const { code, out, err } = await here.python("-m", "w2s_trainer.lab", "budget");
  expect([code, out, err]).toEqual([1, "", "lab: Your evaluations are spent.\n"]);
});

test("the command lists tools and calls them with JSON or with fields by their types", async () => {
  await using here = await world();
  const command = (...rest: string[]) => here.python("-m", "w2s_trainer.lab", ...rest);
  const [listed, fields, json] = await Promise.all([
    command(),
    command("search_forum", "--text", "5", "--limit", "7"),
    command("vote", '{"post": "p1", "value": 1}'),
  ]);
  expect(listed.out).toContain("read_forum: Shows a post with its replies");
  expect(JSON.parse(fields.out)).toEqual({ tool: "search_forum", input: { text: "5", limit: 7 } });
  expect(JSON.parse(json.out)).toEqual({ tool: "vote", input: { post: "p1", value: 1 } });
});

test("the command reads JSON from standard input, and predictions from a file", async () => {
  await using here = await world();
  const code = `
import subprocess, sys
import numpy as np
np.savez("p.npz", **{"0": np.full((100, 2), 0.5), "1": np.full((100, 2), 0.5)})
lab = [sys.executable, "-m", "w2s_trainer.lab"]
print(subprocess.run([*lab, "vote", "-"], input=b'{"post": "p1", "value": 1}', capture_output=True).stdout.decode())
print(subprocess.run([*lab, "evaluate", "p.npz", "--method", "half"], capture_output=True).stdout.decode())`;
  const { out, err } = await here.python("-c", code);
  expect(err).toBe("");
  const [vote, scored] = out
    .trim()
    .split("\n\n")
    .map((text) => JSON.parse(text));
  expect(vote).toEqual({ tool: "vote", input: { post: "p1", value: 1 } });
  expect(scored.input).toMatchObject({ method: "half", testbed: "words", predictions: [{ seed: 0 }, { seed: 1 }] });
});

test("importing the lab loads neither numpy nor torch", async () => {
  await using here = await world();
  const loaded = await script(
    here,
    `import sys\nprint(json.dumps([n for n in ("numpy", "torch", "transformers") if n in sys.modules]))`,
  );
  expect(loaded).toEqual([]);
});

test("the baselines run as method.py files, and naive has under ten lines", async () => {
  await using here = await world();
  const runs = await Promise.all(
    ["naive", "confident_labels"].map((name) =>
      here.python(
        "-m",
        "w2s_trainer.lab",
        "run",
        baseline(name),
        "--seeds",
        "0",
        "--out",
        `${name}.npz`,
        "--evaluate",
        name,
      ),
    ),
  );
  for (const { code, out, err } of runs) {
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/^seed 0: fit .* s, predict .* s, 100 predictions\n\{"tool": "evaluate"/);
  }
  const accuracy = await script(
    here,
    `
import numpy as np
truth = np.array(${JSON.stringify(truth)})
print(json.dumps([float((np.load(name + ".npz")["0"].argmax(axis=1) == truth).mean()) for name in ("naive", "confident_labels")]))`,
  );
  for (const found of accuracy as number[]) expect(found).toBeGreaterThan(0.8);
  expect(readFileSync(baseline("naive"), "utf8").trimEnd().split("\n").length).toBeLessThan(10);
});

test("only the folder passes from fit to predict, and predict sees inputs alone", async () => {
  await using here = await world();
  const method = join(here.folder, "method.py");
  writeFileSync(
    method,
    `
import os
from pathlib import Path

def fit(context):
    assert context.weak.shape == (20, 2) and len(context.inputs) == len(context.ids) == len(context.groups) == 20
    assert list(context.folder.iterdir()) == []
    context.fit(context.weak, predict=[])
    (context.folder / "process").write_text(str(os.getpid()))
    fit.left = True

def predict(context, inputs):
    assert (context.folder / "process").read_text() != str(os.getpid())
    assert not hasattr(fit, "left") and not hasattr(context, "weak") and not hasattr(context, "inputs")
    assert [set(entry) for entry in inputs] == [{"text"}] * 100
    assert (context.testbed, context.kind, context.classes, context.seed) == ("words", "classification", ("no", "yes"), 1)
    assert context.models["student"] == Path("/models/student") and context.seconds == 60
    print("looked at", len(inputs))
    return [[0.25, 0.75]] * len(inputs)
`,
  );
  const run = (...more: string[]) =>
    here.python("-m", "w2s_trainer.lab", "run", method, "--seeds", "1", "--examples", "20", ...more);
  const { code, out, err } = await run("--seconds", "60");
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toContain("looked at 100\n");
  expect(here.records[0]!.input).toMatchObject({
    testbed: "words",
    seed: 1,
    train: { targets: "[20 x 2]", rows: "[20]" },
  });
});

test("a method that is wrong says where", async () => {
  await using here = await world();
  const broken = async (name: string, code: string, ...more: string[]): Promise<string> => {
    writeFileSync(join(here.folder, name), code);
    const { code: exit, err } = await here.python("-m", "w2s_trainer.lab", "run", name, "--seeds", "1", ...more);
    expect(exit).toBe(1);
    return err;
  };
  const [shape, missing, thrown, slow] = await Promise.all([
    broken("shape.py", "def fit(context): pass\ndef predict(context, inputs): return [[1, 1]]"),
    broken("missing.py", "def fit(context): pass"),
    broken("thrown.py", "def fit(context): 1 / 0\ndef predict(context, inputs): pass"),
    broken("slow.py", "def fit(context):\n  while True: pass\ndef predict(context, inputs): pass", "--seconds", "0.2"),
  ]);
  expect(shape).toContain("expected class probabilities, 100 inputs x 2 classes, found shape (1, 2)");
  expect(missing).toContain("it has no predict");
  expect(thrown).toMatch(/ZeroDivisionError[\s\S]*fit of .*thrown\.py \(seed 1\) failed with exit code 1/);
  expect(slow).toMatch(/^fit of .*slow\.py \(seed 1\) was ended after 0\.2 seconds\.\n$/);
});

test("a notice of the lab's after an answer is a warning, and the answer stays what it is", async () => {
  const content = '{"pgr": 0.5}\n\n[Budget: four fifths of your evaluations are used.]';
  await using here = await world({ call: async () => ({ content, isError: false }) });
  const { out, err } = await here.python("-c", "from w2s_trainer import lab\nprint(lab.standings()['pgr'])");
  expect(out).toBe("0.5\n");
  expect(err).toContain("UserWarning: [Budget: four fifths of your evaluations are used.]");
});

test("a baseline and the page's examples run on the real trainer", async () => {
  const store = mkdtempSync(join(tmpdir(), "w2s-store-"));
  try {
    await using trainer = pythonTrainer({ store, devices: ["cpu"] });
    await using here = await world({ helpers: { trainer } });
    const page = readFileSync(packagePath("docs", "method-authors.md"), "utf8");
    const [naive, confidence, probe, zeroShot, ensemble, helpers] = [...page.matchAll(/```python\n([\s\S]*?)```/g)].map(
      ([, code]) => code!,
    );
    expect(naive!.slice(naive!.indexOf("def"))).toBe(
      readFileSync(baseline("naive"), "utf8").split("\n").slice(1).join("\n"),
    );
    expect(confidence).toBe(readFileSync(baseline("confidence"), "utf8"));
    for (const [name, code] of Object.entries({ probe_relabel: probe, zero_shot: zeroShot, ensemble })) {
      expect(code).toBe(readFileSync(packagePath("examples", "methods", `${name}.py`), "utf8"));
    }
    writeFileSync(join(here.folder, "probe.py"), probe!);
    const run = (file: string, out: string) =>
      here.python("-m", "w2s_trainer.lab", "run", file, "--seeds", "1", "--out", out);
    const done = await Promise.all([
      run(baseline("confidence"), "confidence.npz"),
      run("probe.py", "probe.npz"),
      here.python("-c", helpers!),
    ]);
    expect(done.map(({ code, err }) => [code, err])).toEqual(Array(3).fill([0, ""]));
    const code = `
import numpy as np
load = lambda name: np.load(name)["1"]
data, truth = lab.load(), np.array(${JSON.stringify(truth)})
loss = {"name": "confidence", "alpha": 0.5, "ramp": 0.2, "harden": "auto"}
held = {"inputs": data.train.inputs[:5], "targets": data.weak(1)[:5]}
fitted = lab.fit(data.weak(1), seed=1, loss=loss, curve=True, traces=True, validation=held)
print(json.dumps({
  "same": bool((load("confidence.npz") == fitted.predictions["development"]).all()),
  "shapes": [fitted.curve.shape[0], *fitted.traces.shape, len(fitted.history)],
  "probe": float((load("probe.npz").argmax(axis=1) == truth).mean()),
}))`;
    const { probe: accuracy, ...rest } = (await script(here, code)) as { probe: number };
    expect(rest).toEqual({ same: true, shapes: [40, 200, 40, 40] });
    expect(accuracy).toBeGreaterThan(0.7);
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}, 120_000);
