import { argmax, checkProbabilities } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import type { EvaluateRequest, FeedbackMode, Score } from "../../scorer.js";
import { betterScore, competitorOf } from "../standings.js";
import type { Booked, Books } from "./books.js";
import { type HardPredictions, isBetter, nearDuplicate, releasedBits, shownOf } from "./feedback.js";
import type { KeptFiles } from "./files.js";
import { groupsOf, type Measured, measure, scoreOf } from "./measure.js";
import type { Opening, SealedOnWire } from "./testbed.js";

/** An evaluation that was scored itself: what later ones are compared with. */
interface Scored {
  readonly id: string;
  readonly seeds: readonly number[];
  readonly hard: HardPredictions;
  readonly measured: readonly Measured[];
}

/** Answers about the development part. What it knows besides the books is computed from them. */
export class Evaluating {
  readonly #opening: Opening;
  readonly #books: Books;
  readonly #files: KeptFiles;
  /** By testbed, in order. */
  readonly #scored = new Map<string, Scored[]>();
  /** By testbed and competitor. */
  readonly #best = new Map<string, Scored>();

  constructor(opening: Opening, books: Books, files: KeptFiles) {
    this.#opening = opening;
    this.#books = books;
    this.#files = files;
    for (const evaluation of books.evaluations) this.#recall(evaluation);
  }

  /** Appends a record, or finds the one with this key. What it throws depends on no label, and costs nothing. */
  evaluate(request: EvaluateRequest): Booked<"evaluation"> {
    const earlier = this.#books.found("evaluation", request);
    if (earlier) return earlier;
    const { author, method, key, snapshot, baseline = false } = request;
    const testbed = testbedNamed(this.#opening, request.testbed);
    const { feedback } = this.#opening;
    const predictions = checked(request, testbed, feedback);
    const left = this.#opening.evaluations - this.#books.spent("evaluation", author);
    if (!baseline && left <= 0) {
      throw new WeakToStrongError(
        "exhausted",
        `evaluate: ${author} has spent all of its ${this.#opening.evaluations} evaluations. None comes back; measure on the training data instead, and write up.`,
      );
    }
    const index = this.#books.answered.length;
    const asked = this.#measured({ id: `e${index}`, method, testbed, predictions });
    const queries = this.#asked(testbed.name) + 1;
    const known = this.#scored.get(testbed.name) ?? [];
    // What is most probable says all only where that is what is scored.
    const alike = feedback !== "exact" && testbed.metric === "accuracy";
    const near = alike ? nearest(asked, known, queries) : undefined;
    const meant = near ?? asked;
    const rows = testbed.parts.development;
    const exact = scoreOf(testbed, rows, meant.measured);
    const competitor = competitorKey(testbed.name, { author, method, baseline });
    const groups = groupsOf(testbed, rows);
    const above = isBetter(...aligned(meant, this.#bestOf(competitor, testbed)), queries, groups);
    const shown = feedback !== "ladder" || above || baseline ? shownOf(feedback, exact) : undefined;
    const released = {
      type: "evaluation" as const,
      id: asked.id,
      index,
      author,
      testbed: testbed.name,
      method,
      at: new Date().toISOString(),
      left: Math.max(0, baseline ? left : left - 1),
      seeds: asked.seeds,
      feedback,
      ...(shown && { score: shown }),
      improved: feedback === "ladder" && !baseline ? above : betterScore(shown!, this.#bestShown(competitor)),
      ...(near && { sameAs: near.id }),
      ...(snapshot !== undefined && { snapshot }),
      baseline,
    };
    const kept = this.#files.keepPredictions(predictions.map(({ probabilities }) => probabilities));
    const hidden = {
      score: near ? scoreOf(testbed, rows, asked.measured) : exact,
      predictions: kept,
      ...(key !== undefined && { key }),
    };
    const booked = this.#books.append("evaluation", { ...released, seeds: [...released.seeds] }, hidden);
    this.#learn(booked, asked);
    return booked;
  }

  /** What an evaluation asked about, with the accuracy of each seed. */
  asked({ released, hidden }: Booked<"evaluation">) {
    const testbed = testbedNamed(this.#opening, released.testbed);
    const matrices = this.#files.predictions(hidden.predictions);
    return released.seeds.map((seed, at) => {
      const probabilities = matrices[at]!;
      const asked = { seed, probabilities, method: released.method };
      const { correct } = measure(testbed, testbed.parts.development, asked);
      return { seed, probabilities, accuracy: correct.reduce((sum, one) => sum + one, 0) / correct.length };
    });
  }

  /** How many bits about labels all answers so far can have told at most. */
  bits(): number {
    return this.#opening.testbeds.reduce((sum, { name, parts }) => {
      const own = this.#books.evaluations.filter(({ released }) => released.testbed === name && !released.baseline);
      const shown = own.filter(({ released }) => released.score !== undefined).length;
      const told = { n: parts.development.length, queries: own.length, shown };
      return sum + (own.length === 0 ? 0 : releasedBits(this.#opening.feedback, told));
    }, 0);
  }

  /** The lab's queries about a testbed. */
  #asked(testbed: string): number {
    return this.#books.evaluations.filter(({ released }) => released.testbed === testbed && !released.baseline).length;
  }

  #measured(one: {
    readonly id: string;
    readonly method: string;
    readonly testbed: SealedOnWire;
    readonly predictions: EvaluateRequest["predictions"];
  }): Scored {
    const { id, method, testbed, predictions } = one;
    const rows = testbed.parts.development;
    return {
      id,
      seeds: predictions.map(({ seed }) => seed),
      hard: predictions.map(({ probabilities }) => Uint16Array.from(argmax(probabilities))),
      measured: predictions.map((entry) => measure(testbed, rows, { ...entry, method })),
    };
  }

  #recall(evaluation: Booked<"evaluation">): void {
    const { released, hidden } = evaluation;
    const testbed = testbedNamed(this.#opening, released.testbed);
    const matrices = this.#files.predictions(hidden.predictions);
    const predictions = released.seeds.map((seed, at) => ({ seed, probabilities: matrices[at]! }));
    this.#learn(evaluation, this.#measured({ id: released.id, method: released.method, testbed, predictions }));
  }

  #learn({ released }: Booked<"evaluation">, asked: Scored): void {
    const { testbed, sameAs, improved } = released;
    const known = this.#scored.get(testbed) ?? [];
    this.#scored.set(testbed, known);
    const meant = sameAs === undefined ? asked : known.find(({ id }) => id === sameAs)!;
    if (sameAs === undefined) known.push(asked);
    if (improved) this.#best.set(competitorKey(testbed, released), meant);
  }

  /** What a competitor's next evaluation has to beat: its own best, the baseline that all begin with, or the teacher. */
  #bestOf(competitor: string, testbed: SealedOnWire): Pick<Scored, "seeds" | "measured"> {
    const own = this.#best.get(competitor);
    if (own) return own;
    const first = this.#books.evaluations.find(
      ({ released }) => released.baseline && released.testbed === testbed.name,
    )?.released;
    const id = first && (first.sameAs ?? first.id);
    const baseline = this.#scored.get(testbed.name)?.find((one) => one.id === id);
    if (baseline) return baseline;
    const measured = testbed.seeds.map((seed, at): Measured => {
      const scores = Float64Array.from(testbed.parts.development, (row) => testbed.weak[at]![row]!);
      return { seed, scores, correct: scores };
    });
    return { seeds: testbed.seeds, measured };
  }

  #bestShown(competitor: string): Score | undefined {
    const own = this.#books.evaluations.findLast(
      ({ released }) => released.improved && competitorKey(released.testbed, released) === competitor,
    );
    return own?.released.score;
  }
}

