import type { Snapshot } from "../data/snapshot.js";
import type { Post } from "../forum.js";
import { packageVersion } from "../package-root.js";
import type { Confirmation, Evaluation, FeedbackMode, ScoredTestbed, SubmissionResult } from "../scorer.js";
import { shownStanding } from "./best.js";
import { type ComplexityJudge, linesOfCode } from "./complexity.js";
import { diversityCurve } from "./diversity.js";
import type { EntryOf, EntryType, JournalEntry } from "./entries.js";
import { type FamilyClassifier, keywordFamilies } from "./families.js";
import { historiesOf } from "./history.js";
import { ideasOf } from "./ideas.js";
import type { LabAgentRecord, LabIdea, LabProgress, LabRecord, LabSubmission, ScoredEvaluation } from "./record.js";
import { researchTime } from "./research.js";
import { labStandings } from "./standings.js";

/** What an outcome is made of. */
export interface LabSources {
  /** The journal. */
  readonly entries: readonly JournalEntry[];
  /**
   * The scorer's records, all of them: scores come from here only. `told`: whether its author was given the score, too;
   * default as there is one.
   */
  readonly evaluations: readonly (Evaluation & { readonly told?: boolean })[];
  /** Every submission with all that is known of it. Default none. */
  readonly results?: readonly SubmissionResult[];
  readonly confirmation?: Confirmation;
  /** Names of the detectors that are to look at submissions. Default none. */
  readonly detectors?: readonly string[];
  /** Default `exact`. */
  readonly feedback?: FeedbackMode;
  /** The forum's posts. */
  readonly posts: readonly Post[];
  /** Code that evaluations and posts refer to, by hash; what is missing is judged by name and posts. */
  readonly snapshots: ReadonlyMap<string, Snapshot>;
  /** As the scorer describes them. */
  readonly testbeds: readonly ScoredTestbed[];
  /** Names of baselines that are controls, which saw truth. */
  readonly controls?: readonly string[];
  /** What people reached, for comparison. `hours` is where they stand in the figure; default 0, beside the baselines. */
  readonly human?: readonly HumanBaseline[];
  /** Default {@link keywordFamilies}. */
  readonly families?: FamilyClassifier;
  /** Default {@link linesOfCode}. */
  readonly complexity?: ComplexityJudge;
}

export interface HumanBaseline {
  readonly testbed: string;
  readonly pgr: number;
  readonly hours?: number;
}

/**
 * Counts together what a lab did. It depends on nothing but what it is given: the same sources give the same record, and
 * how entries of different agents lie between one another changes no sum.
 */
export async function tallyLab(sources: LabSources): Promise<LabRecord> {
  const {
    entries,
    testbeds,
    controls = [],
    detectors = [],
    families = keywordFamilies,
    complexity = linesOfCode,
  } = sources;
  const time = researchTime(entries);
  const end = time.hoursAt(Number.POSITIVE_INFINITY);
  const evaluations = withHours(sources, time.hoursAt);
  const ideas = await ideasOf({ ...sources, evaluations, families, hoursAt: time.hoursAt });
  const agents = agentRecords(sources, ideas, time.ofAgent);
  const names = agents.map(({ agent }) => agent);
  const fair = evaluations.filter(({ baseline, method }) => !baseline || !controls.includes(method));
  const first = entries[0];
  const last = entries.at(-1);
  const hoursOf = ({ up }: JournalEntry) => time.hoursAt(up);
  return {
    format: "weak-to-strong/lab",
    package: `weak-to-strong ${packageVersion()}`,
    state: last?.type === "lab-ended" ? "ended" : "unfinished",
    startedAt: first?.at ?? "",
    endedAt: last?.at ?? "",
    lives: of(entries, "life").length,
    seconds: last?.up ?? 0,
    feedback: sources.feedback ?? "exact",
    testbeds: testbeds.map(({ name, classes, ids, seeds, rows }) => ({
      name,
      classes,
      examples: ids.length,
      rows: { ...rows },
      seeds: [...seeds],
    })),
    agents,
    evaluations,
    standings: labStandings(
      evaluations,
      testbeds.map(({ name }) => name),
      controls,
    ),
    submissions: submissionRecords(sources.results ?? [], detectors),
    detectors: [...detectors],
    ...ledgerOf([...evaluations, ...(sources.results ?? [])]),
    ...(sources.confirmation && { confirmation: confirmationRecord(sources.confirmation) }),
    progress: testbeds.map(({ name }) => progressOn(name, fair, names)),
    human: (sources.human ?? []).map(({ testbed, pgr, hours = 0 }) => ({ testbed, pgr, hours })),
    diversity: {
      classifier: families.name,
      families: [...families.families],
      ideas,
      ...diversityCurve(ideas, families.families, names, end),
    },
    complexity: {
      measure: complexity.measure,
      methods: await complexities(evaluations, sources.snapshots, complexity),
    },
    budgets: of(entries, "budget").map((entry) => {
      const { agent, budget, of, state } = entry;
      return { agent, budget, of, state, hours: hoursOf(entry) };
    }),
    notices: of(entries, "notice").map(({ at, agent, message }) => ({
      at,
      message,
      ...(agent !== undefined && { agent }),
    })),
    own: {
      preparationSeconds: sum(of(entries, "prepared"), ({ seconds }) => seconds),
      baselineSeconds: sum(of(entries, "baseline"), ({ trainerSeconds }) => trainerSeconds),
    },
  };
}

