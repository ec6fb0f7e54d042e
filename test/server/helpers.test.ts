import { setImmediate as turnOfLoop } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import {
  dataset,
  defineTrainer,
  type FitRequest,
  hashedWords,
  huggingFace,
  linear,
  type Matrix,
  matrix,
  patches,
  type Rows,
  smollm2,
  WeakToStrongError,
} from "weak-to-strong";
import { rowCount } from "../../src/data/dataset.js";
import { estimates } from "../../src/server/estimates.js";
import { fairQueue } from "../../src/server/fair-queue.js";
import { type TrainerHelpersOptions, trainerHelpers } from "../../src/server/helpers.js";
import { layInFiles } from "../../src/server/lay-in.js";
import { requests } from "../../src/server/requests.js";
import { sealedIds } from "../../src/server/sealed-ids.js";
import { everythingOf, type LabTestbed } from "../../src/server/testbeds.js";
import type { HelperRecord, TrainerSpent } from "../../src/server/turns.js";
import { testbed, wordTrainer, world } from "./world.js";

const signal = new AbortController().signal;
const half = (rows: number): Matrix => matrix(Array.from({ length: rows }, () => [0.5, 0.5]));
const fitting = (more: object = {}) =>
  requests.fit.parse({ testbed: "words", seed: 0, train: { targets: half(200) }, ...more });

function helpers(options: Partial<TrainerHelpersOptions> = {}) {
  const [records, spent]: [HelperRecord[], TrainerSpent[]] = [[], []];
  const made = trainerHelpers({
    agent: "agent-1",
    trainer: wordTrainer(),
    testbeds: [testbed],
    queue: fairQueue({ parallel: 1 }),
    estimates: estimates(),
    secret: "the lab's own",
    reserve: () => ({ most: 60, settle: (one) => void spent.push(one) }),
    record: (one) => void records.push(one),
    ...options,
  });
  return { ...made, records, spent };
}

/** A trainer that tells what reaches it, and answers with halves when it is told to. */
function recorder(capabilities = {}) {
  const asked: FitRequest[] = [];
  let hold: Promise<void> = Promise.resolve();
  const trainer = defineTrainer({
    name: "recorder",
    capabilities: { models: ["linear", "huggingface"], warmStart: true, ...capabilities },
    async fit(request, calling) {
      asked.push(request);
      await hold;
      calling.signal.throwIfAborted();
      const predictions = Object.entries(request.predict).map(([name, rows]) => [name, half(rowCount(rows))]);
      return { predictions: Object.fromEntries(predictions), checkpoint: { id: `fit-${asked.length}` } };
    },
  });
  return { trainer, asked, holdUntil: (promise: Promise<void>) => (hold = promise) };
}

async function fails(promise: Promise<unknown>): Promise<WeakToStrongError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(WeakToStrongError.isInstance(error), `found ${error}`).toBe(true);
  return error as WeakToStrongError;
}

