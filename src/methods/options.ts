import { WeakToStrongError } from "../errors.js";

/** Throws `bad_input`, naming method and option, unless `value` lies between `least` and `most`. */
export function checkNumber(name: string, value: number, least: number, most = Number.POSITIVE_INFINITY): void {
  if (value >= least && value <= most && Number.isFinite(value)) return;
  const range = most === Number.POSITIVE_INFINITY ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new WeakToStrongError("bad_input", `${name}: expected a number ${range}, found ${value}.`);
}

/** Throws `bad_input`, naming method and option, unless `value` is a whole number of at least `least`. */
export function checkCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new WeakToStrongError("bad_input", `${name}: expected a whole number of at least ${least}, found ${value}.`);
}

/** Throws `bad_input` for an option that there is not. */
export function checkKeys(name: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new WeakToStrongError("bad_input", `${name}: unknown option "${unknown}"; it has ${known.join(", ")}.`);
}
