import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { SandboxProvider } from "../sandbox.js";
import type { PGRScorer, SubmissionResult } from "../scorer.js";
import { freeze } from "../transfer/freeze.js";
import type { FrozenMethod } from "../transfer/plan.js";
import { transfer } from "../transfer/transfer.js";
import { bestOf } from "./best.js";
import type { TeamContext } from "./context.js";
import { holdoutFolder, holdoutsOf } from "./hidden-holdouts.js";
import type { LabPlan } from "./plan.js";

/** What a transfer keeps before the first holdout is opened (src/transfer/freeze.ts). */
const frozenSchema = z.object({ methods: z.array(z.object({ name: z.string(), code: z.string() })) });

/**
 * Runs the best method of each agent on the held-out testbeds, frozen before the first is opened: `transfer/` in the lab's
 * folder. Methods that are disqualified stay at home, but for those that were frozen before: what reviewers said since
 * changes nothing of that. Where it fails, the lab has a notice of it and goes on.
 */
export async function transferAll(
  plan: LabPlan,
  { scorer, provider }: { readonly scorer: PGRScorer; readonly provider: SandboxProvider },
  { journal, emit, signal }: TeamContext,
): Promise<void> {
  if (!awaitsTransfer(plan)) return;
  const results = await scorer.results({ signal });
  const folder = holdoutFolder(plan);
  try {
    const methods = (await frozenBefore(folder, results)) ?? bestOfEach(results).map(methodOf);
    if (methods.length > 0) await transferMethods(plan, { folder, methods, provider }, { emit, signal });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    const message = `The holdouts gave nothing: ${why} What agents did stands; start the lab again and they are tried again.`;
    journal.append({ type: "notice", message });
    emit({ type: "notice", message });
  }
}

/** Whether there are holdouts on which nothing has been measured. */
export function awaitsTransfer({ holdouts = [], dir }: LabPlan): boolean {
  return holdouts.length > 0 && !existsSync(join(dir, "transfer", "transfer.json"));
}

async function transferMethods(
  plan: LabPlan,
  given: { readonly folder: string; readonly methods: readonly FrozenMethod[]; readonly provider: SandboxProvider },
  { emit, signal }: Pick<TeamContext, "emit" | "signal">,
): Promise<void> {
  const { folder, methods, provider: sandbox } = given;
  const store = join(folder, "truth");
  await mkdir(store, { recursive: true, mode: 0o700 });
  await using trainer = plan.trainer({ store: join(folder, "store") }, "agents");
  await using truthTrainer = plan.trainer({ store: join(store, "store") }, "truth");
  await using run = transfer({
    ...{ trainer, truthTrainer, signal, dir: folder, methods, sandbox },
    holdouts: holdoutsOf(plan),
    baselines: plan.baselines.filter(({ control }) => !control),
    seeds: plan.seeds,
  });
  for await (const event of run) emit({ type: "transferring", event });
  const transferred = await run.result();
  await transferred.writeReport(join(plan.dir, "transfer.html"));
}

/**
 * The methods that a life which was cut off had frozen. Holdouts may have been opened for them, so that no others are taken
 * there, whoever is the best by now.
 */
async function frozenBefore(folder: string, results: readonly SubmissionResult[]): Promise<FrozenMethod[] | undefined> {
  const file = join(folder, "frozen.json");
  if (!existsSync(file)) return undefined;
  const known = results.map(methodOf);
  const { methods: now } = freeze(known, []);
  return frozenSchema.parse(JSON.parse(await readFile(file, "utf8"))).methods.map(({ name, code }) => {
    const at = now.findIndex((one) => one.name === name && one.code === code);
    if (at >= 0) return known[at]!;
    throw new WeakToStrongError(
      "bad_input",
      `${file} names "${name}" with code ${code.slice(0, 12)}, which nobody has submitted here. Move transfer/ away, and say when you show what comes that these holdouts had been opened.`,
    );
  });
}

function methodOf({ id, method, program }: SubmissionResult): FrozenMethod {
  return { name: `${id} ${method}`.slice(0, 80), code: program };
}

/** Of each author over all testbeds. */
function bestOfEach(results: readonly SubmissionResult[]): SubmissionResult[] {
  const own = results.filter(({ baseline }) => !baseline);
  return [...Map.groupBy(own, ({ author }) => author).values()].flatMap((all) => bestOf(all) ?? []);
}
