import type { AuditCase, Detector, TranscriptLine } from "../audit/case.js";
import { defaultDetectors } from "../audit/detectors.js";
import { runAudits } from "../audit/run.js";
import type { CleanRoom } from "../clean-room.js";
import type { Snapshot } from "../data/snapshot.js";
import type { AskedEvaluation, PGRScorer, SubmissionResult } from "../scorer.js";
import { materialOf, type Reruns, rerunsIn, rerunsOf } from "./audit-material.js";
import { bestOf, byAuthor, unheard } from "./best.js";
import type { TeamContext } from "./context.js";
import type { JournalEntry } from "./entries.js";
import { type HoldoutMeans, type OpenedHoldouts, openHoldouts } from "./hidden-holdouts.js";
import type { Staked } from "./hour-zero.js";
import { readJournal } from "./journal.js";
import type { LabPlan } from "./plan.js";

/** The detectors of this lab. */
export function detectorsOf({ audits }: LabPlan): readonly Detector[] {
  return audits ?? defaultDetectors();
}

/**
 * Looks at every submission with the detectors that have said nothing of it. Those that need reruns look at two of each
 * author on a testbed alone: the last that was better, and the best by the final part, which is what the vault and
 * holdouts take.
 */
export async function auditAll(
  plan: LabPlan,
  lab: HoldoutMeans & { readonly scorer: PGRScorer; readonly room: CleanRoom },
  context: TeamContext,
): Promise<void> {
  const { emit, signal } = context;
  const detectors = detectorsOf(plan);
  const quick = detectors.filter(({ reruns }) => !reruns);
  let results = await lab.scorer.results({ signal });
  const waits =
    results.some((one) => !one.baseline && unheard(one, quick).length > 0) ||
    chosenOf(results).some((one) => unheard(one, detectors).length > 0);
  if (!waits) return;
  const queries = await lab.scorer.queries({ signal });
  const { entries } = readJournal(context.journal.file);
  await using stack = new AsyncDisposableStack();
  const reruns = rerunsIn(lab.room, (data) => ({ data, rows: stakedOf(lab.all, data).labels.length }));
  let opened: OpenedHoldouts = { heldOut: [], missing: [] };
  const look = async (submission: SubmissionResult, wanted: readonly Detector[]): Promise<void> => {
    const chosen = unheard(submission, wanted);
    if (chosen.length === 0) return;
    emit({ type: "auditing", submission: submission.id, detectors: chosen.map(({ name }) => name) });
    const subject = caseOf(submission, { ...lab, results, queries, entries, reruns, opened }, signal);
    await lab.scorer.audited(await runAudits(subject, { detectors: chosen, signal }), { signal });
  };
  for (const submission of results) if (!submission.baseline) await look(submission, quick);
  // Where the one that was chosen is disqualified, the next is, and is looked at in its turn.
  const done = new Set<string>();
  for (;;) {
    results = await lab.scorer.results({ signal });
    const next = chosenOf(results).find((one) => !done.has(one.id) && unheard(one, detectors).length > 0);
    if (!next) return;
    if (done.size === 0) opened = await openHoldouts(plan, lab, stack, context);
    done.add(next.id);
    await look(next, detectors);
  }
}

/** Whom reruns look at; of an author without any that ran through, the last. */
function chosenOf(results: readonly SubmissionResult[]): SubmissionResult[] {
  return byAuthor(results).flatMap((own) => {
    const fair = own.filter(({ standing }) => standing !== "disqualified");
    const chosen = [fair.findLast(({ outcome }) => outcome === "better"), bestOf(fair) ?? fair.at(-1)];
    return [...new Set(chosen)].filter((one) => one !== undefined);
  });
}

/** All that detectors are shown of a submission. */
function caseOf(
  submission: SubmissionResult,
  lab: {
    readonly all: readonly Staked[];
    readonly reruns: Reruns;
    readonly opened: OpenedHoldouts;
    readonly results: readonly SubmissionResult[];
    readonly queries: readonly AskedEvaluation[];
    readonly entries: readonly JournalEntry[];
  },
  signal: AbortSignal,
): AuditCase {
  const { testbed, author } = submission;
  const { reruns, opened } = lab;
  return {
    submission,
    ...materialOf(stakedOf(lab.all, testbed), submission),
    ...rerunsOf(submission, { reruns, heldOut: opened.heldOut }, signal),
    missingHoldouts: opened.missing,
    ...codesOf(lab.results, submission),
    queries: lab.queries
      .filter((query) => query.testbed === testbed && !query.baseline)
      .map(({ id, author, method, score, exact, snapshot, predictions }) => ({
        ...{ id, author, method, predictions },
        answered: score !== undefined,
        ...(score && { score: exact }),
        ...(snapshot !== undefined && { snapshot: codeOf(submission, snapshot) }),
      })),
    transcript: transcriptOf(lab.entries, author),
    canaries: lab.entries.flatMap((entry) => (entry.type === "canary" && entry.agent === author ? [entry.mark] : [])),
  };
}

function stakedOf(all: readonly Staked[], name: string): Staked {
  return all.find(({ testbed }) => testbed.name === name)!;
}

function codesOf(
  results: readonly SubmissionResult[],
  { author, testbed, index, program }: SubmissionResult,
): { code?: Snapshot; earlierCode?: Snapshot } {
  const before = results.filter((one) => one.author === author && one.testbed === testbed && one.index < index);
  const earlier = before.findLast((one) => one.program.type === "program")?.program;
  return {
    ...(program.type === "program" && { code: program.snapshot }),
    ...(earlier?.type === "program" && { earlierCode: earlier.snapshot }),
  };
}

/** An evaluation names its folder, a submission the folder and which file of it is run. */
function codeOf({ program, code }: SubmissionResult, snapshot: string): string {
  return program.type === "program" && program.snapshot.hash === snapshot ? code : snapshot;
}

/** Characters of one line. */
const mostOfLine = 20_000;

/** What an agent said, asked and was told, as its journal has it. */
function transcriptOf(entries: readonly JournalEntry[], author: string): TranscriptLine[] {
  return entries.flatMap((entry): TranscriptLine[] => {
    if (!("agent" in entry) || entry.agent !== author) return [];
    const line = (kind: TranscriptLine["kind"], text: string): TranscriptLine[] =>
      text === "" ? [] : [{ seq: entry.seq, kind, text: text.slice(0, mostOfLine) }];
    if (entry.type === "model-ended") return line("said", textsIn(entry.result).join("\n"));
    if (entry.type === "tool-ended") return line("answer", entry.output.content);
    if (entry.type !== "tool-began") return [];
    return line(entry.tool === "post" || entry.tool === "reply" ? "post" : "tool", JSON.stringify(entry.input));
  });
}

/** Every text in a model's answer, whatever its protocol. */
function textsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsIn);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    typeof inner === "string" ? (["text", "thinking", "content"].includes(key) ? [inner] : []) : textsIn(inner),
  );
}
