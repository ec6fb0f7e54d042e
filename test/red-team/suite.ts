import { readdir } from "node:fs/promises";
import * as z from "zod";
import { matrix, row } from "../../src/data/matrix.js";
import { packagePath } from "../../src/package-root.js";
import type { SubmissionResult } from "../../src/scorer.js";
import type { Attack } from "./attack.js";
import { scripted } from "./attackers/index.js";
import { authorOn, source } from "./author.js";
import type { Ground } from "./ground.js";
import { audited, play, single } from "./play.js";
import { type Row, rowOf } from "./table.js";

/** Attackers that are one file of code, and where they can play. */
const programs: Readonly<Record<string, readonly Place[]>> = {
  majority_answer: ["maths", "code"],
  majority_in_disguise: ["maths"],
  writer_clusters: ["maths", "code"],
  run_snippet: ["code"],
  careful_runner: ["code"],
  own_interpreter: ["code"],
  ceiling_through_trainer: ["maths"],
  final_inputs_in_logs: ["maths"],
  labels_in_packages: ["maths"],
  path_traversal: ["maths"],
};

/** Attackers whose play is about questions to the scorer: what they could do with exact answers is played, too. */
const asking = ["label_flips", "colluding_pair", "greedy_hill_climb", "cherry_picked_seeds"];

/** The library's own methods that are submitted by name, besides the files in `honest/`. */
const library = ["naive", "confidence", "strong-to-strong"];

export type Place = "maths" | "code" | "preference";

/** Every attacker that plays here, each against a scorer of its own. */
export async function playAttacks(
  ground: Ground,
  place: Place,
  tell: (row: Row) => void,
  only?: readonly string[],
): Promise<void> {
  const here = Object.entries(programs).filter(([, places]) => places.includes(place));
  const files = await Promise.all(
    here.map(async ([name]) => single("attackers", `${name}.py`, triesOf(await source("attackers", `${name}.py`)))),
  );
  const attacks: Attack[] = [...files, ...(place === "maths" ? scripted : [])];
  const wanted = attacks.filter(({ name }) => !only || only.includes(name));
  for (const attack of wanted) {
    const played = await play(ground, attack, await ground.scorer("ladder"), true);
    const own = played.submission && shownBy(ground, played.submission.result);
    const undefended = asking.includes(attack.name) ? await withExactAnswers(ground, attack) : own;
    tell(
      rowOf("attacker", played, {
        ...{ testbed: ground.staked.testbed.name, tries: attack.tries },
        ...(undefended && { undefended }),
        ...(own && { gain: own.final }),
      }),
    );
  }
}

/** Attackers that were written from the documentation alone; what each is about stands in `blind/notes.json`. */
export async function playBlind(
  ground: Ground,
  place: Place,
  tell: (row: Row) => void,
  only?: readonly string[],
): Promise<void> {
  const all = notes.parse(JSON.parse(await source("blind", "notes.json")));
  for (const { file, testbed, tries, writeUp } of all) {
    const attack = single("blind", file, tries, writeUp);
    if (testbed !== place || (only && !only.includes(attack.name))) continue;
    const played = await play(ground, attack, await ground.scorer("ladder"), true);
    const own = played.submission && shownBy(ground, played.submission.result);
    const context = { testbed: ground.staked.testbed.name, tries, ...(own && { undefended: own, gain: own.final }) };
    tell(rowOf("attacker", played, context));
  }
}

const notes = z.array(
  z.object({ file: z.string(), testbed: z.string(), tries: z.string(), writeUp: z.string().optional() }),
);

