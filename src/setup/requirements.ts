import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { WeakToStrongError } from "../errors.js";

/**
 * What an environment can hold besides the base, which fits heads on hashed words: `models` adds torch and transformers,
 * `demo` the two small pretrained models that come as Python packages (and with them `models`), `serve` what a trainer
 * server needs, `dev` what this repository's own tests need.
 */
export type Extra = "models" | "demo" | "serve" | "dev";

export function isExtra(name: string): name is Extra {
  return ["models", "demo", "serve", "dev"].includes(name);
}

interface RequirementsFile {
  readonly name: string;
  /** SHA-256 of its contents. */
  readonly hash: string;
  readonly path: string;
  /** Installed without looking at what these packages say they depend on. */
  readonly noDependencies: boolean;
  readonly text: string;
}

/** The files to install for these extras, in order. */
export function requirementsFor(extras: readonly Extra[], folder: string): readonly RequirementsFile[] {
  const names = ["base.txt"];
  if (extras.includes("models") || extras.includes("demo")) names.push("models.txt");
  if (extras.includes("serve")) names.push("serve.txt");
  if (extras.includes("dev")) names.push("dev.txt");
  if (extras.includes("demo")) names.push("demo-no-deps.txt");
  return names.map((name) => {
    const path = join(folder, name);
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (cause) {
      throw new WeakToStrongError("not_found", `${path} is missing from the package. Install weak-to-strong again.`, {
        cause,
      });
    }
    const hash = createHash("sha256").update(text).digest("hex");
    return { name, hash, path, noDependencies: name.includes("no-deps"), text };
  });
}

/** The line that asks for torch (`torch==2.13.0`), if one does. */
export function torchRequirement(files: readonly RequirementsFile[]): string | undefined {
  for (const { text } of files) {
    const line = /^\s*(torch\s*[=<>~!][^#;\s]*)/m.exec(text)?.[1];
    if (line) return line.replaceAll(/\s/g, "");
  }
  return undefined;
}