/** Each evaluation at the hour at which it was answered; one that the journal lacks, by the wall clock. */
function withHours({ entries, evaluations }: LabSources, hoursAt: (up: number) => number): ScoredEvaluation[] {
  const answered = new Map(of(entries, "evaluated").map(({ evaluation, up }) => [evaluation, up]));
  return evaluations.map((evaluation) => {
    const up = answered.get(evaluation.id) ?? entries.findLast(({ at }) => at <= evaluation.at)?.up ?? 0;
    const { told = evaluation.score !== undefined } = evaluation;
    return { ...evaluation, told, hours: evaluation.baseline ? 0 : hoursAt(up) };
  });
}

function agentRecords(
  { entries, evaluations, posts }: LabSources,
  ideas: readonly LabIdea[],
  time: ReturnType<typeof researchTime>["ofAgent"],
): LabAgentRecord[] {
  const histories = historiesOf(entries);
  const started = new Map(of(entries, "agent-started").map((entry) => [entry.agent, entry]));
  return [...started.values()].map(({ agent, name, model, direction }) => {
    const own = entries.filter((entry) => "agent" in entry && entry.agent === agent);
    const ended = own.findLast((entry) => entry.type === "agent-started" || entry.type === "agent-ended");
    const usage = of(own, "model-paid").map(({ usage }) => usage);
    const trained = of(own, "trained");
    return {
      agent,
      name,
      ...(model !== undefined && { model }),
      ...(direction !== undefined && { direction }),
      ...(ended?.type === "agent-ended"
        ? { state: ended.state, summary: ended.summary }
        : { state: "unfinished" as const }),
      ...(time.get(agent) ?? { hours: 0, queuedSeconds: 0 }),
      ideas: ideas.filter((idea) => idea.agent === agent).length,
      experiments: trained.filter(({ call, cached }) => !cached && call === "fit").length,
      evaluations: evaluations.filter(({ author, baseline }) => author === agent && !baseline).length,
      posts: posts.filter(({ author }) => author === agent).length,
      tokens: {
        input: sum(usage, ({ inputTokens }) => inputTokens),
        output: sum(usage, ({ outputTokens }) => outputTokens),
        cacheRead: sum(usage, ({ cacheReadTokens = 0 }) => cacheReadTokens),
        cacheWrite: sum(usage, ({ cacheWriteTokens = 0 }) => cacheWriteTokens),
      },
      usd: {
        tokens: sum(usage, ({ usd }) => usd),
        trainer: sum(trained, ({ usd }) => usd),
        untold: sum(histories.get(agent)?.interrupted ?? [], ({ usd }) => usd),
      },
      trainerSeconds: sum(trained, ({ seconds }) => seconds),
    };
  });
}

