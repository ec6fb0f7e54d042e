import { randomBytes, randomInt } from "node:crypto";
import type { CleanRun, Code } from "../../clean-room.js";
import { checkProbabilities, type Matrix, takeRows } from "../../data/matrix.js";
import { random, shuffled } from "../../data/random.js";
import { WeakToStrongError } from "../../errors.js";
import type { SubmitRequest } from "../../scorer.js";
import { exampleMeans } from "../../stats/crossed.js";
import type { Booked, BookedSubmission, Books } from "./books.js";
import { testbedNamed } from "./evaluating.js";
import { betterBits, isBetter } from "./feedback.js";
import type { KeptFiles, KeptPredictions } from "./files.js";
import { groupsOf, type Measured, measure, scoreOf } from "./measure.js";
import { roundedUp } from "./rounding.js";
import type { Opening, SealedOnWire } from "./testbed.js";

/** What is to be run in the clean room. */
export interface Begun {
  readonly id: string;
  readonly testbed: string;
  readonly code: Code;
  readonly runs: readonly DrawnRun[];
}

export interface DrawnRun {
  readonly teacherSeed: number;
  readonly seed: number;
  /** Every row of every part, shuffled: the method cannot tell which is which. */
  readonly rows: Int32Array;
}

/** Draws what submitted methods are run on, and scores what came of it. */
export class Submitting {
  readonly #opening: Opening;
  readonly #books: Books;
  readonly #files: KeptFiles;

  constructor(opening: Opening, books: Books, files: KeptFiles) {
    this.#opening = opening;
    this.#books = books;
    this.#files = files;
  }

