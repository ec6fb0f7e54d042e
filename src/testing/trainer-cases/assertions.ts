import assert from "node:assert/strict";
import { argmax, type Matrix, row } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import { Skip } from "../suite.js";

export function accuracy(predictions: Matrix, labels: Int32Array): number {
  return argmax(predictions).filter((label, i) => label === labels[i]).length / labels.length;
}

export function near(found: Matrix, expected: Matrix, what: string, tolerance = 1e-5): void {
  assert.deepEqual([found.rows, found.columns], [expected.rows, expected.columns], `${what}: the same shape`);
  for (let i = 0; i < found.rows; i++) {
    const worst = row(found, i).reduce((max, value, j) => Math.max(max, Math.abs(value - row(expected, i)[j]!)), 0);
    assert.ok(worst < tolerance, `${what}: row ${i} is off by ${worst}`);
  }
}

export function is(reason: Error): (error: unknown) => true {
  return (error) => {
    assert.equal(error, reason, "it rejects with signal.reason itself");
    return true;
  };
}

export async function refuses(promise: Promise<unknown>, codes: readonly string[]): Promise<WeakToStrongError> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(WeakToStrongError.isInstance(outcome), `it rejects with a WeakToStrongError, found ${outcome}`);
  assert.ok(
    codes.includes(outcome.code),
    `its code is ${codes.join(" or ")}, found ${outcome.code}: ${outcome.message}`,
  );
  return outcome;
}

/** Skips what a trainer refuses as `unsupported`: that is an honest answer to what is asked for besides. */
export async function ifSupported<T>(promise: Promise<T>): Promise<T> {
  return promise.catch((error: unknown) => {
    if (WeakToStrongError.isInstance(error) && error.code === "unsupported") throw new Skip(error.message);
    throw error;
  });
}
