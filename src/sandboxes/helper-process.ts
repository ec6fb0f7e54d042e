import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import type { HelperProcess } from "./connection.js";

export interface HelperCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** What file descriptors 3, 4, ... hold. */
  readonly files?: readonly Uint8Array[];
  /** Whether it leads a process group of its own, which signals from a terminal do not reach. */
  readonly detached?: boolean;
  /** Called when the process has gone, with how: what is known besides. */
  readonly explain?: (how: string) => string;
  /** Called once everything has gone. */
  readonly release?: () => Promise<void>;
}

/** A helper that has not ended this long after its input did is killed. */
const patience = 3_000;
/** What a dead helper has left in its pipes comes within this time. */
const lastWordsTimeout = 500;
const lastWordsLength = 2_000;

/** Starts the helper as a child of this process. */
export function startHelper(command: HelperCommand): HelperProcess {
  const { program, args, env, files = [], detached = false, explain = (how) => how } = command;
  const gone = Promise.withResolvers<string>();
  const child: ChildProcess = spawn(program, args, {
    env,
    detached,
    stdio: ["pipe", "pipe", "pipe", ...files.map(() => "pipe" as const)],
  });
  let words = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-lastWordsLength);
  });
  for (const [index, content] of files.entries()) {
    const pipe = child.stdio[3 + index] as Socket;
    pipe.on("error", () => undefined); // it ended before it read it
    pipe.end(content);
  }
  child.once("error", (error) => gone.resolve(`could not be started: ${error.message}`));
  child.once("exit", (code, signal) => {
    const report = (): void => {
      clearTimeout(wait);
      child.off("close", report);
      for (const pipe of child.stdio) pipe?.destroy();
      const how = signal ? `was killed by ${signal}` : (code ?? 0) > 128 ? killed(code!) : `exited with code ${code}`;
      gone.resolve(explain(words.trim() ? `${how} (${words.trim()})` : how));
    };
    const wait = setTimeout(report, lastWordsTimeout);
    child.once("close", report);
  });

  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    child.ref();
    child.stdin!.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), patience);
    await gone.promise;
    clearTimeout(kill);
    await command.release?.();
  };
  return {
    stdin: child.stdin!,
    stdout: child.stdout!,
    hold(active) {
      for (const handle of [child, child.stdin, child.stdout, child.stderr] as (ChildProcess | Socket)[]) {
        if (active) handle.ref();
        else handle.unref();
      }
    },
    end() {
      ended ??= end();
      return ended;
    },
    gone: gone.promise,
  };
}

/** bubblewrap and shells tell by their exit code of the signal that killed what they ran. */
function killed(code: number): string {
  return code === 137 ? "was killed by SIGKILL" : `was killed by signal ${code - 128}`;
}
