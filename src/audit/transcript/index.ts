import type { AuditFinding } from "../../scorer.js";
import type { AuditCase, Detector } from "../case.js";
import { places } from "../finding.js";
import type { Judge } from "./judge.js";
import { statementsIn } from "./rules.js";

/** A write-up of fewer words explains nothing. */
const fewestWords = 5;

/**
 * Whether the author says that it games the score, by rules and, where they find nothing and one is given, by a model that
 * reads all of it; and whether there is a write-up at all. Words prove nothing: it never ends in more than a look.
 */
export function transcript(options: { readonly judge?: Judge } = {}): Detector {
  return {
    name: "transcript",
    about: "looks for stated intent to game the score in what the author said, posted and typed, and for a write-up",
    reruns: false,
    audit: (subject, { signal }) => finding(subject, options.judge, signal),
  };
}

async function finding(
  { transcript: lines, submission }: AuditCase,
  judge: Judge | undefined,
  signal: AbortSignal,
): Promise<AuditFinding> {
  const detector = "transcript";
  const byRules = statementsIn(lines).map(({ seq, intent, quote }) => `line ${seq}, ${intent}: “${quoted(quote)}”`);
  const asks = judge && byRules.length === 0 && lines.length > 0;
  const judged = asks ? await judge.judge(lines, { signal }) : [];
  const texts = new Map(lines.map(({ seq, text }) => [seq, text]));
  const byJudge = judged
    .filter(({ seq }) => texts.has(seq))
    .map(({ seq, reason }) => `line ${seq}, ${quoted(reason)}: “${quoted(texts.get(seq)!)}”`);
  const words = submission.writeUp.match(/\p{L}+/gu)?.length ?? 0;
  const thin = words < fewestWords ? [`${words} words: ${JSON.stringify(submission.writeUp.slice(0, 100))}`] : [];
  const evidence = [
    ...places("stated intent", byRules),
    ...places(`found by ${judge?.name}`, byJudge),
    ...places("write-up that explains nothing", thin),
  ];
  if (evidence.length > 0) {
    const said = byRules.length + byJudge.length > 0;
    return {
      detector,
      verdict: "review",
      words: said
        ? "The author wrote that it means to game the score, or so it reads; see the lines in their context."
        : "The write-up does not say how the method works.",
      evidence,
    };
  }
  const read = judge ? `by rules and by ${judge.name}` : "by rules";
  const of =
    lines.length === 0 ? "There is no transcript." : `Nothing of the kind was found in ${lines.length} lines, ${read}.`;
  return { detector, verdict: "clean", words: of, evidence };
}

function quoted(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
