// Starts `python -m w2s_trainer serve` on this machine, for the example, the benchmark and the tests. On a machine of
// its own you would type the command there.
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface TrainerServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  readonly process: ChildProcess;
  /** What it has written to standard error: one line when a fit starts and one when it ends. */
  log(): string;
}

export interface ServerOptions {
  /** Default: a new one. */
  readonly home?: string;
  /** Default: 0, which picks a free one. */
  readonly port?: number;
  readonly token?: string;
  /** Further options of the command. */
  readonly options?: readonly string[];
  /** Added to its environment. */
  readonly env?: NodeJS.ProcessEnv;
}

/** The interpreter of the project's environment, or `$W2S_PYTHON`. */
export function pythonOfProject(): string {
  const named = process.env.W2S_PYTHON ?? process.env.W2S_TEST_PYTHON;
  if (named) return named;
  const home = process.env.W2S_HOME ?? fileURLToPath(new URL("../../.weak-to-strong", import.meta.url));
  return join(home, "python", process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
}

/** Resolves when the server listens; rejects with its words where it does not start. */
export async function startTrainerServer(settings: ServerOptions = {}): Promise<TrainerServer> {
  const token = settings.token ?? randomBytes(24).toString("base64url");
  const folder = mkdtempSync(join(tmpdir(), "w2s-server-"));
  const file = join(folder, "token");
  writeFileSync(file, token, { mode: 0o600 });
  const source = fileURLToPath(new URL("../../python", import.meta.url));
  if (!existsSync(source)) throw new Error(`There is no ${source}`);
  const options = ["--port", String(settings.port ?? 0), "--token-file", file];
  const home = ["--home", settings.home ?? join(folder, "home")];
  const child = spawn(
    pythonOfProject(),
    ["-m", "w2s_trainer", "serve", ...options, ...home, ...(settings.options ?? [])],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        ...settings.env,
        PYTHONPATH: [source, settings.env?.PYTHONPATH].filter(Boolean).join(delimiter),
      },
    },
  );
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const started = Promise.withResolvers<string>();
  child.once("error", started.reject);
  gone.then(() => started.reject(new Error(`The server did not start: ${log}`)));
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    const url = /http:\/\/[^\s,]+/.exec(said)?.[0];
    if (url && said.includes("\n")) started.resolve(url);
  });
  return {
    url: await started.promise,
    token,
    process: child,
    log: () => log,
    async [Symbol.asyncDispose]() {
      child.kill();
      await gone;
    },
  };
}