test("what an agent could try through the door to reach others' data, files or code is refused", async () => {
  const shared = { trainer: wordTrainer(), queue: fairQueue({ parallel: 2 }) };
  await using victim = await world({ agent: "agent-2", helpers: shared });
  await using here = await world({ helpers: shared });
  const made = await victim.python("-c", "from w2s_trainer import lab\nprint(lab.fit(lab.load().weak(0)).checkpoint)");
  const code = `
import json, sys
import numpy as np
from w2s_trainer import lab
from w2s_trainer.lab.door import post_frame
own = lab.fit(lab.load().weak(1), seed=1).checkpoint
half = np.full((200, 2), 0.5)
def attack(call, **fields):
    try:
        post_frame("/trainer/" + call, {"testbed": "words", **fields})
        return "answered"
    except lab.LabError as error:
        return [error.code, str(error)]
def fit(**fields):
    return attack("fit", **{"seed": 0, "train": {"targets": half}, **fields})
print(json.dumps({
    "checkpoints": [attack("predict", checkpoint=name) for name in (sys.argv[1], "words-0", own[:-2] + "AA", "", "A" * 40)],
    "starts": fit(**{"from": sys.argv[1]}),
    "hashes": [fit(train={"targets": half, "dataset": "0" * 64}), attack("embed", dataset="0" * 64), attack("predict", checkpoint=own, split="test")],
    "models": [fit(model=name) for name in ("/models/student", "../x", "__proto__", "constructor", "HuggingFaceTB/SmolLM2-135M")],
    "specs": [fit(model={"type": "huggingface", "model": {"path": "/"}}), attack("score", model={"path": "/"})],
    "losses": [fit(loss={"name": name}) for name in ("/tmp/evil.py", "__import__", "reverse_kl")],
    "plugins": fit(plugins=["/tmp/evil.py"]),
    "inputs": [attack("predict", checkpoint=own, inputs=[entry]) for entry in ({"text": "a", "label": 1}, {"path": "/etc/passwd"}, {"question": "a", "choice": "b"})],
    "testbed": attack("embed", testbed="../words"),
    "rows": [attack("embed", rows=np.array([row], dtype=np.int32)) for row in (-1, 100)],
    "own": len(lab.predict(own)),
}))`;
  const { out, err } = await here.python("-c", code, made.out.trim());
  expect(err).toBe("");
  const found = JSON.parse(out);
  const foreign = ["not_found", "checkpoint: expected one that a fit of yours returned in this lab, found another."];
  expect(found.checkpoints).toEqual([foreign, foreign, foreign, foreign, foreign]);
  expect(found.starts).toEqual(foreign);
  const codes = (list: [string, string][]) => [...new Set(list.map(([code]) => code))];
  expect(codes(found.hashes)).toEqual(["bad_input"]);
  expect(codes(found.models)).toEqual(["not_found"]);
  expect(found.models[2][1]).toBe(
    'model: expected the name of a model that this lab lists, "small", "student", found "__proto__".',
  );
  expect(codes(found.specs)).toEqual(["bad_input"]);
  expect(codes(found.losses)).toEqual(["unsupported"]);
  expect(found.plugins[0]).toBe("bad_input");
  expect(codes(found.inputs)).toEqual(["bad_input"]);
  expect(found.testbed[0]).toBe("not_found");
  expect(codes(found.rows)).toEqual(["bad_input"]);
  expect(found.own).toBe(100);
});

test("a request reaches the trainer with the lab's model, and with nothing that the agent has not named", async () => {
  const { trainer, asked } = recorder({ losses: ["cross_entropy", "product"] });
  const big = huggingFace({ ...smollm2() });
  const { fit } = helpers({ trainer, testbeds: [{ ...testbed, models: { big } }] });
  const first = await fit(fitting(), { signal });
  await fit(
    fitting({
      model: "big",
      train: { targets: half(2), rows: Int32Array.of(3, 1), weights: Float32Array.of(1, 2) },
      loss: { name: "product", alpha: 2 },
      optimizer: { epochs: 1 },
      tune: "head",
      from: first.checkpoint,
      predict: ["train"],
      inputs: [{ text: "mine" }],
    }),
    { signal },
  );
  const { train, development } = testbed;
  expect(asked[0]).toEqual({
    task: "classify",
    model: testbed.student,
    classes: 2,
    train: { dataset: train.dataset, targets: half(200) },
    loss: { name: "cross_entropy" },
    seed: 0,
    predict: { development: { dataset: development.dataset } },
  });
  expect(asked[1]).toMatchObject({
    model: { ...big, tune: { type: "head" }, optimizer: { ...big.optimizer, epochs: 1 } },
    train: { dataset: train.dataset, indices: Int32Array.of(3, 1), weights: Float32Array.of(1, 2) },
    predict: { train: { dataset: train.dataset }, inputs: { dataset: dataset([{ text: "mine" }]) } },
    from: { id: "fit-1" },
  });
});

test("what cannot work is refused before it waits, costs or reserves anything, and is journalled", async () => {
  const reserve = (): never => {
    throw new Error("nothing may be reserved");
  };
  const { fit, embed, score, records } = helpers({ reserve });
  const own = [
    await fails(fit(fitting({ train: { targets: half(3) } }), { signal })),
    await fails(fit(fitting({ tune: "lora" }), { signal })),
    await fails(fit(fitting({ optimizer: { warmup: 0.1 } }), { signal })),
    await fails(
      fit(
        fitting({
          traces: true,
          optimizer: { epochs: 10_000 },
          train: { targets: half(2000), inputs: Array(2000).fill({ text: "a" }) },
        }),
        { signal },
      ),
    ),
    await fails(fit(fitting({ validation: { rows: Int32Array.of(5), targets: half(1) } }), { signal })),
    await fails(embed(requests.embed.parse({ testbed: "words", layers: "all" }), { signal })),
    await fails(score(requests.score.parse({ testbed: "words" }), { signal })),
  ];
  expect(own.map(({ code }) => code)).toEqual([
    "bad_input",
    "unsupported",
    "unsupported",
    "bad_input",
    "bad_input",
    "unsupported",
    "unsupported",
  ]);
  expect(own[4]!.message).toContain("row 5 is");
  expect(records.map(({ output }) => output)).toEqual(own.map(({ message }) => ({ content: message, isError: true })));
});

