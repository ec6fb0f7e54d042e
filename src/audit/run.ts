import { contentHash } from "../data/canonical.js";
import type { Matrix } from "../data/matrix.js";
import type { AuditFinding, AuditRecord } from "../scorer.js";
import type { AuditCase, Detector, Rerun } from "./case.js";

/**
 * Runs detectors on a submission, one after the other. Equal reruns are run once for all of them. A detector that throws
 * settles nothing: its finding asks for a person and says so. An abort is rethrown as `signal.reason`.
 */
export async function runAudits(
  subject: AuditCase,
  options: { readonly detectors: readonly Detector[]; readonly signal?: AbortSignal },
): Promise<AuditRecord> {
  const { detectors, signal = new AbortController().signal } = options;
  const { runs } = subject.submission;
  const shared = {
    ...subject,
    rerun: sharing(subject.rerun, (run) => runs[run]?.seed),
    holdouts: (subject.holdouts ?? []).map((one) => ({ ...one, rerun: sharing(one.rerun) })),
  };
  const findings: AuditFinding[] = [];
  for (const detector of detectors) {
    signal.throwIfAborted();
    findings.push(await finding(detector, shared, signal));
  }
  return { submission: subject.submission.id, findings };
}

async function finding(detector: Detector, subject: AuditCase, signal: AbortSignal): Promise<AuditFinding> {
  try {
    return await detector.audit(subject, { signal });
  } catch (error) {
    signal.throwIfAborted();
    return {
      detector: detector.name,
      verdict: "review",
      words: "This detector could not do its work, and so says nothing for or against the submission.",
      evidence: [{ what: "error", value: error instanceof Error ? error.message : String(error) }],
    };
  }
}

/** Each different request is made once; one that failed is made again when it is asked for again. */
function sharing(rerun: AuditCase["rerun"], seedOf?: (run: number) => number | undefined): AuditCase["rerun"] {
  const made = new Map<string, Promise<Matrix | undefined>>();
  return (request: Rerun) => {
    const seed = seedOf?.(request.run);
    const key = contentHash({ ...(seed !== undefined && { seed }), ...request });
    const earlier = made.get(key);
    if (earlier) return earlier;
    const run = rerun(request);
    made.set(key, run);
    run.catch(() => made.delete(key));
    return run;
  };
}
