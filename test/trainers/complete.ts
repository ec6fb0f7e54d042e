import {
  defineTrainer,
  type EpochRecord,
  type FitRequest,
  type Input,
  type Matrix,
  matrix,
  type Rows,
  WeakToStrongError,
} from "weak-to-strong";

/** Names of models, which {@link complete} does not look at. */
export const anyModels = { pretrained: { id: "any" }, causal: { id: "any" } };

const width = 512;
const inputsOf = ({ dataset, indices }: Rows): Input[] =>
  Array.from(indices ?? dataset.inputs.keys(), (i) => dataset.inputs[i]!);
const hash = (text: string): number => [...text].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) >>> 0, 7);
const words = (input: Input): number[] =>
  (Object.values(input).join(" ").match(/\w+/g) ?? []).map((word) => hash(word) % width);
const softmax = (logits: number[]): number[] => {
  const powers = logits.map((logit) => Math.exp(logit - Math.max(...logits)));
  return powers.map((power) => power / powers.reduce((a, b) => a + b));
};
const crossEntropy = (w: ArrayLike<number>, f: number[]): number =>
  f.reduce((sum, p, k) => sum - w[k]! * Math.log(Math.max(p, 1e-12)), 0);
const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const best = (values: number[]): number => values.indexOf(Math.max(...values));

type Head = number[][];
const answer = (head: Head, features: number[]): number[] =>
  softmax(head[0]!.map((_, k) => features.reduce((sum, f) => sum + head[f]![k]!, 0)));

/** Does everything that a trainer can be asked for, in a small way: for tests of the suite. */
export const complete = (() => {
  const kept = new Map<string, Head>();
  const find = (id: string): Head => {
    const head = kept.get(id);
    if (!head) throw new WeakToStrongError("not_found", `There is no checkpoint ${id}.`);
    return head;
  };
  const cost = { seconds: 0, device: "cpu", tokens: 0 };

  return defineTrainer({
    name: "complete",
    capabilities: { warmStart: true, models: ["linear", "huggingface"] },
    async fit(request, { signal, emit }) {
      const { train, model, loss, classes, seed, predict, validation } = request;
      if (loss.name !== "cross_entropy") throw new WeakToStrongError("unsupported", `no loss "${loss.name}"`);
      const { learningRate, epochs, batchSize } = model.optimizer;
      let head: Head = request.from
        ? find(request.from.id).map((row) => [...row])
        : Array.from({ length: width }, (_, f) =>
            Array.from({ length: classes }, (_, k) => 0.01 * Math.sin(f * classes + k + 100 * seed)),
          );
      const inputs = inputsOf(train).map(words);
      const w = rowsOf(train.targets);
      const [history, curve, traces]: [EpochRecord[], number[], number[][]] = [[], [], []];
      let least: { loss: number; head: Head } | undefined;
      for (let epoch = 1; epoch <= epochs; epoch++) {
        for (let start = 0; start < inputs.length; start += batchSize) {
          const batch = inputs.slice(start, start + batchSize).map((features, i) => ({ features, row: start + i }));
          const answers = batch.map(({ features }) => answer(head, features));
          curve.push(mean(batch.map(({ row }, i) => crossEntropy(w[row]!, answers[i]!))));
          for (const [i, { features, row }] of batch.entries())
            for (const [k, p] of answers[i]!.entries())
              for (const f of features) head[f]![k]! -= learningRate * (train.weights?.[row] ?? 1) * (p - w[row]![k]!);
        }
        const losses = inputs.map((features, i) => crossEntropy(w[i]!, answer(head, features)));
        traces.push(losses);
        const measured = validation && measure(head, validation);
        history.push({ epoch, loss: mean(losses), ...(measured && { validation: measured }) });
        if (measured && validation.keep === "best" && !(least && least.loss <= measured.loss))
          least = { loss: measured.loss, head: head.map((row) => [...row]) };
        emit({ type: "progress", stage: "train", step: epoch, of: epochs });
        await new Promise(setImmediate);
        signal.throwIfAborted();
      }
      head = least?.head ?? head;
      const id = `complete-${kept.size}`;
      kept.set(id, head);
      const predictions = Object.entries(predict).map(([name, rows]) => [name, predictAll(head, rows)]);
      return {
        checkpoint: { id },
        predictions: Object.fromEntries(predictions),
        history,
        ...(request.curve && { curve: Float32Array.from(curve) }),
        ...(request.traces && { traces: matrix(inputs.map((_, i) => traces.map((losses) => losses[i]!))) }),
      };
    },
    async predict({ checkpoint, rows }) {
      return { predictions: predictAll(find(checkpoint.id), rows), cost };
    },
    async embed({ rows, ...request }) {
      if ("features" in request) {
        const counts = (input: Input): number[] =>
          Array.from({ length: width }, (_, f) => words(input).filter((word) => word === f).length);
        return { layers: [matrix(inputsOf(rows).map(counts))], cost };
      }
      const { layers } = request;
      const asked = layers === "all" ? [0, 1, 2, 3, 4] : layers === "middle" ? [2] : layers;
      const layer = (depth: number): Matrix =>
        matrix(inputsOf(rows).map((input) => [0, 1, 2].map((k) => Math.sin(words(input).length * (depth + 1) + k))));
      return { layers: asked.map(layer), cost };
    },
    async score({ rows, prompt = "{text}", continuations = [] }) {
      const scored = inputsOf(rows).map((input) =>
        continuations.map((form) => spell(fill(prompt, input), fill(form, input))),
      );
      const tokens = inputsOf(rows).map((input) => continuations.map((form) => fill(form, input).length));
      return { logProbabilities: matrix(scored), tokens: matrix(tokens), cost };
    },
  });
})();

function rowsOf(m: Matrix): Float32Array[] {
  return Array.from({ length: m.rows }, (_, i) => m.data.subarray(i * m.columns, (i + 1) * m.columns));
}

function predictAll(head: Head, rows: Rows): Matrix {
  const found = matrix(inputsOf(rows).map((input) => answer(head, words(input))));
  return { ...found, columns: head[0]!.length };
}

function measure(head: Head, validation: NonNullable<FitRequest["validation"]>): { loss: number; accuracy: number } {
  const found = inputsOf(validation).map((input) => answer(head, words(input)));
  const targets = rowsOf(validation.targets).map((w) => Array.from(w));
  return {
    loss: mean(found.map((f, i) => crossEntropy(targets[i]!, f))),
    accuracy: mean(found.map((f, i) => (best(f) === best(targets[i]!) ? 1 : 0))),
  };
}

function fill(form: string, input: Input): string {
  const fields: Record<string, unknown> = { ...input };
  return form.replaceAll(/\{\{|\}\}|\{(\w+)\}/g, (piece, name?: string) => {
    if (!name) return piece[0]!;
    if (!(name in fields)) throw new WeakToStrongError("bad_input", `There is no field ${name}.`);
    return String(fields[name]);
  });
}

/** log P(continuation | prompt) of a made-up language model whose tokens are the ASCII characters. */
function spell(prompt: string, continuation: string): number {
  let total = 0;
  for (const [i, char] of [...continuation].entries()) {
    const before = prompt + continuation.slice(0, i);
    const chances = softmax(Array.from({ length: 128 }, (_, code) => hash(`${before}|${code}`) % 7));
    total += Math.log(chances[char.charCodeAt(0)]!);
  }
  return total;
}
