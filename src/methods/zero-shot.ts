import { type Input, type Kind, type Preference, swapped } from "../data/dataset.js";
import { WeakToStrongError } from "../errors.js";
import type { ModelSpec } from "../models/model.js";
import type { MethodContext, StudentScore } from "./method.js";

/**
 * How the student's pretrained model is asked for its own opinion; fields of the input stand in braces. What is left out
 * is the student's own where it is `huggingFace({ prompt, labels, chat })`, else the form of the input's kind.
 */
export type ZeroShotTemplate = Pick<StudentScore, "prompt" | "continuations" | "chat">;

export const templateKeys = ["prompt", "continuations", "chat"];

/**
 * Log-odds of class 1 against class 0 by the pretrained model, before any training: one list for each order in which
 * the input can be shown. A preference has two; the second, with `first` and `second` swapped, is turned back.
 */
export async function zeroShotMargins(
  method: Asker,
  {
    examples,
    kind,
    classes,
    student,
    score,
  }: Pick<MethodContext, "examples" | "kind" | "classes" | "student" | "score">,
  given: ZeroShotTemplate,
): Promise<Float64Array[]> {
  const template = { ...ownTemplate(student), ...given };
  checkTemplate(method, kind, classes, template);
  const margins = async (inputs?: readonly Input[]): Promise<Float64Array> => {
    const { logProbabilities } = await score({ ...template, ...(inputs && { inputs }) });
    const { data, rows } = logProbabilities;
    return Float64Array.from({ length: rows }, (_, i) => data[2 * i + 1]! - data[2 * i]!);
  };
  if (kind !== "preference") return [await margins()];
  const turned = examples.map(({ input }) => swapped(input as Preference));
  const [asIs, swap] = [await margins(), await margins(turned)];
  return [asIs, swap.map((margin) => -margin)];
}

/** The mean of several lists, position by position. */
export function meanOf(lists: readonly Float64Array[]): Float64Array {
  return lists[0]!.map((_, i) => lists.reduce((sum, list) => sum + list[i]!, 0) / lists.length);
}

/** How a fine-tuned student will be asked itself, as far as it says. */
function ownTemplate(student: ModelSpec): ZeroShotTemplate {
  if (student.type !== "huggingface") return {};
  const { prompt, labels, chat } = student;
  return { ...(prompt !== undefined && { prompt }), ...(labels && { continuations: labels }), ...(chat && { chat }) };
}

/** How a method takes its template: what an error advises must be what it accepts. */
const advice = {
  zeroShotElicitation: (template: string) => template,
  emPosterior: (template: string) => `{ templates: [${template}] }`,
} as const;

type Asker = keyof typeof advice;

function checkTemplate(method: Asker, kind: Kind, classes: number, { prompt, continuations }: ZeroShotTemplate): void {
  if (classes !== 2)
    throw new WeakToStrongError("unsupported", `${method} is for two classes; this testbed has ${classes}.`);
  if (kind === "classification" && (prompt === undefined || continuations === undefined)) {
    throw new WeakToStrongError(
      "bad_input",
      `${method}: prompt and continuations: expected both, since a language model cannot know what classes of texts mean, found ${prompt === undefined ? "no prompt" : "no continuations"}. For example ${advice[method]('{ prompt: "Review: {text}\\nSentiment:", continuations: [" negative", " positive"] }')}, class 0 first.`,
    );
  }
  if (continuations && continuations.length !== 2)
    throw new WeakToStrongError(
      "bad_input",
      `${method}: continuations: expected 2, one a class, found ${continuations.length}.`,
    );
}
