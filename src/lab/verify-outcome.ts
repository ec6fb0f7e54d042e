import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { shownStanding } from "./best.js";
import type { ScorerCheck } from "./defaults.js";
import { type LabRecord, type LabSubmission, parseLabRecord } from "./record.js";
import { labStandings } from "./standings.js";

type Check = ScorerCheck["checks"][number];
type Judged = ScorerCheck["judged"][number];
type Difference = string | undefined;

const what = "outcome.json";

/** The outcome in a lab's folder; undefined where there is none, why where it cannot be read. */
export async function readOutcome(dir: string): Promise<LabRecord | Error | undefined> {
  try {
    return parseLabRecord(JSON.parse(await readFile(join(dir, what), "utf8")));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : (error as Error);
  }
}

/**
 * Whether the outcome says what the ledger says, of everything that a scorer has answered, judged and opened. One that
 * says exactly what stood before an audit, a verdict or the opening of the vault is older, and neither right nor wrong.
 */
export function verifyOutcome(scorer: ScorerCheck, record: LabRecord | Error | undefined): Check {
  if (record === undefined) return { what, status: "not checked", detail: "there is none yet." };
  if (record instanceof Error) return { what, status: "failed", detail: record.message };
  const newest = scorer.judged.at(-1);
  if (newest === undefined) {
    return { what, status: "not checked", detail: "the scores in it are hidden values, which are not there." };
  }
  const difference = differenceOfAnswers(record, scorer);
  if (difference !== undefined) return { what, status: "failed", detail: difference };
  const all = `${record.evaluations.length} evaluations and ${record.submissions.length} submissions, as in the ledger`;
  const then = scorer.judged.findLastIndex((judged) => differenceOfJudgements(record, judged) === undefined);
  if (then === -1) return { what, status: "failed", detail: differenceOfJudgements(record, newest)! };
  const next = scorer.judged[then + 1]?.last;
  if (next === undefined) return { what, status: "ok", detail: `${all}.` };
  const entry = `entry ${next.seq} of the ledger (${next.type})`;
  if (next.seq < madeAfter(record)) {
    return { what, status: "failed", detail: `it was made after ${entry}, and says what stood before.` };
  }
  return { what, status: "not checked", detail: `${all}; it is older than ${entry}, which is not in it.` };
}

/** The first thing that the scorer answered otherwise, in words. */
function differenceOfAnswers(record: LabRecord, { about, ledger, evaluations, results }: ScorerCheck): Difference {
  const { feedback, testbeds, standings, submissions, detectors } = record;
  if (record.ledger && record.ledger.id !== ledger) return `it is of the ledger ${record.ledger.id}.`;
  const described = { feedback, testbeds: testbeds.map(({ name, rows, seeds }) => ({ name, rows, seeds })) };
  const odd = differentField(described, about as object);
  if (odd !== undefined) return `its ${odd} is not the ledger's.`;
  const known = new Map(results.filter(({ baseline }) => !baseline).map((result) => [result.id, result]));
  const missing =
    differenceOfIds("evaluations", record.evaluations, evaluations) ??
    differenceOfIds("submissions", submissions, [...known.values()]);
  if (missing !== undefined) return missing;
  for (const [at, { hours: _, receipt, ...said }] of record.evaluations.entries()) {
    const field = eitherField(said, evaluations[at]!);
    if (field !== undefined) return `evaluation ${said.id}: its ${field} is not the ledger's.`;
    if (receipt.ledger !== ledger) return `evaluation ${said.id}: its receipt is of the ledger ${receipt.ledger}.`;
  }
  const heard = results.flatMap(({ audits }) => audits.flatMap(({ findings }) => findings));
  const silenced = heard.find(({ detector }) => !detectors.includes(detector));
  if (silenced) return `its detectors leave out ${silenced.detector}, which the ledger has findings of.`;
  const names = testbeds.map(({ name }) => name);
  const controls = standings.filter(({ control }) => control).map(({ name }) => name);
  if (!same(standings, labStandings(record.evaluations, names, controls))) {
    return "its standings do not follow from the ledger.";
  }
  for (const said of submissions) {
    const { author: agent, testbed, method, at, code, receipt, outcome, writeUp, scores } = known.get(said.id)!;
    const field =
      differentField(said, { agent, testbed, method, at, code, receipt, outcome, writeUp }) ??
      eitherField(withoutVault(said.scores), withoutVault(scores));
    if (field !== undefined) return `submission ${said.id}: its ${field} is not the ledger's.`;
  }
  const finals = submissions.map(finalOf);
  return finals.some((final, at) => at > 0 && final > finals[at - 1]!)
    ? "its submissions do not stand in the order of their final scores."
    : undefined;
}

/** The first thing that was judged otherwise up to then, in words. */
function differenceOfJudgements({ submissions, confirmation, detectors }: LabRecord, then: Judged): Difference {
  for (const { id, standing, verdict, findings, scores } of submissions) {
    const judgement = then.submissions.get(id)!;
    const found = judgement.audits.flatMap((audit) =>
      audit.findings.map(({ detector, verdict, words }) => ({ detector, verdict, words })),
    );
    const vault = then.confirmation?.rows.find(({ submission }) => submission === id)?.vault;
    const field = differentField(
      { standing, verdict, findings, vault: scores?.vault },
      { standing: shownStanding(judgement, detectors), verdict: judgement.verdict, findings: found, vault },
    );
    if (field !== undefined) return `submission ${id}: its ${field} is not the ledger's.`;
  }
  if (same(confirmation, then.confirmation)) return undefined;
  if (!confirmation) return "the vault: what it said is left out.";
  const field = eitherField(confirmation, then.confirmation ?? {});
  return `the vault: its ${field} is not the ledger's.`;
}

/** How many entries the ledger had at least when this was made: it says so itself, and its receipts, which are signed. */
function madeAfter({ ledger, evaluations }: LabRecord): number {
  return Math.max(ledger?.count ?? 0, ...evaluations.map(({ receipt }) => receipt.head.count));
}

/** That these are all, each once. */
function differenceOfIds(name: string, said: readonly WithId[], known: readonly WithId[]): Difference {
  const [here, there] = [said, known].map((all) => all.map(({ id }) => id));
  const absent = there!.filter((id) => !here!.includes(id));
  if (absent.length > 0) return `its ${name} are not all of the ledger's: ${absent.join(", ")} is missing.`;
  return here!.length !== there!.length ? `it has ${name} that the ledger has not.` : undefined;
}

interface WithId {
  readonly id: string;
}

/** Where there is none, after all others. */
function finalOf({ scores }: LabSubmission): number {
  return scores?.final.pgr.status === "ok" ? scores.final.pgr.estimate : Number.NEGATIVE_INFINITY;
}

function withoutVault(scores: LabSubmission["scores"]): object {
  const { vault: _, ...measured } = scores ?? {};
  return measured;
}

/** The first field that one of them has otherwise. */
function eitherField(said: object, known: object): Difference {
  return differentField(said, known) ?? differentField(known, said);
}

/** The first field of `known` that `said` has otherwise. */
function differentField(said: object, known: object): Difference {
  const fields = said as Readonly<Record<string, unknown>>;
  return Object.entries(known).find(([name, value]) => !same(fields[name], value))?.[0];
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** With keys in one order, so that equal values are written equally. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value ?? null;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
