import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * The folder in which a project keeps its Python environment (`python`), extracted features (`cache`) and trained
 * models (`checkpoints`): `$W2S_HOME`, or `.weak-to-strong` beside the nearest `package.json` above `from`, or in
 * `from` itself. Deleting it loses time, never results.
 */
export function projectHome(from: string = process.cwd()): string {
  const override = process.env.W2S_HOME;
  if (override) return resolve(override);
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return join(folder, ".weak-to-strong");
    if (dirname(folder) === folder) return join(resolve(from), ".weak-to-strong");
  }
}

/** Where `npx weak-to-strong setup` puts the Python interpreter. */
export function homePython(home: string): string {
  return process.platform === "win32"
    ? join(home, "python", "Scripts", "python.exe")
    : join(home, "python", "bin", "python");
}

/**
 * Where the keys of scorers' ledgers are kept, each with the newest head: outside of every project and run, so that whoever
 * can change these cannot rewrite what was answered. `$W2S_KEYS`, or a folder of the user's.
 */
export function keysFolder(): string {
  const { W2S_KEYS, XDG_STATE_HOME } = process.env;
  return resolve(W2S_KEYS || join(XDG_STATE_HOME || join(homedir(), ".local", "state"), "weak-to-strong", "keys"));
}