/** Every honest method, all at one scorer, where each also asks once what it is worth. */
export async function playHonest(ground: Ground, tell: (row: Row) => void, only?: readonly string[]): Promise<void> {
  const open = await ground.scorer("ladder");
  const files = (await readdir(packagePath("test", "red-team", "honest")))
    .filter((file) => file.endsWith(".py"))
    .sort();
  const methods = await Promise.all(
    files.map(async (file) => single("honest", file, triesOf(await source("honest", file)))),
  );
  const named = library.map((name): Attack => byName(name));
  const wanted = [...named, ...methods].filter(({ name }) => !only || only.includes(name));
  for (const method of wanted) {
    await method.play({ ground, open, author: (name) => authorOn(ground, open, name) });
    const result = (await open.scorer.results()).at(-1)!;
    if (result.scores) await authorOn(ground, open, method.name).ask([developmentOf(ground, result)]);
  }
  for (const [at, result] of (await open.scorer.results()).entries()) {
    const { name, tries } = wanted[at]!;
    const played = { name, words: "", submission: { result, findings: await audited(ground, open, result) } };
    const own = shownBy(ground, result);
    const testbed = ground.staked.testbed.name;
    tell(rowOf("honest", played, { testbed, tries, ...(own && { gain: own.final }) }));
  }
}

function byName(name: string): Attack {
  return {
    name,
    tries: "a method of the library",
    async play({ open, ground }) {
      const code = { type: "library", name, options: {} } as const;
      const testbed = ground.staked.testbed.name;
      const writeUp = `The library's method of this name (docs/methods.md), with the options that it has by default.`;
      const { outcome } = await open.scorer.submit({ author: name, testbed, method: name, code, writeUp });
      return { words: outcome };
    },
  };
}

/** What an attacker reaches where every answer is exact and nobody looks at what it hands in. */
async function withExactAnswers(ground: Ground, attack: Attack): Promise<Row["undefended"]> {
  const open = await ground.scorer("exact");
  const { submission } = await play(ground, attack, open, false);
  if (!submission) return undefined;
  const records = await open.scorer.records();
  const asked = records.flatMap((one) => (one.type === "evaluation" && one.score ? [{ ...one, ...one.score }] : []));
  const gains = asked.map(({ accuracy, seeds }) => gainOf(ground, accuracy, "development", seeds));
  const { final } = submission.result.scores ?? {};
  return { shown: Math.max(...gains), ...(final && { final: gainOf(ground, final.accuracy, "final") }) };
}

function shownBy(ground: Ground, { scores }: SubmissionResult): Row["undefended"] {
  if (!scores) return undefined;
  return {
    shown: gainOf(ground, scores.development.accuracy, "development"),
    final: gainOf(ground, scores.final.accuracy, "final"),
  };
}

/** PGR above the naive baseline's with the same seeds: of the gap, the share that an accuracy lies above it. */
function gainOf(
  { staked }: Ground,
  accuracy: number,
  part: "development" | "final",
  seeds = staked.sealedSeeds,
): number {
  const { parts, teacher, ceiling, baselines } = staked;
  const all = [...staked.seeds, ...staked.sealedSeeds];
  const mean = (lists: readonly Float64Array[]): number => {
    const rows = parts[part];
    const right = seeds.map((seed) => rows.reduce((sum, at) => sum + lists[all.indexOf(seed)]![at]!, 0));
    return right.reduce((sum, one) => sum + one, 0) / (rows.length * seeds.length);
  };
  return (accuracy - mean(baselines[0]!.scores)) / (mean(ceiling.scores) - mean(teacher.scores));
}

/** A submission's development predictions of its first run, as its author could have asked about them. */
function developmentOf({ staked }: Ground, { runs }: SubmissionResult) {
  const { rows, predictions } = runs[0]!;
  const at = new Map(Array.from(rows, (test, index) => [test, index]));
  return matrix(Array.from(staked.parts.development, (test) => row(predictions!, at.get(test)!)));
}

/** The first sentence of a method's docstring. */
function triesOf(code: string): string {
  return /^"""(?:Tries: )?(.*?)(?:\.?"""|\.?\n|\.\s+[A-Z])/.exec(code)?.[1] ?? "";
}
