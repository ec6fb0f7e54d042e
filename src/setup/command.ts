import { spawn } from "node:child_process";
import { WeakToStrongError } from "../errors.js";

export interface CommandResult {
  /** The exit code; 127 where the program could not be started, 128 and more where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  /** Both streams together, in the order in which they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Text for standard input. */
  readonly input?: string;
  /** Called with each line of output as it comes. */
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/** Runs a program to its end. A program that fails, or is not there, is a result and not an error; an abort throws. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const child = spawn(program, args, {
    env: options.env ?? process.env,
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
    ...(options.timeoutMs ? { timeout: options.timeoutMs, killSignal: "SIGKILL" } : {}),
  });
  return collect(child, options, options.input ?? "");
}

/**
 * Runs a Python module in such a way that it dies with this process, also when this process is killed: otherwise a pip
 * without a parent would go on writing into an environment that the next set-up is repairing. The small program reads
 * its standard input, which ends when we do, and then kills its process group.
 */
export async function runPythonModule(
  python: string,
  module: string,
  args: readonly string[],
  options: Omit<CommandOptions, "input" | "timeoutMs"> = {},
): Promise<CommandResult> {
  const child = spawn(python, ["-I", "-c", guard, module, ...args], {
    env: { ...(options.env ?? process.env), PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "pipe", "pipe"],
    detached: process.platform !== "win32",
    windowsHide: true,
  });
  return collect(child, options);
}

const guard = `
import os, runpy, signal, sys, threading
def watch():
    while os.read(0, 1024):
        pass
    if hasattr(os, "killpg"):
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
`;

async function collect(
  child: ReturnType<typeof spawn>,
  options: Pick<CommandOptions, "onLine" | "signal">,
  input?: string,
): Promise<CommandResult> {
  let stdout = "";
  let output = "";
  let rest = "";
  const take = (chunk: string): void => {
    output = (output + chunk).slice(-200_000);
    const lines = (rest + chunk).split(/\r?\n|\r/);
    rest = lines.pop() ?? "";
    if (options.onLine) for (const line of lines) options.onLine(line);
  };
  child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
    stdout += chunk;
    take(chunk);
  });
  child.stderr?.setEncoding("utf8").on("data", take);
  child.stdin?.on("error", () => {}); // a program that ends without reading
  if (input !== undefined) child.stdin?.end(input);

  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  // Closing the input ends a guarded module and its children; the signal ends everything else.
  const stop = (): void => {
    child.stdin?.destroy();
    if (input !== undefined) child.kill("SIGKILL");
  };
  child.on("error", (error) => resolve({ code: 127, stdout, output: output || error.message }));
  child.on("close", (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), stdout, output }));
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener("abort", stop, { once: true });
  try {
    const result = await promise;
    options.signal?.throwIfAborted();
    return result;
  } finally {
    options.signal?.removeEventListener("abort", stop);
    child.stdin?.destroy();
  }
}

/** The end of a program's output, indented, for an error message. */
export function lastLines(output: string, count = 12): string {
  const noise = /^\s*$|^\s+(Moving to|from|Rolling back) /;
  const lines = output.split(/\r?\n|\r/).filter((line) => !noise.test(line));
  return lines
    .slice(-count)
    .map((line) => `    ${line}`)
    .join("\n");
}

/** Turns what a failed pip or venv said into an error that says what to do. */
export function explainFailure(step: string, result: CommandResult): WeakToStrongError {
  const { output } = result;
  const told = `${step} failed (exit code ${result.code}). Its last words:\n${lastLines(output)}\n`;
  if (/No space left on device|Errno 28|ENOSPC|Disk quota exceeded|Errno 122/i.test(output)) {
    return new WeakToStrongError(
      "storage",
      `${told}The disk is full. Make room (torch needs about 1.5 GB) and try again.`,
    );
  }
  if (/Permission denied|Errno 13|Read-only file system/i.test(output)) {
    return new WeakToStrongError("storage", `${told}The folder cannot be written to. Set W2S_HOME to one that can be.`);
  }
  if (
    /NewConnectionError|NameResolutionError|getaddrinfo|Temporary failure in name resolution|Connection refused|ConnectTimeout|Max retries exceeded|Network is unreachable|ProxyError|ReadTimeout|SSLError/i.test(
      output,
    )
  ) {
    return new WeakToStrongError(
      "missing_dependency",
      `${told}pip could not reach its package index. Check the network or proxy; with an index of your own, set PIP_INDEX_URL ` +
        "(and --torch-index for torch). Then try again: what has been downloaded is kept.",
    );
  }
  if (/No matching distribution found|Could not find a version/i.test(output)) {
    return new WeakToStrongError(
      "missing_dependency",
      `${told}The package index has no such package for this Python and platform. Try another Python (--python) or index ` +
        "(PIP_INDEX_URL; --torch-index for torch).",
    );
  }
  return new WeakToStrongError("missing_dependency", `${told}Correct what it names and try again.`);
}
