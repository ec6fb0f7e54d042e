import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { WeakToStrongError } from "../errors.js";
import type { Extra } from "./requirements.js";

/** What is known about an environment; kept in a file inside it. */
export interface State {
  /** `installing` while set-up works on it: found by a later set-up, it means that this one was interrupted. */
  readonly status: "installing" | "ready";
  /** Those that a set-up has finished; one that failed half-way is not asked for again by itself. */
  readonly extras: readonly Extra[];
  /** The interpreter that it was made with. */
  readonly base: { readonly path: string; readonly version: string };
  /** Hash of each requirements file, by name. */
  readonly requirements: Readonly<Record<string, string>>;
  readonly torch?: TorchState | undefined;
}

export interface TorchState {
  readonly asked: string;
  readonly url?: string;
  readonly gpu: boolean;
}

const fileName = "weak-to-strong.json";

/** `foreign` for a folder that set-up did not make. */
export function readState(folder: string): State | "absent" | "foreign" {
  try {
    return JSON.parse(readFileSync(join(folder, fileName), "utf8")) as State;
  } catch (error) {
    if (error instanceof SyntaxError) return "absent";
  }
  try {
    return readdirSync(folder).length === 0 ? "absent" : "foreign";
  } catch {
    return "absent";
  }
}

export function writeState(folder: string, state: State): void {
  try {
    mkdirSync(folder, { recursive: true });
    const temporary = join(folder, `${fileName}.new`);
    writeFileSync(temporary, `${JSON.stringify(state, null, 2)}\n`);
    renameSync(temporary, join(folder, fileName));
  } catch (cause) {
    throw new WeakToStrongError(
      "storage",
      `The Python environment cannot be written to ${folder}: ${cause instanceof Error ? cause.message : cause}. Make room there, ` +
        "or set W2S_HOME to another folder.",
      { cause },
    );
  }
}

/** Removes an environment. It is moved away first, so that a kill half-way leaves no half of it under its own name. */
export function removeEnvironment(folder: string): void {
  const prefix = `${basename(folder)}.old-`;
  mkdirSync(dirname(folder), { recursive: true });
  try {
    renameSync(folder, join(dirname(folder), `${prefix}${process.pid}-${Date.now()}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  for (const name of readdirSync(dirname(folder))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true, force: true, maxRetries: 3 });
  }
}
