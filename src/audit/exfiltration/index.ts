import type { AuditFinding } from "../../scorer.js";
import type { AuditCase, Detector, Query } from "../case.js";
import { places } from "../finding.js";
import { type Step, stepsOf } from "./sheets.js";
import { blind, edited, few, type Suspicion } from "./signs.js";
import { surenessOf } from "./sureness.js";

/**
 * What makes a pattern of single signs: this share of what an author asked, and so many queries of all authors of whom that
 * holds. An honest author has some of each (a failed run, two settings that hardly differ).
 */
const patterns = {
  blind: { share: 0.4, queries: 12, what: "changes rows whether or not methods are sure of them" },
  edited: { share: 0.4, queries: 8, what: "edited by hand, not fitted" },
  few: { share: 0.5, queries: 20, what: "differs in one row or two" },
} as const;

/**
 * Whether the lab's evaluations were used to read labels. The queries of all authors are looked at together, so that
 * splitting them up hides nothing; the finding is about those who asked them. It says nothing certain of the submitted
 * code, and so a person decides.
 */
export function exfiltration(): Detector {
  return {
    name: "exfiltration",
    about:
      "looks for evaluations that ask about labels in place of methods: few flips, blocks and groups of rows, random predictions, alone or split over agents",
    reruns: false,
    audit: (subject, { signal }) => finding(subject, signal),
  };
}

async function finding(subject: AuditCase, signal: AbortSignal): Promise<AuditFinding> {
  const detector = "exfiltration";
  const { author } = subject.submission;
  const steps = await stepsOf(subject.queries, signal);
  const sureness = surenessOf(subject);
  const found = [
    { ...patterns.blind, pattern: patternOf(sureness ? blind(steps, sureness) : [], steps, patterns.blind) },
    { ...patterns.edited, pattern: patternOf(edited(steps), steps, patterns.edited) },
    { ...patterns.few, pattern: patternOf(few(steps), steps, patterns.few) },
  ].filter(({ pattern }) => pattern.length > 0);
  const own = found.filter(({ pattern }) => pattern.some(({ step }) => step.sheet.query.author === author));
  const asked = { what: "queries looked at", value: `${subject.queries.length} of the whole lab` };
  const without = sureness
    ? []
    : [{ what: "not looked at", value: "whether flips go where methods are unsure: no references on these rows" }];
  if (own.length === 0) {
    const others = [...new Set(found.flatMap(({ pattern }) => pattern.map(({ step }) => step.sheet.query.author)))];
    const words =
      others.length > 0
        ? `The author's queries ask about methods. Others' do not: see the submissions of ${others.join(", ")}.`
        : "The lab's queries ask about methods.";
    return { detector, verdict: "clean", words, evidence: [asked, ...without] };
  }
  const authors = new Set(own.flatMap(({ pattern }) => pattern.map(({ step }) => step.sheet.query.author)));
  const who = authors.size > 1 ? `The queries of ${[...authors].join(", ")} together` : "The author's queries";
  return {
    detector,
    verdict: "review",
    words: `${who} ask about labels, not about methods: ${own.map(({ what, pattern }) => `${queriesOf(pattern).size} of one kind (${what})`).join(", ")}.`,
    evidence: [
      asked,
      ...without,
      ...own.flatMap(({ what, pattern }) =>
        places(
          what,
          pattern.map(({ value }) => value),
        ),
      ),
    ],
  };
}

/**
 * The suspicions of those authors of whose queries they are a large share; none if they are few in all. A query of several
 * seeds is suspicious where half of the seeds are whose predictions it changed.
 */
function patternOf(
  suspicions: readonly Suspicion[],
  steps: readonly Step[],
  { share, queries }: { readonly share: number; readonly queries: number },
): readonly Suspicion[] {
  const changed = Map.groupBy(
    steps.filter(({ flipped }) => flipped.length > 0),
    ({ sheet }) => sheet.query,
  );
  const asked = Map.groupBy(new Set(steps.map(({ sheet }) => sheet.query)), ({ author }) => author);
  const whole = [...Map.groupBy(suspicions, ({ step }) => step.sheet.query)].filter(
    ([query, own]) => own.length >= changed.get(query)!.length / 2,
  );
  const pattern = [...Map.groupBy(whole, ([{ author }]) => author)]
    .filter(([author, own]) => own.length >= share * asked.get(author)!.length)
    .flatMap(([, own]) => own);
  return pattern.length >= queries ? pattern.flatMap(([, own]) => own) : [];
}

function queriesOf(suspicions: readonly Suspicion[]): Set<Query> {
  return new Set(suspicions.map(({ step }) => step.sheet.query));
}
