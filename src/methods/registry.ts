import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import { confidence } from "./confidence.js";
import { confidenceAsReleased } from "./confidence-as-released.js";
import { confidenceWindow } from "./confidence-window.js";
import { confidentLabels } from "./confident-labels.js";
import { earlyStopping } from "./early-stopping.js";
import { emPosterior } from "./em-posterior.js";
import { labelSmoothing } from "./label-smoothing.js";
import { lpFt } from "./lp-ft.js";
import type { Method } from "./method.js";
import { naive } from "./naive.js";
import { probeFilter } from "./probe-filter.js";
import { probeRelabel } from "./probe-relabel.js";
import { product } from "./product.js";
import { reverseKl } from "./reverse-kl.js";
import { strongToStrong } from "./strong-to-strong.js";
import { zeroShotElicitation } from "./zero-shot-elicitation.js";

const number = z.number().exactOptional();
const boolean = z.boolean().exactOptional();
const text = z.string().max(10_000).exactOptional();
const probe = { probe: z.enum(["logistic", "knn"]).exactOptional(), k: number };

/** Options are plain values, whose types are checked here and whose ranges by the method. */
function entry<S extends z.ZodType>(options: S, make: (options: z.infer<S>) => Method) {
  return (given: unknown): Method => {
    const parsed = options.safeParse(given);
    if (parsed.success) return make(parsed.data);
    throw new WeakToStrongError("bad_input", `options: ${z.prettifyError(parsed.error)}`);
  };
}

/**
 * The library's methods that can be had by name and plain options, by the names that results call them. Left out are those
 * that need more than that: bootstrapping takes models, a weak ensemble further teachers, a control truth.
 */
const methods: Readonly<Record<string, (options: unknown) => Method>> = {
  naive: entry(z.strictObject({ hard: boolean }), naive),
  confidence: entry(
    z.strictObject({ alpha: number, ramp: number, harden: z.enum(["auto", "balance", "argmax"]).exactOptional() }),
    confidence,
  ),
  "confidence-as-released": entry(z.strictObject({}), confidenceAsReleased),
  "confidence-window": entry(z.strictObject({ radius: number }), confidenceWindow),
  "confident-labels": entry(z.strictObject({ threshold: number }), confidentLabels),
  "early-stopping": entry(z.strictObject({ share: number }), earlyStopping),
  "em-posterior": entry(z.strictObject({ rounds: number, temperature: number }), emPosterior),
  "label-smoothing": entry(z.strictObject({ epsilon: number }), labelSmoothing),
  "lp-ft": entry(z.strictObject({ headEpochs: number, headLearningRate: number }), lpFt),
  "probe-filter": entry(z.strictObject({ ...probe, drop: number }), probeFilter),
  "probe-relabel": entry(z.strictObject(probe), probeRelabel),
  product: entry(z.strictObject({ alpha: number, beta: number, ramp: number }), product),
  "reverse-kl": entry(z.strictObject({ entropy: number }), reverseKl),
  "strong-to-strong": entry(z.strictObject({ rounds: number }), strongToStrong),
  "zero-shot-elicitation": entry(z.strictObject({ prompt: text, chat: boolean }), zeroShotElicitation),
};

/** A method of the library by name. Throws `bad_input` for a name or an option that there is not. */
export function methodCalled(name: string, options: Readonly<Record<string, unknown>> = {}): Method {
  if (Object.hasOwn(methods, name)) return methods[name]!(options);
  throw new WeakToStrongError(
    "bad_input",
    `method: expected one of ${Object.keys(methods).join(", ")}, found ${JSON.stringify(name.slice(0, 80))}. Others are submitted as a method.py.`,
  );
}
