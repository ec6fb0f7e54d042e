import canonicalize from "canonicalize";
import { WeakToStrongError } from "../../../errors.js";

/**
 * Canonical JSON (RFC 8785): the one spelling of a value, over which hashes and signatures are taken.
 *
 * @throws WeakToStrongError `bad_input`, naming `what`, for what JSON cannot hold: NaN, infinities, half a surrogate pair.
 */
export function canonicalJson(value: unknown, what = "value"): string {
  let text: string | undefined;
  try {
    text = canonicalize(value);
  } catch (cause) {
    throw new WeakToStrongError("bad_input", `${what}: expected plain JSON (${(cause as Error).message}).`, { cause });
  }
  if (text === undefined) throw new WeakToStrongError("bad_input", `${what}: expected plain JSON, found nothing.`);
  return text;
}

/**
 * The value, frozen all through, of bytes that are its canonical JSON. Throws for any other spelling of it (spaces, the
 * order of fields, `1.0`), so that each byte of a line is accounted for. No message quotes the bytes: they may be secret.
 */
export function parseCanonical(bytes: Buffer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString("utf8"), (_, part: unknown) => Object.freeze(part));
  } catch {
    throw new Error("it is not JSON");
  }
  const spelled = Buffer.from(canonicalJson(value));
  if (spelled.equals(bytes)) return value;
  const at = bytes.findIndex((byte, index) => byte !== spelled[index]);
  throw new Error(`it is not in canonical JSON, from its byte ${(at < 0 ? bytes.length : at) + 1} on`);
}

/**
 * A frozen copy of `value`, as it will be read again.
 *
 * @throws WeakToStrongError `bad_input`, naming `what`, for what is no JSON.
 */
export function canonicalCopy(value: unknown, what: string): unknown {
  const bytes = Buffer.from(canonicalJson(value, what));
  try {
    return parseCanonical(bytes);
  } catch (cause) {
    throw new WeakToStrongError("bad_input", `${what}: expected JSON that can be read again.`, { cause });
  }
}

/** `value` as a line of a file. */
export function lineOf(value: object): Buffer {
  return Buffer.from(`${canonicalJson(value)}\n`);
}

/** One line of a file that is read. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Where it begins in the file, from 0. */
  readonly byte: number;
  /** Where the next one begins. */
  readonly end: number;
  /** Without its end. */
  readonly bytes: Buffer;
  /** False for a last line that has no end. */
  readonly whole: boolean;
}

export function* linesOf(bytes: Buffer): Generator<Line> {
  for (let byte = 0, number = 1; byte < bytes.length; number++) {
    const newline = bytes.indexOf(10, byte);
    const whole = newline >= 0;
    const stop = whole ? newline : bytes.length;
    const end = whole ? newline + 1 : stop;
    yield { number, byte, end, bytes: bytes.subarray(byte, stop), whole };
    byte = end;
  }
}
