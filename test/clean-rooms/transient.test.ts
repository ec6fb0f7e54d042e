import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defineTrainer, hiddenStates, linear, type Rows, type Trainer } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { tinyModel } from "../fixtures/tiny-model.js";
import { testbed as words } from "../server/world.js";
import { bench, codeOf } from "./bench.js";

/* What one run asks of the trainer, no later run can tell from how the trainer answers. */

interface Seen {
  readonly op: string;
  readonly transient: boolean;
  /** What the worker really read: nothing where it had the features already. */
  readonly tokens: number;
}

/** The trainer, and what its calls cost, which code in the room is not told. */
function watched(inner: Trainer): { trainer: Trainer; seen: Seen[] } {
  const seen: Seen[] = [];
  const note = (op: string, rows: readonly Rows[], { cost }: { cost: { tokens: number } }): void => {
    seen.push({ op, transient: rows.every(({ dataset }) => dataset.transient), tokens: cost.tokens });
  };
  async function noted<T extends { cost: { tokens: number } }>(op: string, rows: readonly Rows[], work: Promise<T>) {
    const result = await work;
    note(op, rows, result);
    return result;
  }
  const trainer = defineTrainer({
    name: "watched",
    capabilities: (calling) => inner.capabilities(calling),
    fingerprint: (model, calling) => inner.fingerprint(model, calling),
    fit: (request, calling) => noted("fit", [request.train], inner.fit(request, calling)),
    predict: (request, calling) => noted("predict", [request.rows], inner.predict(request, calling)),
    embed: (request, calling) => noted("embed", [request.rows], inner.embed(request, calling)),
    score: (request, calling) => noted("score", [request.rows], inner.score(request, calling)),
  });
  return { trainer, seen };
}

const markers = `[{"text": f"slot {slot} bit 1"} for slot in range(4)]`;

/** Marks inputs of its own, training examples by number, a prompt, and the inputs that it is given. */
const marking = codeOf(`
from w2s_trainer import lab
def fit(context):
    context.embed(context.inputs)
def predict(context, inputs):
    context.embed(${markers})
    context.embed(inputs)
    lab.embed(split="train", rows=[3], layers=[1])
    lab.score(split="train", rows=[3], prompt="slot 3 bit 1: {text}", continuations=[" a"])
    return [[0.5, 0.5]] * len(inputs)
`);

/** Looks for the marks, and tells all that the door says of costs. */
const reading = codeOf(`
from w2s_trainer import lab
from w2s_trainer.lab.door import post_frame
def fit(context):
    context.embed(context.inputs)
    for inputs in (${markers}, ${markers}, [{"text": "slot 9 bit 1"}]):
        answer = post_frame("/trainer/embed", {"testbed": "words", "model": "student", "inputs": inputs})
        print(answer["cost"]["seconds"], answer["cost"]["tokens"], answer["queued"])
    lab.embed(split="train", rows=[3], layers=[1])
    lab.score(split="train", rows=[3], prompt="slot 3 bit 1: {text}", continuations=[" a"])
    fitted = context.fit(context.weak, epochs=1, predict_inputs=${markers})
    print(fitted.cost["seconds"], fitted.cost["tokens"], fitted.queued, lab.quote("embed")["seconds"])
def predict(context, inputs):
    return [[0.5, 0.5]] * len(inputs)
`);

test("what one run's predict has asked is computed again for another, and nothing of it is kept", async () => {
  const store = mkdtempSync(join(tmpdir(), "w2s-transient-"));
  try {
    await using inner = pythonTrainer({ store, devices: ["cpu"] });
    const { trainer, seen } = watched(inner);
    const { name, kind, classes, train, development } = words;
    const student = linear(hiddenStates(tinyModel(), { layer: 2 }));
    const testbeds = [{ ...{ name, kind, classes, train, student }, models: {}, test: development.dataset }];
    await using here = await bench({ trainer, testbeds, seconds: { fit: 60, predict: 60 } });
    const kept = (): string[] => readdirSync(join(store, "cache", "features")).sort();

    expect(await here.run(marking)).toMatchObject({ status: "ok" });
    const [training, marked, asked, numbered, prompted] = seen.splice(0) as [Seen, Seen, Seen, Seen, Seen];
    expect(training.transient).toBe(false);
    expect([marked, asked, numbered, prompted].map(({ transient }) => transient)).toEqual([true, true, true, true]);
    const afterwards = kept();
    expect(afterwards).toHaveLength(1); // of the training examples, which fit asked for

    const run = await here.run(reading);
    expect(run).toMatchObject({ status: "ok", fitLog: "0 0 0\n0 0 0\n0 0 0\n0 0 0 None\n" });
    const [again, once, twice, other, layer, prompt, fitted] = seen as [Seen, Seen, Seen, Seen, Seen, Seen, Seen];
    expect(again).toEqual({ ...training, tokens: 0 }); // these stay warm
    expect(marked.tokens).toBeGreaterThan(0);
    expect([once.tokens, twice.tokens]).toEqual([marked.tokens, marked.tokens]);
    expect(other.tokens).toBeGreaterThan(0);
    expect([layer.tokens, prompt.tokens]).toEqual([numbered.tokens, prompted.tokens]);
    expect(fitted.tokens).toBe(marked.tokens);
    expect(kept()).toHaveLength(afterwards.length + 2); // another layer and a prompt, by number in fit
  } finally {
    rmSync(store, { recursive: true, force: true });
  }
}, 60_000);