export function testbedNamed({ testbeds }: Opening, name: string): SealedOnWire {
  const found = testbeds.find((testbed) => testbed.name === name);
  if (found) return found;
  const names = testbeds.map((known) => `"${known.name}"`).join(", ");
  throw new WeakToStrongError("not_found", `testbed: expected ${names}, found ${JSON.stringify(name)}.`);
}

function competitorKey(testbed: string, record: Parameters<typeof competitorOf>[0]): string {
  return JSON.stringify([testbed, competitorOf(record)]);
}

/** Of those that predicted the same seeds. */
function nearest(asked: Scored, known: readonly Scored[], queries: number): Scored | undefined {
  const same = known.filter(
    ({ seeds }) => seeds.length === asked.seeds.length && seeds.every((seed, at) => seed === asked.seeds[at]),
  );
  const at = nearDuplicate(
    asked.hard,
    same.map(({ hard }) => hard),
    queries,
  );
  return at === undefined ? undefined : same[at];
}

/** Scores a seed, with those of the other in the same order of seeds where it has them all. */
function aligned(
  one: Pick<Scored, "seeds" | "measured">,
  best: Pick<Scored, "seeds" | "measured">,
): [Float64Array[], Float64Array[]] {
  const opposite = one.seeds.map((seed) => best.measured[best.seeds.indexOf(seed)]);
  const paired = opposite.every((entry) => entry !== undefined) ? opposite : best.measured;
  return [one.measured.map(({ scores }) => scores), paired.map((entry) => entry!.scores)];
}

/** In the order of seeds. */
function checked(
  { predictions }: EvaluateRequest,
  { parts, classes, seeds }: SealedOnWire,
  feedback: FeedbackMode,
): EvaluateRequest["predictions"] {
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
    checkProbabilities(probabilities, parts.development.length, classes, `evaluate: ${field}.probabilities`);
  }
  // Who may leave seeds out picks those that are kind.
  if (feedback !== "exact" && seen.size < seeds.length) {
    throw new WeakToStrongError(
      "bad_input",
      `evaluate: predictions: expected all seeds, ${seeds.join(", ")}, found ${[...seen].join(", ")}: under the feedback "${feedback}" none can be left out.`,
    );
  }
  return [...predictions].sort((one, other) => one.seed - other.seed);
}
