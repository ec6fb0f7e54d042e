import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ExperimentEvent } from "../experiment/events.js";
import type { SandboxProvider } from "../sandbox.js";
import { cached } from "../trainers/cached.js";
import type { Holdout } from "../transfer/plan.js";
import { type HeldOut, rerunsIn, roomHoldout } from "./audit-material.js";
import type { TeamContext } from "./context.js";
import { findWeights, insideOf, pythonStage, sandboxedRoom } from "./defaults.js";
import type { LabPlan } from "./plan.js";
import { type Prepared, prepare } from "./prepare.js";
import { defaultPython } from "./stage.js";

/** The holdouts of a lab, fitted with its own pair where one names no other. */
export function holdoutsOf({ holdouts = [], teacher, teacherExamples, student }: LabPlan): readonly Holdout[] {
  const pair = {
    ...(teacher && { teacher }),
    ...(teacherExamples !== undefined && { teacherExamples }),
    ...(student && { student }),
  };
  return holdouts.map((holdout) => ({ ...pair, ...holdout }));
}

/** Where a lab keeps what it fits on holdouts, for audits and for the transfer, so that neither repeats the other. */
export function holdoutFolder({ dir }: LabPlan): string {
  return join(dir, "transfer");
}

/**
 * Opens the lab's holdouts for audits, in clean rooms of their own: by now agents have ended, and all that they have
 * submitted lies in the ledger. One that fails gives a notice. `stack` ends what is started.
 */
export async function openHoldouts(
  plan: LabPlan,
  { provider, stack }: { readonly provider: SandboxProvider; readonly stack: AsyncDisposableStack },
  { journal, emit, signal }: TeamContext,
): Promise<readonly HeldOut[]> {
  const holdouts = holdoutsOf(plan);
  if (holdouts.length === 0) return [];
  const say = (message: string): void => {
    journal.append({ type: "notice", message });
    emit({ type: "notice", message });
  };
  const many = holdouts.length === 1 ? "the holdout" : `${holdouts.length} holdouts`;
  say(`Opens ${many} for audits: agents have ended, and what they have submitted is frozen.`);
  const folder = holdoutFolder(plan);
  await mkdir(join(folder, "truth"), { recursive: true, mode: 0o700 });
  const own = stack.use(plan.trainer({ store: join(folder, "store") }, "agents"));
  const truth = stack.use(plan.trainer({ store: join(folder, "truth", "store") }, "truth"));
  const [trainer, truthTrainer] = [cached(own, join(folder, "fits")), cached(truth, join(folder, "truth-fits"))];
  const opened: { readonly name: string; readonly prepared: Prepared }[] = [];
  for (const { name, open, ...pair } of holdouts) {
    try {
      const { seeds } = plan;
      const options = { ...pair, testbed: await open(), seeds, sealedSeeds: [], baselines: [], trainer, truthTrainer };
      const tell = (event: ExperimentEvent): void => emit({ type: "preparing", testbed: name, event });
      opened.push({ name, prepared: await prepare(options, { signal, emit: tell }) });
    } catch (error) {
      signal.throwIfAborted();
      say(`Audits do without the holdout ${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const { isolated } = await provider.capabilities({ signal });
  const python = plan.python ?? defaultPython();
  const models = { models: plan.models ?? {} };
  const weights = await findWeights(
    opened.map(({ prepared: { student } }) => ({ student, ...models })),
    python,
    isolated,
    signal,
  );
  const stage = await pythonStage(python, isolated);
  const mounts = [...stage.mounts, ...weights.mounts, ...(plan.mounts ?? []).map(insideOf)];
  const roomTrainer = stack.use(plan.trainer({ store: join(folder, "trainer") }, "agents"));
  return opened.map(({ name, prepared }, at) => {
    const { student, labels } = prepared;
    const more = { ...models, weights: weights.folderOf({ student, ...models }) };
    const room = stack.use(
      sandboxedRoom({
        dir: join(folder, `room-${at}`),
        provider,
        trainer: roomTrainer,
        testbeds: plan.testbeds.map((testbed) => ({ ...roomHoldout(prepared, testbed.name), ...more })),
        stage: { ...stage, mounts },
        ...(plan.limits && { limits: plan.limits }),
        ...(plan.devices && { devices: plan.devices }),
      }),
    );
    return { name, prepared, reruns: rerunsIn(room, () => labels.length) };
  });
}
