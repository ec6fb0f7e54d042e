import * as z from "zod";
import type { ExecResult } from "../../sandbox.js";
import { tool } from "./tool.js";

export const shell = tool({
  name: "shell",
  description:
    "Runs a command with /bin/sh in your sandbox, in /work unless it changes folder, and returns its output (standard output and error together; the middle of a long one is left out). Files in /work last; processes left in the background go on until your sandbox ends. There is no network but the lab's own door.",
  input: z.strictObject({
    command: z.string().min(1).max(100_000),
    timeout: z.number().positive().max(7200).default(600).describe("Seconds after which it is killed."),
  }),
  async run({ command, timeout }, { sandbox, signal }) {
    return told(await (await sandbox()).exec(command, { timeout, signal }), timeout);
  },
});

/** Output first, then how it ended where that was not well. */
export function told(result: ExecResult, timeout: number): string {
  const { exitCode, signal, output, timedOut } = result;
  const end = timedOut
    ? `It was killed after ${timeout} seconds.`
    : signal !== null
      ? `It was ended by ${signal}.`
      : exitCode !== 0
        ? `Exit code ${exitCode}.`
        : "";
  if (!end) return output || "(no output)";
  return output ? `${output.replace(/\n?$/, "\n")}${end}` : end;
}
