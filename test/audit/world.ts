import { type Input, type Matrix, matrix, pgr } from "weak-to-strong";
import type { AuditCase, AuditHoldout, AuditTestbed, Query, Rerun } from "../../src/audit/case.js";
import { type Columns, ridge, upTo } from "../../src/audit/ridge.js";
import { argmax } from "../../src/data/matrix.js";
import { random } from "../../src/data/random.js";
import type { Receipt, Score } from "../../src/scorer.js";

/** Answers to questions by four authors, some of whom are better, in styles of their own; most answers to a question are right. */
export interface World {
  readonly train: Part;
  readonly test: Part;
  /** What a strong student sees of inputs, and what a weak teacher does. */
  readonly strong: (part: Part) => Columns;
  readonly coarse: (part: Part) => Columns;
}

export interface Part {
  readonly inputs: readonly Input[];
  readonly groups: Int32Array;
  readonly answers: readonly string[];
  readonly authors: readonly number[];
  readonly truth: Int32Array;
  /** Counts of meaningful words, which strong students read. */
  readonly meaning: Columns;
}

const vocabulary = 60;

/** A seeded world; `perGroup` answers to each question, of whose wrong ones a share are the same. */
export function world(seed: number, { questions = 300, perGroup = 4, wrongTogether = 0.35 } = {}): World {
  const weights = random("meaning", seed);
  const lean = Array.from({ length: vocabulary }, () => 1.1 * (weights() - 0.5));
  const part = (name: string): Part => {
    const draw = random(name, seed);
    const rows = Array.from({ length: questions }, (_, q) => {
      const right = Math.floor(draw() * 90);
      const wrong = Math.floor(draw() * 90);
      const topic = Math.floor(draw() * 6);
      return Array.from({ length: perGroup }, () => {
        const author = Math.floor(draw() * 4);
        const truth = Number(draw() < [0.72, 0.6, 0.45, 0.35][author]!);
        const answer = truth ? right : draw() < wrongTogether ? wrong : Math.floor(draw() * 90);
        return { q, topic, author, truth, answer, ...told(author, truth, answer, topic, lean, draw) };
      });
    }).flat();
    return {
      inputs: rows.map(({ q, topic, text }) => ({
        question: `Topic ${topic}: what is asked in number ${q}?`,
        choice: text,
      })),
      groups: Int32Array.from(rows, ({ q }) => q),
      answers: rows.map(({ answer }) => String(answer)),
      authors: rows.map(({ author }) => author),
      truth: Int32Array.from(rows, ({ truth }) => truth),
      meaning: Array.from({ length: vocabulary }, (_, w) => Float64Array.from(rows, ({ counts }) => counts[w]!)),
    };
  };
  return {
    train: part("train"),
    test: part("test"),
    strong: ({ meaning }) => meaning,
    coarse: blurred,
  };
}

/** Sums over words, misread in places: a student who reads well can average these mistakes out. */
function blurred({ meaning }: Part): Columns {
  const misread = random("misread", meaning[0]!.length);
  return Array.from({ length: 12 }, (_, k) =>
    meaning[0]!.map((_, i) =>
      meaning.reduce((sum, word, w) => sum + (w % 12 === k ? word[i]! : 0), 4 * (misread() - 0.5)),
    ),
  );
}

function told(
  author: number,
  truth: number,
  answer: number,
  topic: number,
  lean: readonly number[],
  draw: () => number,
) {
  const counts = new Float64Array(vocabulary);
  // A topic speaks with words of its own, so that inputs have regions.
  const odds = lean.map((value, w) => Math.exp((truth ? value : -value) + (w % 6 === topic ? 1.5 : 0)));
  const whole = odds.reduce((sum, value) => sum + value, 0);
  const words = Array.from({ length: 10 + Math.floor(draw() * 8) }, () => {
    let left = draw() * whole;
    let w = 0;
    while (w < vocabulary - 1 && left > odds[w]!) left -= odds[w++]!;
    counts[w]!++;
    return `w${"abcdefghij"[w % 10]}${"klmnopqrst"[Math.floor(w / 10)]}`;
  });
  const said = words.join(" ");
  const text = [
    `So ${said}.\nA: ${answer}`,
    `${said}\n#### ${answer}`,
    `First, ${said}; thus <<${answer}>>`,
    `- ${said}\n- answer = ${answer}`,
  ][author]!;
  return { counts, text };
}

/** A linear student: ridge regression on `columns` of the training part, asked about the test part. */
export function student(train: Columns, test: Columns, penalty = 20): (softLabels: Matrix) => Matrix {
  const rows = train[0]!.length;
  const fit = ridge(
    train,
    Int32Array.from({ length: rows }, (_, i) => i),
    penalty,
  );
  return ({ data, columns }) => {
    const predict = fit(Float64Array.from({ length: rows }, (_, i) => data[i * columns + 1]!));
    return probabilities(predict(test, upTo(test[0]!.length)));
  };
}

/** P(class 1), kept inside (0, 1), as a matrix of two columns. */
export function probabilities(ofOne: ArrayLike<number>): Matrix {
  return matrix(Array.from(ofOne, (p) => [1 - Math.min(0.99, Math.max(0.01, p)), Math.min(0.99, Math.max(0.01, p))]));
}

export function hardLabels(labels: ArrayLike<number>): Matrix {
  return probabilities(Array.from(labels));
}

const receipt: Receipt = {
  ledger: "ledger",
  seq: 0,
  prev: "",
  at: "2026-11-21T00:00:00.000Z",
  type: "submission",
  released: {},
  entry: "",
  head: { count: 1, hash: "" },
  signature: "",
};

