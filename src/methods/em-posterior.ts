import type { Kind } from "../data/dataset.js";
import { WeakToStrongError } from "../errors.js";
import { crossFitted } from "./folds.js";
import { type Method, type MethodContext, markOf, methodName, named } from "./method.js";
import { type Channel, fitChannel, logit, sigmoid } from "./noisy-channel.js";
import { checkCount, checkKeys, checkNumber } from "./options.js";
import { meanOf, templateKeys, type ZeroShotTemplate, zeroShotMargins } from "./zero-shot.js";

const defaults = { rounds: 2, temperature: 1 };

/** What {@link emPosterior} takes. */
export interface EmPosteriorOptions {
  /**
   * Ways to ask the pretrained model; what one leaves out is the student's own, else the kind's. Default: three each for
   * preference and verification; for classification the student's own prompt and labels, and where it has none, none.
   */
  readonly templates?: readonly ZeroShotTemplate[];
  /** How often the channel is fitted; from the second time on with the student's own predictions as evidence. */
  readonly rounds?: number;
  /** The posterior's log-odds are divided by it: above 1 the student's labels are softer. */
  readonly temperature?: number;
}

/**
 * Noisy-channel posterior ("EM posterior"): weak labels are combined by Bayes with what the student's pretrained model
 * holds true itself.
 *
 *     CE(q, f), q proportional to P(y | margins) P(weak label | y, x)
 *
 * The margins log P(class 1) - log P(class 0) of the pretrained model, each template's and (preference) order's centred,
 * are in the mean, up to a factor, the prior's log-odds: the classes are taken to be about equally frequent. The teacher's
 * true- and false-positive rates are sigmoids of a bias plus or minus a reliability that depends on x = (weak confidence,
 * mean and standard deviation of the margins, agreement of their signs). All is fitted by marginal likelihood
 * (noisy-channel.ts). In later rounds the evidence is the mean of the margins and the log-odds of a student trained on the
 * posterior, each half of the examples predicted by a student trained on the other. Two classes; the student must stand on
 * a language model. The automated weak-to-strong study (Anthropic Fellows, April 2026). Defaults: 2 rounds, temperature 1.
 * The name shows how many templates were given, and a mark of them.
 */
export function emPosterior(options: EmPosteriorOptions = {}): Method {
  checkKeys("emPosterior", options, ["templates", ...Object.keys(defaults)]);
  const { templates, ...rest } = options;
  const { rounds, temperature } = { ...defaults, ...rest };
  const shown = { ...rest, ...(templates && { templates: `${templates.length}${markOf(templates)}` }) };
  const name = methodName("em-posterior", shown, { templates: "", ...defaults });
  checkCount("emPosterior: rounds", rounds, 1);
  checkNumber("emPosterior: temperature", temperature, 0.01);
  if (templates?.length === 0)
    throw new WeakToStrongError("bad_input", "emPosterior: templates: expected at least one, found none.");
  for (const [i, template] of (templates ?? []).entries())
    checkKeys(`emPosterior: templates[${i}]`, template, templateKeys);
  return named(name, async (context) => {
    const views: Float64Array[] = [];
    for (const template of templates ?? defaultTemplates(context.kind))
      views.push(...(await zeroShotMargins("emPosterior", context, template)));
    let student: Float64Array | undefined;
    for (let round = 1; ; round++) {
      const channel = fitChannel(channelData(context, views, student));
      const targets = softLabels(channel, temperature);
      if (round === rounds) return context.fit({ targets });
      student = classOne(await crossFitted(context, targets, { folds: 2 })).map(logit);
    }
  });
}

function channelData({ weakLabels }: MethodContext, views: readonly Float64Array[], student?: Float64Array) {
  const weak = classOne(weakLabels);
  const centred = views.map((view) => {
    const mean = view.reduce((sum, value) => sum + value, 0) / view.length;
    return view.map((value) => value - mean);
  });
  const mean = meanOf(centred);
  const spread = meanOf(centred.map((view) => view.map((value, i) => (value - mean[i]!) ** 2))).map(Math.sqrt);
  const agreement = meanOf(centred.map((view) => view.map(Math.sign))).map(Math.abs);
  return {
    weak,
    evidence: student ? meanOf([mean, student]) : mean,
    features: [weak.map((w) => Math.abs(logit(w))), mean, spread, agreement],
  };
}

function classOne({ rows, columns, data }: MethodContext["weakLabels"]): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => data[i * columns + 1]!);
}

function softLabels({ posterior }: Channel, temperature: number): MethodContext["weakLabels"] {
  const ones = posterior.map((odds) => sigmoid(odds / temperature));
  return {
    rows: ones.length,
    columns: 2,
    data: Float32Array.from({ length: 2 * ones.length }, (_, at) => (at % 2 ? ones[at >> 1]! : 1 - ones[at >> 1]!)),
  };
}

/** `undefined` parts are the form of the kind itself. */
function defaultTemplates(kind: Kind): readonly ZeroShotTemplate[] {
  switch (kind) {
    case "verification":
      return [
        {},
        {
          prompt: "{question}\n\nProposed answer: {choice}\n\nIs the proposed answer correct? Answer:",
          continuations: [" No", " Yes"],
        },
        { prompt: "Question: {question}\nAnswer: {choice}\nThis answer is", continuations: [" wrong", " right"] },
      ];
    case "preference":
      return [
        {},
        {
          prompt: "{prompt}\n\nResponse 1: {first}\n\nResponse 2: {second}\n\nThe better response is Response",
          continuations: [" 1", " 2"],
        },
        {
          prompt: "Instruction: {prompt}\n\nOption A: {first}\n\nOption B: {second}\n\nThe better option is Option",
          continuations: [" A", " B"],
        },
      ];
    default:
      return [{}]; // the student's own; refused, with what to write, where it has none
  }
}
