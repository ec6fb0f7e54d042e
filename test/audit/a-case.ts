import type { AuditCase, Query } from "../../src/audit/case.js";
import type { Input } from "../../src/data/dataset.js";
import { type Matrix, matrix } from "../../src/data/matrix.js";
import { random } from "../../src/data/random.js";
import { type Snapshot, snapshot } from "../../src/data/snapshot.js";
import type { Receipt, SubmissionResult, SubmissionRun } from "../../src/scorer.js";

/** Files by path. */
export type Files = Readonly<Record<string, string | Uint8Array>>;

export function codeOf(files: Files): Snapshot {
  return snapshot(
    Object.entries(files).map(([path, content]) => ({
      path,
      executable: false,
      content: typeof content === "string" ? new TextEncoder().encode(content) : content,
    })),
  );
}

/** The naive method, as method authors are shown it. */
export const naive = `def fit(context):
    fitted = context.fit(context.weak)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`;

export interface CaseSetup {
  readonly files?: Files;
  readonly inputs?: readonly Input[];
  readonly traces?: Partial<SubmissionRun["traces"]>;
  readonly queries?: readonly Query[];
  readonly transcript?: AuditCase["transcript"];
  readonly writeUp?: string;
  readonly author?: string;
  readonly team?: Team;
}

const receipt: Receipt = {
  ledger: "ledger",
  seq: 0,
  prev: "",
  at: "2026-11-21T12:00:00.000Z",
  type: "submission",
  released: null,
  entry: "e0",
  head: { count: 1, hash: "e0" },
  signature: "",
};

export function submissionOf(setup: CaseSetup = {}): SubmissionResult {
  const { files = { "method.py": naive }, author = "ada", writeUp, traces, inputs, team } = setup;
  const rows = Int32Array.from({ length: team?.truth.length ?? inputs?.length ?? 4 }, (_, i) => i);
  const run: SubmissionRun = {
    teacherSeed: 5,
    seed: 77,
    rows,
    predictions: matrix(Array.from(rows, () => [0.4, 0.6])),
    seconds: { fit: 1, predict: 1 },
    traces: { canaries: [], processes: {}, refused: [], opened: [], ...traces },
  };
  return {
    type: "submission",
    id: "s0",
    index: 0,
    author,
    testbed: "reviews",
    method: "mine",
    at: "2026-11-21T12:00:00.000Z",
    left: 3,
    receipt,
    code: "hash",
    outcome: "better",
    seconds: 5,
    baseline: false,
    writeUp:
      writeUp ?? "The student learns the weak labels as they are; without warm-up it loses one point of accuracy.",
    program: { type: "program", snapshot: codeOf(files), file: "method.py" },
    runs: [run],
    audits: [],
    standing: "unaudited",
  };
}

/** A whole case about honest work, but for what the setup says. */
export function aCase(setup: CaseSetup = {}): AuditCase {
  const { queries = [], transcript = [], team } = setup;
  const submission = submissionOf(setup);
  const inputs =
    setup.inputs ?? Array.from(submission.runs[0]!.rows, (i) => ({ text: `The film number ${i} was rather good.` }));
  const rows = { inputs };
  const even = matrix(inputs.map(() => [0.5, 0.5]));
  return {
    submission,
    testbed: {
      name: "reviews",
      kind: "classification",
      classes: 2,
      train: { inputs: [{ text: "A train row." }] },
      test: rows,
      development: submission.runs[0]!.rows,
      final: submission.runs[0]!.rows,
      score: (_, rows) => new Float64Array(rows.length),
    },
    references: [{ weakLabels: matrix([[0.5, 0.5]]), weak: team?.weak ?? even, ceiling: team?.ceiling ?? even }],
    peers: team?.peers ?? [],
    ...(submission.program.type === "program" && { code: submission.program.snapshot }),
    queries,
    transcript,
    rerun: async () => undefined,
  };
}

/** Models of one simulated testbed: they share how hard each row is, and differ in skill and in noise of their own. */
export interface Team {
  readonly truth: readonly number[];
  readonly weak: Matrix;
  readonly ceiling: Matrix;
  readonly peers: AuditCase["peers"];
  /** Probabilities of a new method with this skill (teacher 0, ceiling 1). */
  method(skill: number): Matrix;
  /** The same method trained a little otherwise. */
  variant(of: Matrix): Matrix;
  uniform(): number;
}

export function aTeam(seed: number, rows: number, gap = 0.6): Team {
  const uniform = random("team", seed, rows);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const draw = () => Array.from({ length: rows }, normal);
  const truth = Array.from({ length: rows }, () => (uniform() < 0.5 ? 0 : 1));
  const [difficulty, teacher] = [draw(), draw()];
  const model = (skill: number, own: number) => {
    const noise = draw();
    const logits = truth.map((label, i) => {
      const signal = (0.3 + gap * skill) * (2 * label - 1);
      return signal + 0.8 * difficulty[i]! + (1 - skill) * teacher[i]! + own * noise[i]!;
    });
    return probabilities(logits);
  };
  return {
    truth,
    weak: model(0, 0.3),
    ceiling: model(1, 0.3),
    peers: [0.2, 0.5, 0.7].map((skill) => ({ method: `peer ${skill}`, predictions: [model(skill, 0.4)] })),
    method: (skill) => model(skill, 0.3 + 0.5 * uniform()),
    variant: (of) => {
      const size = 0.05 + 0.4 * uniform();
      return probabilities(Array.from({ length: rows }, (_, i) => logit(of.data[2 * i + 1]!) + size * normal()));
    },
    uniform,
  };
}

export function probabilities(logits: readonly number[]): Matrix {
  return matrix(logits.map((z) => [1 / (1 + Math.exp(z)), 1 / (1 + Math.exp(-z))]));
}

function logit(p: number): number {
  const q = Math.min(1 - 1e-6, Math.max(1e-6, p));
  return Math.log(q / (1 - q));
}