describe("budgets", () => {
  test("a spent one is an error, and nothing is trained", async () => {
    const { trainer, asked } = recorder();
    const reserve = (): never => {
      throw new WeakToStrongError("exhausted", "Your trainer seconds are spent.");
    };
    const { fit } = helpers({ trainer, reserve });
    expect((await fails(fit(fitting(), { signal }))).code).toBe("exhausted");
    expect(asked).toEqual([]);
  });

  test("a call that takes longer than what was reserved is stopped, and its seconds are counted", async () => {
    const { trainer, holdUntil } = recorder();
    holdUntil(new Promise(() => undefined));
    const spent: TrainerSpent[] = [];
    const { fit } = helpers({ trainer, reserve: () => ({ most: 0.05, settle: (one) => void spent.push(one) }) });
    expect((await fails(fit(fitting(), { signal }))).message).toMatch(/^fit was stopped after 0.05 seconds/);
    expect(spent.length).toBe(1);
    expect(spent[0]!.seconds).toBeGreaterThan(0.04);
  });

  test("a call is told what earlier ones took, and reserves that", async () => {
    const planned: (number | null)[] = [];
    const { fit, quote } = helpers({
      reserve: ({ seconds }) => {
        planned.push(seconds);
        return { most: 60, settle: () => undefined };
      },
    });
    const epochs = (count: number) => fitting({ optimizer: { epochs: count } });
    await fit(epochs(1), { signal });
    await fit(epochs(2), { signal }); // a cached answer teaches nothing
    expect(planned).toEqual([null, 4]);
    const price = await quote(requests.quote.parse({ testbed: "words", examples: 50, epochs: 4 }), { signal });
    expect(price).toEqual({ seconds: 2, calls: 1, most: 3600 });
  });

  test("whoever leaves while it runs pays for what was done, and one who waits for nothing", async () => {
    const { trainer, asked, holdUntil } = recorder();
    const never = Promise.withResolvers<void>();
    holdUntil(never.promise);
    const { fit, spent, records } = helpers({ trainer });
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = fit(fitting(), { signal: running.signal });
    const second = fit(fitting(), { signal: waiting.signal });
    while (asked.length === 0) await turnOfLoop();
    waiting.abort();
    await expect(second).rejects.toBe(waiting.signal.reason);
    expect(spent).toEqual([]);
    running.abort();
    await expect(first).rejects.toBe(running.signal.reason);
    expect(spent.length).toBe(1);
    expect(records.map(({ output }) => output.content)).toEqual(Array(2).fill("The caller left before the end."));
  });
});

test("features that are learned are learned from everything, and given for the examples that the agent has", async () => {
  const image = (shade: number) => ({
    image: [
      [shade, 0],
      [0, 1],
    ],
  });
  const part = (...shades: number[]) => ({ dataset: dataset(shades.map(image)), ids: shades.map(String) });
  const [train, development, hidden] = [part(0.1, 0.2), part(0.4), part(0.3, 0.4, 0.5)];
  const everything = everythingOf(train.dataset, hidden.dataset);
  const pictures: LabTestbed = {
    ...{ ...testbed, name: "pictures", train, development, everything },
    student: linear(patches({ size: 2, centroids: 1 })),
  };
  const asked: Rows[] = [];
  const trainer = defineTrainer({
    name: "learning",
    fit: async () => ({ predictions: {} }),
    async embed({ rows }) {
      asked.push(rows);
      return { layers: [half(rowCount(rows))], cost: { seconds: 0, device: "none", tokens: 0 } };
    },
  });
  const { embed } = helpers({ trainer, testbeds: [pictures] });
  const request = (inputs: object[]) => requests.embed.parse({ testbed: "pictures", inputs });
  await embed(request([image(0.4), image(0.1)]), { signal });
  expect(asked).toEqual([{ dataset: everything, indices: Int32Array.of(3, 0) }]);
  await helpers({ trainer, testbeds: [pictures], transient: "inputs" }).embed(request([image(0.1)]), { signal });
  expect(asked[1]).toEqual({ dataset: { ...everything, transient: true }, indices: Int32Array.of(0) });
  // One that is there for others only is refused in the same words as one that is nowhere.
  const refused = await Promise.all([0.3, 0.9].map((shade) => fails(embed(request([image(shade)]), { signal }))));
  expect(refused.map(({ code }) => code)).toEqual(["unsupported", "unsupported"]);
  expect(refused[0]!.message).toBe(refused[1]!.message);
});

