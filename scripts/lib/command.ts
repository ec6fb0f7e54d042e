import { spawn } from "node:child_process";
import { packagePath } from "../../src/package-root.js";

export interface Ran {
  readonly code: number;
  /** Both streams, in the order in which they came. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}

/** Runs a program and keeps what it prints. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const child = spawn(program, args, {
    cwd: options.cwd ?? packagePath(),
    env: options.env ?? process.env,
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.timeoutMs ? { timeout: options.timeoutMs, killSignal: "SIGKILL" } : {}),
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  const { promise, resolve } = Promise.withResolvers<Ran>();
  child.on("error", (error) => resolve({ code: 127, output: `${program}: ${error.message}` }));
  child.on("close", (code, signal) =>
    resolve({ code: code ?? 1, output: signal ? `${output}\n(ended by ${signal})` : output }),
  );
  return promise;
}

/** A program that npm installed here, by the name of its script in node_modules/.bin. */
export function tool(name: string, args: readonly string[], options?: RunOptions): Promise<Ran> {
  return run(packagePath("node_modules/.bin", name), args, options);
}

/** Throws with the program's output where it failed. */
export async function must(ran: Promise<Ran>): Promise<string> {
  const { code, output } = await ran;
  if (code !== 0) throw new Error(output.trim() || `exit code ${code}`);
  return output;
}