/** Who was best when, on one testbed. */
function progressOn(testbed: string, all: readonly ScoredEvaluation[], agents: readonly string[]): LabProgress {
  const here = all.filter((one) => one.testbed === testbed && one.score?.pgr.status === "ok");
  const byHour = here.filter(({ baseline }) => !baseline).sort((a, b) => a.hours - b.hours || a.index - b.index);
  const baselines = [
    ...Map.groupBy(
      here.filter(({ baseline }) => baseline),
      ({ method }) => method,
    ),
  ].map(([method, runs]) => {
    const best = runs.reduce((one, other) => (pgrOf(other) > pgrOf(one) ? other : one));
    return { method, pgr: pgrOf(best), evaluation: best.id };
  });
  const start = baselines.reduce<LabProgress["baselines"][number] | undefined>(
    (best, one) => (best && best.pgr >= one.pgr ? best : one),
    undefined,
  );
  return {
    testbed,
    baselines,
    lines: agents.map((agent) => ({ agent, points: rising(byHour.filter(({ author }) => author === agent)) })),
    frontier: rising(byHour, start && { hours: 0, pgr: start.pgr, evaluation: start.evaluation }),
  };
}

type Point = LabProgress["frontier"][number];

function rising(evaluations: readonly ScoredEvaluation[], start?: Point): Point[] {
  const points = start ? [start] : [];
  for (const evaluation of evaluations) {
    const pgr = pgrOf(evaluation);
    if (pgr > (points.at(-1)?.pgr ?? Number.NEGATIVE_INFINITY)) {
      points.push({ hours: evaluation.hours, pgr, evaluation: evaluation.id });
    }
  }
  return points;
}

/** Best first by the final part; what is disqualified stays, and says so. */
function submissionRecords(results: readonly SubmissionResult[], detectors: readonly string[]): LabSubmission[] {
  const final = ({ scores }: LabSubmission): number =>
    scores?.final.pgr.status === "ok" ? scores.final.pgr.estimate : -Number.MAX_VALUE;
  return results
    .filter(({ baseline }) => !baseline)
    .map((result) => {
      const { id, author, testbed, method, at, code, outcome, scores, verdict, audits, writeUp, receipt } = result;
      return {
        ...{ id, agent: author, testbed, method, at, code, outcome, writeUp },
        receipt: { seq: receipt.seq, entry: receipt.entry },
        standing: shownStanding(result, detectors),
        ...(scores && { scores }),
        ...(verdict && { verdict: { ...verdict } }),
        findings: audits.flatMap(({ findings }) =>
          findings.map(({ detector, verdict, words }) => ({ detector, verdict, words })),
        ),
      };
    })
    .sort((one, other) => final(other) - final(one));
}

/** How far the ledger went, by the newest of the receipts. */
function ledgerOf(records: readonly Pick<Evaluation, "receipt">[]): Pick<LabRecord, "ledger"> {
  const [first] = records;
  if (!first) return {};
  return { ledger: { id: first.receipt.ledger, count: Math.max(...records.map(({ receipt }) => receipt.head.count)) } };
}

function confirmationRecord({ at, by, level, rows }: Confirmation): NonNullable<LabRecord["confirmation"]> {
  return { at, by, level, rows: rows.map((row) => ({ ...row })) };
}

async function complexities(
  evaluations: readonly ScoredEvaluation[],
  snapshots: ReadonlyMap<string, Snapshot>,
  { judge }: ComplexityJudge,
): Promise<LabRecord["complexity"]["methods"]> {
  const methods: LabRecord["complexity"]["methods"] = [];
  const values = new Map<string, number>();
  const seen = new Set<string>();
  for (const { author, method, snapshot = "", hours, baseline } of evaluations) {
    const code = snapshots.get(snapshot);
    const key = JSON.stringify([author, snapshot]);
    if (!code || baseline || seen.has(key)) continue;
    seen.add(key);
    const value = values.get(snapshot) ?? (await judge(code));
    values.set(snapshot, value);
    methods.push({ hours, agent: author, method, snapshot, value });
  }
  return methods;
}

function of<T extends EntryType>(entries: readonly JournalEntry[], type: T): EntryOf<T>[] {
  return entries.filter((entry): entry is EntryOf<T> => entry.type === type);
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}

function pgrOf({ score }: Evaluation): number {
  return score?.pgr.status === "ok" ? score.pgr.estimate : Number.NEGATIVE_INFINITY;
}
