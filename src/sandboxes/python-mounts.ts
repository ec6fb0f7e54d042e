import { execFile } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { dirname, isAbsolute, sep } from "node:path";
import { promisify } from "node:util";
import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { Mount } from "../sandbox.js";

const places = z.object({
  folders: z.array(z.string()),
  executables: z.array(z.string()),
});

/** Asks the interpreter where it and its packages lie; the base interpreter of an environment counts too. */
const question = `
import json, os, site, sys, sysconfig
paths = sysconfig.get_paths()
bases = [sysconfig.get_paths(vars={"base": sys.base_prefix, "platbase": sys.base_exec_prefix})[k] for k in ("stdlib", "platstdlib")]
shared = [os.path.join(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")]
chain, at = [], sys.executable
while at not in chain:
    chain.append(at)
    if os.path.islink(at):
        at = os.path.join(os.path.dirname(at), os.readlink(at))
environment = [sys.prefix] if sys.prefix != sys.base_prefix else []
json.dump({
    "folders": environment + bases + [paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")],
    "executables": chain + [f for f in shared if os.path.isfile(f)],
}, sys.stdout)
`;

/**
 * What has to be mounted for this interpreter to run in a sandbox, with all its packages: its environment, the standard
 * library and the interpreter that it is made from. Paths inside are those outside. What every sandbox has (`/usr`, but
 * not `/usr/local`) is left out.
 *
 * @param python An absolute path.
 * @throws WeakToStrongError `missing_dependency` where it does not run.
 */
export async function pythonMounts(python: string): Promise<readonly Required<Mount>[]> {
  let found: z.infer<typeof places>;
  try {
    if (!isAbsolute(python)) throw new Error("expected an absolute path");
    const { stdout } = await promisify(execFile)(python, ["-I", "-c", question], { timeout: 60_000 });
    found = places.parse(JSON.parse(stdout));
  } catch (cause) {
    throw new WeakToStrongError(
      "missing_dependency",
      `The Python ${python} does not say where it lies: ${cause instanceof Error ? cause.message : cause}. ` +
        "`npx weak-to-strong setup` makes a project's environment; name its interpreter by an absolute path.",
      { cause },
    );
  }
  const paths = [...found.folders, ...found.executables.flatMap((file) => [file, realpathSync(file)])];
  const needed = [...new Set(paths)].filter((path) => existsSync(path) && !isSystem(path));
  const whole = needed.filter((path) => !needed.some((other) => other !== path && path.startsWith(other + sep)));
  return whole.sort().map((path) => ({ source: realpathSync(path), target: path }));
}

function isSystem(path: string): boolean {
  const real = `${realpathSync(dirname(path))}${sep}`;
  return [path, real].every((place) => /^\/(usr|lib|lib64|bin|sbin)\//.test(place) && !place.startsWith("/usr/local/"));
}
