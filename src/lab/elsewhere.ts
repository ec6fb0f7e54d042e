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
import { holdoutFolder, holdoutsOf, openedBefore } from "./holdouts.js";
import { notice } from "./notice.js";
import type { LabPlan } from "./plan.js";

/** What a transfer keeps before it measures anything (src/transfer/freeze.ts). */
const frozenSchema = z.object({ methods: z.array(z.object({ name: z.string(), code: z.string() })) });

/**
 * Runs the best method of each agent on the held-out testbeds, frozen before the first is measured: `transfer/` in the
 * lab's folder. No agent has worked since the first of them was opened, but audits may have looked at submissions there,
 * which the transfer's record says; methods that are disqualified by then stay at home. What was frozen in an earlier life
 * is measured whatever reviewers said since. Where it fails, the lab has a notice of it and goes on.
 */
export async function transferAll(
  plan: LabPlan,
  { scorer, provider }: { readonly scorer: PGRScorer; readonly provider: SandboxProvider },
  context: TeamContext,
): Promise<void> {
  const { signal } = context;
  if (!awaitsTransfer(plan)) return;
  const results = await scorer.results({ signal });
  const folder = holdoutFolder(plan);
  try {
    const methods = (await frozenBefore(folder, results)) ?? bestOfEach(results).map(methodOf);
    if (methods.length > 0) await transferMethods(plan, { folder, methods, provider }, context);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    notice(
      context,
      `The holdouts gave nothing: ${why} What agents did stands; start the lab again and they are tried again.`,
    );
  }
}

/** Whether there are holdouts on which nothing has been measured. */
export function awaitsTransfer(plan: LabPlan): boolean {
  const { holdouts = [] } = plan;
  return holdouts.length > 0 && !existsSync(join(holdoutFolder(plan), "transfer.json"));
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
  const opened = await openedBefore(plan);
  await using run = transfer({
    ...{ trainer, truthTrainer, signal, dir: folder, methods, sandbox },
    ...(opened && { openedBefore: opened }),
    ...(plan.python !== undefined && { python: plan.python }),
    holdouts: holdoutsOf(plan),
    baselines: plan.baselines.filter(({ control }) => !control),
    seeds: plan.seeds,
  });
  for await (const event of run) emit({ type: "transferring", event });
  const transferred = await run.result();
  await transferred.writeReport(join(plan.dir, "transfer.html"));
}

/**
 * The methods that a life which was cut off had frozen. They may have been measured there, so that no others are, whoever
 * is the best by now.
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
      `${file} names "${name}" with code ${code.slice(0, 12)}, which nobody has submitted here. Move transfer/ away, and say when you show what comes that methods had been measured on these holdouts.`,
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
