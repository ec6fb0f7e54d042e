import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { WeakToStrongError } from "./errors.js";

interface Found {
  readonly root: string;
  readonly version: string;
}

let found: Found | undefined;

/** The folder of this package: `python/` and `data/` lie in it, whether the code runs from `src/` or from `dist/`. */
export function packageRoot(): string {
  return locate().root;
}

/** A file or folder inside this package: `packagePath("python")`. */
export function packagePath(...parts: readonly string[]): string {
  return join(packageRoot(), ...parts);
}

/** This package's version, as in its package.json. */
export function packageVersion(): string {
  return locate().version;
}

function locate(): Found {
  found ??= search(dirname(fileURLToPath(import.meta.url)));
  return found;
}

function search(from: string): Found {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, "package.json");
    if (existsSync(file)) {
      const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
      if (name === "weak-to-strong" && version) return { root: folder, version };
    }
    if (dirname(folder) === folder) {
      throw new WeakToStrongError(
        "missing_dependency",
        `weak-to-strong cannot find its own package.json above ${from}, and so neither its Python code nor its data. ` +
          'If a bundler put it into one file, mark it as external ("weak-to-strong").',
      );
    }
  }
}
