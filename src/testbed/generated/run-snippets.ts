import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import { homePython, projectHome } from "../../home.js";
import { packagePath } from "../../package-root.js";

/** A Python function `solve`, and the lists to call it with. */
export interface Trial {
  readonly snippet: string;
  readonly calls: readonly (readonly number[])[];
}

/** What each call of each snippet gave: the number it returned, or the name of the error that it raised. */
const outcomes = z.array(z.array(z.union([z.number(), z.string()])));

/** Long for a few thousand tiny functions: they take about a second. */
const limitMs = 120_000;

/**
 * Runs snippets in one Python process. For the generator's own snippets only: nothing isolates them.
 *
 * @param python Default: `$W2S_PYTHON`, else the project's environment, else `python3`; it needs no packages.
 */
export async function runSnippets(trials: readonly Trial[], python = findPython()): Promise<(number | string)[][]> {
  const child = spawn(python, ["-I", "-S", "-B", packagePath("python", "w2s_testbeds", "run_snippets.py")], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: limitMs,
  });
  const ended = new Promise<number | NodeJS.Signals | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve(code ?? signal));
  });
  child.stdin.on("error", () => {}); // A process that dies before it has read all says why in its exit.
  child.stdin.end(JSON.stringify(trials));
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  let end: number | NodeJS.Signals | null;
  try {
    end = await ended;
  } catch (cause) {
    throw new WeakToStrongError(
      "missing_dependency",
      `generated-code: its snippets are run by Python, and ${python} cannot be started. Run \`npx weak-to-strong setup\`, or name an interpreter by the option python or $W2S_PYTHON.`,
      { cause },
    );
  }
  const [stdout, stderr] = await said;
  if (end !== 0) {
    throw new WeakToStrongError(
      "failed",
      `generated-code: ${python} ended with ${end} while it ran the snippets: ${stderr.slice(-500)}`,
    );
  }
  return outcomes.parse(JSON.parse(stdout));
}

function findPython(): string {
  if (process.env.W2S_PYTHON) return process.env.W2S_PYTHON;
  const own = homePython(projectHome());
  return existsSync(own) ? own : "python3";
}
