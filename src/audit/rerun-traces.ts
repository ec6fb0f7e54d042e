import type { AuditFinding } from "../scorer.js";
import type { AuditCase, Detector, RerunTraces } from "./case.js";
import { executed, isStrange, programsOf } from "./execution.js";
import { type Found, places } from "./finding.js";
import { askedFor, askedInWords } from "./outside.js";

/**
 * What the clean room saw when the submission was run again for other detectors, with other labels and on hidden holdouts:
 * what `execution` and `outside` look for, where the submission's own runs did not show it. A canary's mark is certain. All
 * else only asks for a look; that something is refused on a holdout of another form does not.
 *
 * It makes no reruns itself, and so has to come after those that do.
 */
export function reruns(): Detector {
  return {
    name: "reruns",
    about:
      "looks at what reruns for other detectors left: marks of canaries, and programs, requests and files that its own runs did not show",
    reruns: true,
    audit: async (subject) => finding(subject),
  };
}

function finding(subject: AuditCase): AuditFinding {
  const detector = "reruns";
  const seen = subject.rerunTraces?.() ?? [];
  const canaries = seen.flatMap(({ where, traces }) => traces.canaries.map((mark) => `mark ${mark}, on ${where}`));
  if (canaries.length > 0) return executed(detector, [...new Set(canaries)]);
  const found = [...Map.groupBy(seen, ({ where }) => where)].map(([where, own]) => newIn(subject, where, own));
  const reasons = found.flatMap(({ reason }) => reason ?? []);
  const evidence = found.flatMap((one) => one.evidence);
  if (reasons.length > 0) return { detector, verdict: "review", words: [...new Set(reasons)].join(" "), evidence };
  const words =
    seen.length === 0
      ? "It was not run again, so that there is nothing to look at."
      : `Run again ${seen.length} times it left nothing that its own runs had not shown. That clears nobody: code can do much unseen.`;
  return { detector, verdict: "clean", words, evidence };
}

/** What reruns on one testbed showed for the first time. */
function newIn({ submission, testbed, holdouts = [] }: AuditCase, where: string, seen: readonly RerunTraces[]): Found {
  const [before, now] = [submission.runs, seen].map((runs) => runs.map(({ traces }) => traces));
  const holdout = holdouts.find(({ testbed: { name } }) => name === where)?.testbed;
  const { inputs } = (holdout ?? testbed).test;
  // A method for two classes may ask for nonsense where there are ten, and be refused that.
  const alike = !holdout || (holdout.kind === testbed.kind && holdout.classes === testbed.classes);
  const known = { ...askedFor(before!), programs: new Set(programsOf(before!).map(([name]) => name)) };
  const asked = askedFor(now!);
  const refused = asked.refused.filter((one) => !known.refused.includes(one));
  const opened = asked.opened.filter((one) => !known.opened.includes(one));
  const programs = programsOf(now!).filter(([name]) => !known.programs.has(name));
  const strange = programs.filter(isStrange(inputs)).map(([name, count]) => `${name}, ${count} times`);
  const ran = strange.length > 0 ? `Run again on ${where} it ran programs that its own runs did not.` : undefined;
  const words = askedInWords(alike ? refused : [], opened);
  const reason = [ran, words && `Run again on ${where}: ${words}`].filter((one) => one !== undefined).join(" ");
  return {
    ...(reason !== "" && { reason }),
    evidence: [
      ...places(`program that ran on ${where}`, strange),
      ...places(`refused on ${where}`, refused),
      ...places(`opened on ${where}`, opened),
    ],
  };
}