/** A method on a world: classes of the test rows for any weak labels. */
export type WorldMethod = (weakLabels: Matrix, seed: number) => Matrix;

/** What detectors are handed of a submission of `method`, and of `peers`, with teachers of their own for each seed. */
export function caseOf(
  of: World,
  method: WorldMethod,
  {
    seeds = 3,
    peers = {},
    queries = [],
    scores,
    rerun,
    holdouts = [],
  }: {
    readonly seeds?: number;
    readonly peers?: Readonly<Record<string, WorldMethod>>;
    readonly queries?: readonly Query[];
    readonly scores?: { readonly development: Score; readonly final: Score };
    readonly rerun?: (request: Rerun) => Promise<Matrix | undefined>;
    readonly holdouts?: readonly AuditHoldout[];
  } = {},
): AuditCase & { readonly reruns: Rerun[] } {
  const n = of.test.truth.length;
  const all = upTo(n);
  const references = referencesOf(of, seeds);
  const reruns: Rerun[] = [];
  const development = all.slice(0, n / 2);
  const answered = references.map(({ weakLabels }, s) => method(weakLabels, s));
  return {
    reruns,
    submission: {
      type: "submission",
      id: "submission",
      index: 0,
      author: "a",
      testbed: "world",
      method: "mine",
      at: "2026-11-21T00:00:00.000Z",
      left: 1,
      receipt,
      code: "code",
      outcome: "better",
      seconds: 1,
      baseline: false,
      writeUp: "none",
      program: { type: "library", name: "mine", options: {} },
      audits: [],
      standing: "unaudited",
      runs: answered.map((predictions, s) => ({
        teacherSeed: 100 + s,
        seed: s,
        predictions,
        rows: all,
        seconds: { fit: 1, predict: 1 },
        traces: { canaries: [], processes: {}, refused: [], opened: [] },
      })),
      scores: scores ?? {
        development: scored(of, references, answered, development),
        final: scored(of, references, answered, all.slice(n / 2)),
      },
    },
    testbed: {
      name: "world",
      kind: "verification",
      classes: 2,
      train: shownOf(of.train),
      test: shownOf(of.test),
      development,
      final: all.slice(n / 2),
      score: scoreOf(of),
    },
    references,
    holdouts,
    peers: Object.entries(peers).map(([name, peer]) => ({
      method: name,
      predictions: references.map(({ weakLabels }, s) => peer(weakLabels, s)),
    })),
    queries,
    transcript: [],
    async rerun(request) {
      if (request.reference) return referenceOn(of)(request.weakLabels);
      reruns.push(request);
      return rerun ? rerun(request) : method(request.weakLabels, request.seed ?? request.run);
    },
  };
}

/** Another world as a hidden holdout: what `method` does there. */
export function holdoutOf(of: World, name: string, method: WorldMethod, seeds = 2): AuditHoldout {
  const all = upTo(of.test.truth.length);
  return {
    testbed: {
      ...{ name, kind: "verification", classes: 2, final: all, development: new Int32Array(), score: scoreOf(of) },
      train: shownOf(of.train),
      test: shownOf(of.test),
    },
    references: referencesOf(of, seeds),
    rerun: async ({ run, weakLabels, seed, reference }) =>
      reference ? referenceOn(of)(weakLabels) : method(weakLabels, seed ?? run),
  };
}

function referencesOf(of: World, seeds: number) {
  const ceiling = referenceOn(of)(hardLabels(of.train.truth));
  return Array.from({ length: seeds }, (_, s) => ({ ...taught(of, 100 + s), ceiling }));
}

/** Plain training. */
function referenceOn(of: World): (weakLabels: Matrix) => Matrix {
  return student(of.strong(of.train), of.strong(of.test));
}

function scoreOf(of: World): AuditTestbed["score"] {
  return (predictions, rows) => {
    const classes = argmax(predictions);
    return Float64Array.from(rows, (row, at) => Number(classes[at] === of.test.truth[row]));
  };
}

/** A teacher that saw `labels` true labels and reads coarsely: its labels for the training part, and its test predictions. */
export function taught(of: World, seed: number, labels = 600): { readonly weakLabels: Matrix; readonly weak: Matrix } {
  const [train, test] = [of.coarse(of.train), of.coarse(of.test)];
  const draw = random("teacher", seed);
  const rows = Int32Array.from({ length: labels }, () => Math.floor(draw() * of.train.truth.length));
  const predict = ridge(train, rows, 10)(Float64Array.from(of.train.truth));
  const ask = (columns: Columns) => probabilities(predict(columns, upTo(columns[0]!.length)));
  return { weakLabels: ask(train), weak: ask(test) };
}

export function scored(
  of: World,
  references: readonly { readonly weak: Matrix; readonly ceiling: Matrix }[],
  answered: readonly Matrix[],
  rows: Int32Array,
): Score {
  const right = (m: Matrix) => {
    const classes = argmax(m);
    return Array.from(rows, (i) => Number(classes[i] === of.test.truth[i]));
  };
  const transfer = answered.map(right);
  const value = pgr({
    weak: references.map(({ weak }) => right(weak)),
    ceiling: references.map(({ ceiling }) => right(ceiling)),
    transfer,
    groups: rows.map((i) => of.test.groups[i]!),
  });
  return { accuracy: transfer.flat().reduce((sum, one) => sum + one, 0) / transfer.flat().length, pgr: value };
}

function shownOf({ inputs, groups, answers }: Part) {
  return { inputs, groups, answers };
}
