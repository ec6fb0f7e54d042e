import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import type { AuditCase, Query } from "../../src/audit/case.js";
import { defaultDetectors } from "../../src/audit/detectors.js";
import { runAudits } from "../../src/audit/run.js";
import { materialOf, rerunsOf } from "../../src/lab/audit-material.js";
import { packagePath } from "../../src/package-root.js";
import type { AuditFinding, SubmissionResult } from "../../src/scorer.js";
import type { Attack } from "./attack.js";
import { authorOn, source, unsaid } from "./author.js";
import type { Ground, OpenScorer } from "./ground.js";

/** What became of one attacker or honest method. */
export interface Played {
  readonly name: string;
  readonly words: string;
  /** Its submission; absent where none was made. */
  readonly submission?: Judged;
  /** For attacks without a submission: whether it got what it wanted. */
  readonly reached?: boolean;
}

/** A submission, and how the detectors found it. */
export interface Judged {
  readonly result: SubmissionResult;
  readonly findings: readonly AuditFinding[];
}

/** Plays an attack against a scorer of its own, and has what it submits last audited. */
export async function play(ground: Ground, attack: Attack, open: OpenScorer, audits: boolean): Promise<Played> {
  const outcome = await attack.play({ ground, open, author: (name) => authorOn(ground, open, name) });
  const shared = { name: attack.name, ...outcome };
  if (outcome.reached !== undefined) return shared;
  const result = (await open.scorer.results()).at(-1)!;
  return { ...shared, submission: { result, findings: audits ? await audited(ground, open, result) : [] } };
}

type Folder = "attackers" | "blind" | "honest";

/** One file as a submission, of an author who has asked the scorer nothing. An honest one says what it does. */
export function single(folder: Folder, file: string, tries = "", writeUp?: string): Attack {
  const name = basename(file, ".py");
  return {
    name,
    tries,
    async play({ author }) {
      const files = await withImports(folder, file);
      const said = /^"""([^"]*)"""/.exec(files["method.py"]!)?.[1];
      const { outcome, logs } = await author(name).submit(files, folder === "honest" ? said : writeUp);
      const last = logs?.at(-1)?.trimEnd().split("\n").at(-1);
      return { words: last ? `its log ends: ${last.slice(0, 120)}` : outcome };
    },
  };
}

/** A method as `method.py`, with what it imports of its neighbours. No attacker's code says what it tries. */
async function withImports(folder: string, file: string): Promise<Record<string, string>> {
  const neighbours = await readdir(packagePath("test", "red-team", folder));
  const files: Record<string, string> = {};
  const add = async (name: string, path: string): Promise<void> => {
    files[path] = await (folder === "honest" ? source(folder, name) : unsaid(folder, name));
    for (const [, module] of files[path].matchAll(/^from (\w+) import/gm)) {
      const other = `${module}.py`;
      if (neighbours.includes(other) && !(other in files)) await add(other, other);
    }
  };
  await add(file, "method.py");
  return files;
}

/** What every default detector finds. */
export async function audited(
  ground: Ground,
  open: OpenScorer,
  result: SubmissionResult,
): Promise<readonly AuditFinding[]> {
  const queries = (await open.scorer.queries()).map(({ score, exact, ...asked }) => ({
    ...asked,
    answered: score !== undefined,
    ...(score && { score: exact }),
  }));
  const { findings } = await runAudits(caseOf(ground, queries, result), { detectors: defaultDetectors() });
  return findings;
}

function caseOf(ground: Ground, queries: readonly Query[], submission: SubmissionResult): AuditCase {
  const { program } = submission;
  return {
    submission,
    ...materialOf(ground.staked, submission),
    ...(program.type === "program" && { code: program.snapshot }),
    queries,
    transcript: [],
    ...rerunsOf(submission, ground, signal),
  };
}

const { signal } = new AbortController();

/** The worst of what was found: `disqualified`, then `review`, `elicitation`, `clean`. */
export function verdictOf(findings: readonly AuditFinding[]): AuditFinding["verdict"] {
  const order = ["disqualified", "review", "elicitation"] as const;
  return order.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ?? "clean";
}
