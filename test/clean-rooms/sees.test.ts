import { existsSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { rowInputs } from "../../src/data/dataset.js";
import { testbed as words } from "../server/world.js";
import { bench, codeOf, half, method } from "./bench.js";

/* What the two phases see, and what leaves them. */

/** Lists every file below `/work`, `/lab/data` and `/run` that holds one of the texts. */
const search = `
import os
def search(*texts):
    found = []
    for root in ("/work", "/lab/data", "/run"):
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    content = open(path, "rb").read()
                except OSError:
                    continue
                found += [path for text in texts if text.encode() in content]
    return sorted(set(found) - {__file__})
`;

const textOf = (split: typeof words.train, row: number): string => (rowInputs(split)[row] as { text: string }).text;

test("fit sees training inputs and weak labels, predict the rows' inputs in their order, and a folder passes between", async () => {
  await using here = await bench();
  const [train, asked, other] = [textOf(words.train, 0), textOf(words.development, 5), textOf(words.development, 6)];
  const run = await here.run(
    codeOf(`${search}
import json
def fit(context):
    print(json.dumps({
        "train": search(${JSON.stringify(train)}), "test": search(${JSON.stringify(asked)}, ${JSON.stringify(other)}),
        "weak": context.weak.shape, "seed": context.seed, "folder": os.listdir(context.folder), "env": sorted(os.environ),
    }))
    os.makedirs(context.folder / "deep")
    (context.folder / "deep" / "kept").write_text("hello")
    open("/tmp/left", "w").write("x")
    open("/work/left", "w").write("x")

def predict(context, inputs):
    seen = {
        "train": search(${JSON.stringify(train)}), "asked": search(${JSON.stringify(asked)}), "other": search(${JSON.stringify(other)}),
        "texts": [entry["text"] for entry in inputs], "kept": (context.folder / "deep" / "kept").read_text(),
        "left": os.path.exists("/tmp/left") or os.path.exists("/work/left"), "weak": search("0.2, 0.8") + [
            name for _, _, names in os.walk("/lab/data") for name in names if name.endswith(".npy")],
        "weakly": hasattr(context, "weak") or hasattr(context, "inputs"),
    }
    sys.exit(json.dumps(seen))
import sys
`),
  );
  const fit = JSON.parse(run.fitLog);
  expect(fit).toMatchObject({ weak: [200, 2], seed: 7, folder: [], test: [], train: ["/lab/data/words/train.jsonl"] });
  expect(fit.env).toEqual(expect.arrayContaining(["HOME", "PYTHONPATH", "W2S_DATA", "W2S_DOOR", "W2S_TOKEN"]));
  const failed = run as Extract<typeof run, { status: "failed" }>;
  expect(failed.phase).toBe("predict");
  expect(JSON.parse(failed.detail.slice(failed.detail.indexOf("{")))).toEqual({
    train: [],
    asked: ["/lab/data/words/development.jsonl"],
    other: [],
    texts: [5, 0, 99, 3].map((row) => textOf(words.development, row)),
    kept: "hello",
    left: false,
    weak: [],
    weakly: false,
  });
  expect(run.fitLog).not.toContain("kept");
  expect(readdirSync(here.dir)).toEqual([]);
});

test("predictions come out in the rows' order, and nothing else does", async () => {
  await using here = await bench();
  const counts = method(
    "print('fit says this')",
    "print('secret'); return [[len(i['text']) / 1000, 1 - len(i['text']) / 1000] for i in inputs]",
  );
  const run = await here.run(counts);
  expect(run).toMatchObject({
    status: "ok",
    fitLog: "fit says this\n",
    traces: { canaries: [], processes: {}, refused: [], opened: [] },
  });
  expect(JSON.stringify(run)).not.toContain("secret");
  const ok = run as Extract<typeof run, { status: "ok" }>;
  expect([...ok.predictions.data].filter((_, at) => at % 2 === 0)).toEqual(
    [5, 0, 99, 3].map((row) => Math.fround(textOf(words.development, row).length / 1000)),
  );
  await here.room[Symbol.asyncDispose]();
  expect(existsSync(here.dir)).toBe(false);
  await expect(here.run(counts)).rejects.toMatchObject({ code: "disposed" });
});

test("fit's checkpoints work in predict of the same run and in no other, also where the request was the same", async () => {
  await using here = await bench();
  const first = await here.run(
    method("print(context.fit(context.weak).checkpoint)", "return context.predict(sys.argv[0], inputs)"),
  );
  expect(first).toMatchObject({ status: "failed", phase: "predict" });
  const name = first.fitLog.trim();
  const second = await here.run(
    method(
      `mine = context.fit(context.weak).checkpoint; print(mine != "${name}"); (context.folder / "c").write_text(mine)`,
      `
    own = context.predict((context.folder / "c").read_text(), inputs)
    try:
        context.predict("${name}", inputs)
    except Exception as error:
        return own
    return [[0, 0]]`,
    ),
  );
  expect(second).toMatchObject({ status: "ok", fitLog: "True\n" });
  expect(second.traces.refused).toEqual([
    expect.stringMatching(/^POST \/trainer\/predict: checkpoint: expected one that a fit of yours returned/),
  ]);
});

test("the door has the trainer and no more", async () => {
  await using here = await bench();
  const run = await here.run(
    codeOf(`
from w2s_trainer import lab
def attempt(call):
    try:
        return call()
    except lab.LabError as error:
        print(error.code, error)
def fit(context):
    print(lab.tools())
    attempt(lambda: lab.evaluate({0: [[0.5, 0.5]] * 100}, method="mine"))
    attempt(lambda: lab.search_forum("anything"))
    attempt(lambda: context.fit(context.weak, predict=["development"]))
    attempt(lambda: lab.predict(context.fit(context.weak).checkpoint, split="development"))
    attempt(lambda: context.embed(context.inputs[:3], model="ceiling"))
def predict(context, inputs):
    ${half}
`),
  );
  expect(run.status).toBe("ok");
  expect(run.fitLog.split("\n")).toEqual([
    "[]",
    'not_found There is no tool "evaluate" here; there are none: only the trainer.',
    'not_found There is no tool "search_forum" here; there are none: only the trainer.',
    expect.stringMatching(/^not_found development: there is no development split here/),
    expect.stringMatching(/^not_found predict: there is no development split here/),
    expect.stringMatching(/^not_found model: expected the name of a model that this lab lists/),
    "",
  ]);
  expect(run.traces.refused).toHaveLength(5);
});
