import * as z from "zod";
import type { Snapshot } from "../../data/snapshot.js";
import { WeakToStrongError } from "../../errors.js";
import type { Sandbox } from "../../sandbox.js";
import type { ToolContext } from "./tool.js";

/* What tools that take a method have in common. */

export const testbedField = z.string().optional().describe("Which testbed; needed where there are several.");

export const methodName = z
  .string()
  .regex(/^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]{1,80}$/u, "expected one line of 1 to 80 characters")
  .describe("What you call the method.");

/** The folder of a method.py as it is now, and the file's name in it. */
export async function codeIn(
  sandbox: Sandbox,
  file: string,
  signal: AbortSignal,
): Promise<{ readonly code: Snapshot; readonly name: string }> {
  const at = file.lastIndexOf("/");
  const folder = at < 0 ? "/work" : file.slice(0, at) || "/";
  const name = file.slice(at + 1);
  let code: Snapshot;
  try {
    code = await sandbox.snapshot({ folder, bytes: 4 << 20, files: 200, exclude: ["__pycache__"], signal });
  } catch (cause) {
    if (!WeakToStrongError.isInstance(cause) || cause.code !== "bad_input") throw cause;
    const advice =
      "Put method.py into a folder of its own, with nothing but code: the folder is kept beside the score.";
    throw new WeakToStrongError("bad_input", `${cause.message} ${advice}`, { cause });
  }
  if (code.files.some(({ path }) => path === name)) return { code, name };
  throw new WeakToStrongError("not_found", `file: there is no ${JSON.stringify(name)} in ${folder}.`);
}

export function testbedOf(name: string | undefined, { testbeds }: ToolContext): string {
  if (name !== undefined && testbeds.includes(name)) return name;
  if (name === undefined && testbeds.length === 1) return testbeds[0]!;
  throw new WeakToStrongError(
    "bad_input",
    `testbed: expected one of ${testbeds.map((one) => JSON.stringify(one)).join(", ")}, found ${name === undefined ? "nothing" : JSON.stringify(name.slice(0, 80))}.`,
  );
}
