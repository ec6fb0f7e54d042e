import { checkProbabilities } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import type { EvaluateRequest, Evaluation, ScorerDescription } from "../../scorer.js";
import { metricOf, scoresOf } from "../../stats/metric.js";
import { pgr } from "../../stats/pgr.js";
import { betterThan, competitorOf } from "../standings.js";
import type { KeyedEvaluation, Records } from "./records.js";
import type { Opening, SealedOnWire } from "./sealed.js";

/** Scores requests and keeps account of them. The state is that of the records, and nothing besides. */
export class Scoring {
  readonly #testbeds: ReadonlyMap<string, SealedOnWire>;
  readonly #evaluations: number;
  readonly #records: Records;
  readonly #byKey = new Map<string, Evaluation>();
  readonly #spent = new Map<string, number>();
  readonly #best = new Map<string, Evaluation>();

  constructor({ testbeds, evaluations }: Opening, records: Records) {
    this.#testbeds = new Map(testbeds.map((testbed) => [testbed.name, testbed]));
    this.#evaluations = evaluations;
    this.#records = records;
    for (const record of records.all) this.#account(record);
  }

  describe(): ScorerDescription {
    const { torn } = this.#records;
    return {
      feedback: "exact",
      evaluations: this.#evaluations,
      testbeds: [...this.#testbeds.values()].map(({ name, classes, ids, seeds }) => ({ name, classes, ids, seeds })),
      notices:
        torn > 0
          ? [
              `The last ${torn} bytes of the records were a line that was cut off before anybody was answered; they were removed.`,
            ]
          : [],
    };
  }

  /** Appends a record, or finds the one with this key. What it throws depends on no label, and costs nothing. */
  evaluate(request: EvaluateRequest): Evaluation {
    const { author, method, key, snapshot, baseline = false } = request;
    const earlier = key === undefined ? undefined : this.#byKey.get(keyOf(author, baseline, key));
    if (earlier) return earlier;
    const testbed = this.#testbedOf(request);
    checkPredictions(request, testbed);
    const left = this.#evaluations - (this.#spent.get(author) ?? 0);
    if (!baseline && left <= 0) {
      throw new WeakToStrongError(
        "exhausted",
        `evaluate: ${author} has spent all of its ${this.#evaluations} evaluations. None comes back; measure on the training data instead, and write up.`,
      );
    }
    const index = this.#records.all.length;
    const draft = {
      id: `e${index}`,
      index,
      author,
      testbed: testbed.name,
      method,
      seeds: request.predictions.map(({ seed }) => seed),
      at: new Date().toISOString(),
      ...scoreOf(request, testbed),
      improved: false,
      ...(snapshot !== undefined && { snapshot }),
      baseline,
      left: Math.max(0, baseline ? left : left - 1),
    };
    const evaluation = { ...draft, improved: betterThan(draft, this.#best.get(bestKey(draft))) };
    const record = { evaluation, ...(key !== undefined && { key }) };
    this.#records.append(record);
    this.#account(record);
    return evaluation;
  }

  #account({ evaluation, key }: KeyedEvaluation): void {
    const { author, baseline } = evaluation;
    if (key !== undefined) this.#byKey.set(keyOf(author, baseline, key), evaluation);
    if (!baseline) this.#spent.set(author, (this.#spent.get(author) ?? 0) + 1);
    if (evaluation.improved) this.#best.set(bestKey(evaluation), evaluation);
  }

  #testbedOf({ testbed: name }: EvaluateRequest): SealedOnWire {
    const found = this.#testbeds.get(name);
    if (found) return found;
    const names = [...this.#testbeds.keys()].map((known) => `"${known}"`).join(", ");
    throw new WeakToStrongError("not_found", `evaluate: testbed: expected ${names}, found ${JSON.stringify(name)}.`);
  }
}

function keyOf(author: string, baseline: boolean, what: string): string {
  return JSON.stringify([baseline, author, what]);
}

function bestKey(evaluation: Evaluation): string {
  return JSON.stringify([competitorOf(evaluation), evaluation.testbed]);
}

function checkPredictions({ predictions }: EvaluateRequest, { ids, classes, seeds }: SealedOnWire): void {
  const seen = new Set<number>();
  for (const [at, { seed, probabilities }] of predictions.entries()) {
    const field = `predictions[${at}]`;
    if (!seeds.includes(seed)) {
      throw new WeakToStrongError(
        "bad_input",
        `evaluate: ${field}.seed: expected one of ${seeds.join(", ")}, found ${seed}.`,
      );
    }
    if (seen.has(seed)) {
      throw new WeakToStrongError("bad_input", `evaluate: ${field}.seed: ${seed} stands twice; give one entry a seed.`);
    }
    seen.add(seed);
    checkProbabilities(probabilities, ids.length, classes, `evaluate: ${field}.probabilities`);
  }
}

/** Accuracy, and PGR against teacher and ceiling of the same seeds, so that what belongs to one seed is paired. */
function scoreOf(
  { method, predictions }: EvaluateRequest,
  testbed: SealedOnWire,
): Pick<Evaluation, "accuracy" | "pgr"> {
  const labels = Int32Array.from(testbed.labels);
  const ofMetric = (name: "accuracy" | "brier"): Float64Array[] =>
    predictions.map(({ seed, probabilities }) => scoresOf(metricOf(name), probabilities, labels, { method, seed }));
  const correct = ofMetric("accuracy");
  const at = predictions.map(({ seed }) => testbed.seeds.indexOf(seed));
  return {
    accuracy: mean(correct.map(mean)),
    pgr: pgr({
      weak: at.map((s) => testbed.weak[s]!),
      transfer: testbed.metric === "accuracy" ? correct : ofMetric(testbed.metric),
      ceiling: at.map((s) => testbed.ceiling[s]!),
      ...(testbed.groups && { groups: testbed.groups }),
    }),
  };
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