test("in a clean room a caller's own inputs are transient, in predict all rows are, and nothing is said of costs", async () => {
  const asked: Rows[] = [];
  const cost = { seconds: 3, device: "cpu", tokens: 5, cached: true };
  const trainer = defineTrainer({
    name: "costly",
    fit: async ({ train, predict, validation }) => {
      asked.push(train, ...Object.values(predict), ...(validation ? [validation] : []));
      const predictions = Object.entries(predict).map(([name, rows]) => [name, half(rowCount(rows))]);
      const history = [{ epoch: 1, loss: 1, validation: { loss: 1, accuracy: 1 } }];
      return { predictions: Object.fromEntries(predictions), checkpoint: { id: "made" }, history, cost };
    },
    predict: async ({ rows }) => {
      asked.push(rows);
      return { predictions: half(rowCount(rows)), cost };
    },
    embed: async ({ rows }) => {
      asked.push(rows);
      return { layers: [half(rowCount(rows))], cost };
    },
  });
  const inputs = [{ text: "mine" }];
  const untold = { cost: { seconds: 0, device: "cpu", tokens: 0 }, queued: 0 };
  const ask = async (transient?: "inputs" | "all"): Promise<boolean[]> => {
    asked.length = 0;
    const made = helpers({ trainer, ...(transient && { transient }) });
    const validation = { inputs, targets: half(1), keep: "last" };
    const fitted = await made.fit(fitting({ inputs, validation }), { signal });
    const { checkpoint } = fitted;
    const answers = [
      fitted,
      await made.predict(requests.predict.parse({ testbed: "words", checkpoint, inputs }), { signal }),
      await made.embed(requests.embed.parse({ testbed: "words", inputs }), { signal }),
      await made.embed(requests.embed.parse({ testbed: "words", inputs: testbed.train.dataset.inputs }), { signal }),
      await made.embed(requests.embed.parse({ testbed: "words", rows: Int32Array.of(3) }), { signal }),
    ];
    for (const answer of answers) {
      if (transient) expect(answer).toMatchObject(untold);
      else expect(answer.cost).toEqual({ seconds: 3, device: "cpu", tokens: 5 });
    }
    expect(made.spent.map(({ seconds }) => seconds)).toEqual([3, 3, 3, 3, 3]);
    return asked.map(({ dataset }) => dataset.transient ?? false);
  };
  // Training rows, development, inputs, validation by inputs; predict, embed; training examples as inputs and by number.
  expect(await ask()).toEqual(Array(8).fill(false));
  expect(await ask("inputs")).toEqual([false, false, true, true, true, true, false, false]);
  const hashes = asked.map(({ dataset }) => dataset.hash);
  expect(await ask("all")).toEqual(Array(8).fill(true));
  expect(asked.map(({ dataset }) => dataset.hash)).toEqual(hashes);
});

test("sealed names open for their agent alone, also in the lab's next life", () => {
  const name = sealedIds("secret").seal("a", "checkpoint");
  expect(sealedIds("secret").seal("a", "checkpoint")).toBe(name);
  expect(sealedIds("secret").open("a", name)).toBe("checkpoint");
  expect(sealedIds("secret").open("b", name)).toBeUndefined();
  expect(sealedIds("other").open("a", name)).toBeUndefined();
  expect(sealedIds("secret").seal("b", "checkpoint")).not.toContain(name.slice(20));
});

describe("layInFiles", () => {
  const verified: LabTestbed = {
    name: "verified",
    kind: "verification",
    classes: ["false", "true"],
    train: { dataset: dataset([{ question: "1+1", choice: "2" }]), ids: ["x"], answers: ["2"] },
    development: { dataset: dataset([{ question: "1+2", choice: "4" }]), ids: ["y"], answers: ["4"] },
    seeds: [7],
    weakLabels: () => matrix([[0.25, 0.75]]),
    student: linear(hashedWords()),
    models: {},
  };

  test("lays in inputs, opaque ids and weak labels, and nothing else", () => {
    const files = new Map(layInFiles(verified).map(({ path, content }) => [path, content]));
    expect([...files.keys()]).toEqual([
      "verified/meta.json",
      "verified/train.jsonl",
      "verified/development.jsonl",
      "verified/weak_labels/7.npy",
    ]);
    expect(files.get("verified/train.jsonl")).toBe('{"id":"x","input":{"question":"1+1","choice":"2"},"answer":"2"}\n');
    expect(files.get("verified/development.jsonl")).toBe('{"id":"y","input":{"question":"1+2","choice":"4"}}\n');
    expect(() => layInFiles({ ...verified, name: "../up" })).toThrow(/it names a folder/);
  });
});