  /** Takes a submission into the books, or finds the one with this key; seeds are drawn now that the code is frozen. */
  begin(request: SubmitRequest): BookedSubmission {
    const earlier = this.#books.found("submission", request);
    if (earlier) return earlier;
    const { author, method, writeUp, code, key, baseline = false } = request;
    const testbed = testbedNamed(this.#opening, request.testbed);
    if (testbed.parts.final.length === 0) {
      throw new WeakToStrongError("unsupported", `submit: the testbed "${testbed.name}" has no final part here.`);
    }
    const left = this.#left(author);
    if (!baseline && left <= 0) {
      throw new WeakToStrongError(
        "exhausted",
        `submit: ${author} has spent all of its ${this.#opening.submissions} submissions. None comes back.`,
      );
    }
    const drawn = shuffled(testbed.sealedSeeds, random("teachers", randomBytes(16).toString("hex")));
    // In one order whoever draws them, so that what belongs to a teacher can be paired.
    const chosen = drawn.slice(0, this.#opening.runs).sort((one, other) => one - other);
    const runs = chosen.map((teacherSeed) => ({
      teacherSeed,
      seed: randomInt(2 ** 31),
      order: randomBytes(16).toString("hex"),
    }));
    const id = `s${this.#books.submissions.size}`;
    const hash = this.#files.keepCode(code);
    return this.#books.append(
      "submission",
      { id, author, testbed: testbed.name, method, code: hash, baseline },
      { writeUp, runs, ...(key !== undefined && { key }) },
    ) as BookedSubmission;
  }

  begun({ released, hidden }: BookedSubmission): Begun {
    const testbed = testbedNamed(this.#opening, released.testbed);
    return {
      id: released.id,
      testbed: testbed.name,
      code: this.#files.code(released.code),
      runs: hidden.runs.map(({ teacherSeed, seed, order }) => ({
        teacherSeed,
        seed,
        rows: rowsOf(testbed.parts, order),
      })),
    };
  }

  /** Scores the runs of a submission, once; what its author learns of it is whether it is better. */
  finish(id: string, runs: readonly CleanRun[]): Booked<"result"> {
    const submission = this.#books.submissions.get(id);
    if (!submission) throw new WeakToStrongError("not_found", `submit: there is no submission ${id}.`);
    if (submission.result) return submission.result;
    const { author, method, baseline } = submission.released;
    const testbed = testbedNamed(this.#opening, submission.released.testbed);
    const drawn = submission.hidden.runs;
    if (runs.length !== drawn.length) {
      throw new WeakToStrongError("protocol", `submit: expected ${drawn.length} runs, found ${runs.length}.`);
    }
    const outcomes = runs.map((run, at) => predictionsOf(run, testbed, drawn[at]!.order));
    const predictions = outcomes.map((outcome) => (typeof outcome === "string" ? null : outcome));
    const complete = predictions.every((entry) => entry !== null);
    const scores = complete && this.scores(submission, predictions);
    const rows = testbed.parts.final;
    const better =
      complete &&
      isBetter(
        ...paired(this.#final(submission, predictions), this.#best(submission)),
        this.#asked(testbed.name) + 1,
        groupsOf(testbed, rows),
      );
    const seconds = runs.reduce((sum, run) => sum + run.seconds.fit + run.seconds.predict, 0);
    const kept = this.#files.keepPredictions(predictions);
    return this.#books.append(
      "result",
      {
        type: "submission",
        id,
        index: this.#books.answered.length,
        author,
        testbed: testbed.name,
        method,
        at: new Date().toISOString(),
        left: this.#left(author),
        code: submission.released.code,
        outcome: complete ? (better ? "better" : "not-better") : "failed",
        seconds: roundedUp(seconds),
        baseline,
      },
      {
        runs: runs.map(({ seconds, traces }, at) => ({
          seconds,
          traces: {
            canaries: [...traces.canaries],
            processes: { ...traces.processes },
            refused: [...traces.refused],
            opened: [...traces.opened],
          },
          ...(typeof outcomes[at] === "string" && { failure: outcomes[at] }),
        })),
        predictions: kept,
        ...(scores && { scores }),
      },
    );
  }

  /** What a complete submission scores on each part that is open. */
  scores(submission: BookedSubmission, predictions: KeptPredictions) {
    const testbed = testbedNamed(this.#opening, submission.released.testbed);
    const { development, final } = testbed.parts;
    const of = (rows: readonly number[]) =>
      scoreOf(testbed, rows, measuredRuns(testbed, rows, submission, predictions));
    return { development: of(development), final: of(final) };
  }

  /** Its runs on any rows of the test split. */
  measured(submission: BookedSubmission, rows: readonly number[]): readonly Measured[] | undefined {
    const result = submission.result;
    if (!result?.hidden.scores) return undefined;
    const testbed = testbedNamed(this.#opening, submission.released.testbed);
    return measuredRuns(testbed, rows, submission, this.#files.predictions(result.hidden.predictions));
  }

  #final(submission: BookedSubmission, predictions: KeptPredictions): readonly Measured[] {
    const testbed = testbedNamed(this.#opening, submission.released.testbed);
    return measuredRuns(testbed, testbed.parts.final, submission, predictions);
  }

  /** What it has to beat: the author's last that was better, the baseline that all begin with, or the teacher. */
  #best(submission: BookedSubmission): readonly Measured[] {
    const { author, testbed: name, method, baseline } = submission.released;
    const testbed = testbedNamed(this.#opening, name);
    const { final } = testbed.parts;
    const own = [...this.#books.submissions.values()].findLast(
      ({ released, result }) =>
        result?.released.outcome === "better" &&
        released.author === author &&
        released.testbed === name &&
        released.baseline === baseline &&
        (!baseline || released.method === method),
    );
    if (own) return this.measured(own, final)!;
    const lists = testbed.baselines[0]?.scores ?? testbed.weak.slice(testbed.seeds.length);
    return submission.hidden.runs.map(({ teacherSeed }) => {
      const list = lists[testbed.sealedSeeds.indexOf(teacherSeed)]!;
      const scores = Float64Array.from(final, (row) => list[row]!);
      return { seed: teacherSeed, scores, correct: scores };
    });
  }

  /** How many bits about labels of the final part the answers can have told at most. */
  bits(): number {
    return this.#opening.testbeds.reduce((sum, { name }) => {
      const own = [...this.#books.submissions.values()].filter(
        ({ released, result }) => result && released.testbed === name && !released.baseline,
      );
      const better = own.filter(({ result }) => result!.released.outcome === "better").length;
      return sum + (own.length === 0 ? 0 : betterBits(own.length, better));
    }, 0);
  }

  /** All that the lab has asked about a testbed: what is handed in was chosen by evaluations, too. */
  #asked(testbed: string): number {
    const finished = [...this.#books.submissions.values()].filter(({ result }) => result);
    const all = [...finished, ...this.#books.evaluations];
    return all.filter(({ released }) => released.testbed === testbed && !released.baseline).length;
  }

  #left(author: string): number {
    return Math.max(0, this.#opening.submissions - this.#books.spent("submission", author));
  }
}

/** Every row of every part, in the order in which a run is shown them. */
export function rowsOf(parts: SealedOnWire["parts"], order: string): Int32Array {
  const all = [...parts.development, ...parts.final, ...parts.vault];
  return Int32Array.from(shuffled(all, random("rows", order)));
}

function measuredRuns(
  testbed: SealedOnWire,
  rows: readonly number[],
  { released, hidden }: BookedSubmission,
  predictions: KeptPredictions,
): readonly Measured[] {
  return hidden.runs.map(({ teacherSeed, order }, at) => {
    const places = new Map(Array.from(rowsOf(testbed.parts, order), (row, place) => [row, place]));
    const probabilities = takeRows(
      predictions[at]!,
      rows.map((row) => places.get(row)!),
    );
    return measure(testbed, rows, { seed: teacherSeed, probabilities, method: released.method });
  });
}

/** What a run predicted, or how it failed. */
function predictionsOf(run: CleanRun, testbed: SealedOnWire, order: string): Matrix | string {
  if (run.status === "failed") return `${run.phase}: ${run.detail}`;
  try {
    checkProbabilities(run.predictions, rowsOf(testbed.parts, order).length, testbed.classes, "predict");
    return run.predictions;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Scores run by run where both were taught by the same teachers, else their means over runs. */
function paired(one: readonly Measured[], best: readonly Measured[]): [Float64Array[], Float64Array[]] {
  const scoresOf = (list: readonly Measured[]): Float64Array[] => list.map(({ scores }) => scores);
  const same = one.length === best.length && one.every(({ seed }, at) => seed === best[at]!.seed);
  if (same) return [scoresOf(one), scoresOf(best)];
  return [[exampleMeans(scoresOf(one))], [exampleMeans(scoresOf(best))]];
}
