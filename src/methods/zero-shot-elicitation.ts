import { oneHot } from "../data/matrix.js";
import { type Example, type Method, markOf, named } from "./method.js";
import { checkKeys } from "./options.js";
import { meanOf, templateKeys, type ZeroShotTemplate, zeroShotMargins } from "./zero-shot.js";

/**
 * Zero-shot elicitation: the student is trained on what its own pretrained model holds true before any training, made
 * consistent and balanced. The weak labels are not used.
 *
 *     CE(onehot y, f), y = 1 for the half of largest margin log P(class 1) - log P(class 0)
 *
 * Preference: the mean of both orders, the swapped one turned back. Verification with answers: choices of one group with
 * the same answer share their mean margin, and only the answer of largest margin in a group can be right. Two classes
 * that are about equally frequent; the student must stand on a language model. A baseline of the automated weak-to-strong
 * study (Anthropic Fellows, April 2026). What the template leaves out is the student's own where it is
 * `huggingFace({ prompt, labels, chat })`, else the form of the kind; classification has none and needs `prompt` and
 * `continuations`, class 0 first. The name shows a mark of the template and whether it is a chat's.
 */
export function zeroShotElicitation(template: ZeroShotTemplate = {}): Method {
  checkKeys("zeroShotElicitation", template, templateKeys);
  return named(nameOf(template), async (context) => {
    const margins = meanOf(await zeroShotMargins("zeroShotElicitation", context, template));
    return context.fit({ targets: oneHot(balancedLabels(context.examples, margins), 2) });
  });
}

function nameOf({ prompt, continuations, chat }: ZeroShotTemplate): string {
  const shown = [
    ...(prompt !== undefined || continuations ? [`template=${markOf({ prompt, continuations })}`] : []),
    ...(chat === undefined ? [] : [chat ? "chat" : "chat=false"]),
  ];
  return `zero-shot-elicitation${shown.length > 0 ? `(${shown.join(", ")})` : ""}`;
}

/** 1 for as near to half of the examples as claims that belong together allow, those of largest margin. */
function balancedLabels(examples: readonly Example[], margins: Float64Array): Int32Array {
  const claims = possibleClaims(examples, margins).sort((a, b) => b.margin - a.margin);
  const labels = new Int32Array(examples.length);
  let positives = 0;
  for (const { rows } of claims) {
    const half = examples.length / 2;
    if (Math.abs(positives + rows.length - half) > Math.abs(positives - half)) break;
    for (const i of rows) labels[i] = 1;
    positives += rows.length;
  }
  return labels;
}

interface Claim {
  /** Examples that are right or wrong together. */
  readonly rows: readonly number[];
  readonly margin: number;
}

/** Examples of one group and answer are one claim, and of a group's claims only the likeliest is possible. */
function possibleClaims(examples: readonly Example[], margins: Float64Array): Claim[] {
  const byGroup = new Map<number, Map<string, number[]>>();
  const claims: Claim[] = [];
  for (const [i, { group, answer }] of examples.entries()) {
    if (group === undefined || answer === undefined) {
      claims.push({ rows: [i], margin: margins[i]! });
      continue;
    }
    const answers = byGroup.get(group) ?? new Map<string, number[]>();
    byGroup.set(group, answers.set(answer, [...(answers.get(answer) ?? []), i]));
  }
  for (const answers of byGroup.values()) {
    const ofGroup = [...answers.values()].map((rows) => ({
      rows,
      margin: rows.reduce((sum, i) => sum + margins[i]!, 0) / rows.length,
    }));
    claims.push(ofGroup.reduce((best, claim) => (claim.margin > best.margin ? claim : best)));
  }
  return claims;
}
