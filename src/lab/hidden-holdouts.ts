import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { ExperimentEvent } from "../experiment/events.js";
import type { SandboxProvider } from "../sandbox.js";
import { plantCanaries } from "../testbed/plant.js";
import type { Testbed } from "../testbed/testbed.js";
import { cached } from "../trainers/cached.js";
import { type HeldOut, rerunsIn, roomHoldout } from "./audit-material.js";
import type { TeamContext } from "./context.js";
import { findWeights, insideOf, type RoomStage, sandboxedRoom } from "./defaults.js";
import { holdoutFolder, holdoutsOf, noteOpening } from "./holdouts.js";
import { canaryMarks, type Staked } from "./hour-zero.js";
import { notice } from "./notice.js";
import type { LabPlan } from "./plan.js";
import { type Prepared, prepare } from "./prepare.js";
import { defaultPython, hiddenPlaces, type Stage, searchStage } from "./stage.js";

/** What holdouts are opened with. */
export interface HoldoutMeans {
  /** The lab's own testbeds. */
  readonly all: readonly Staked[];
  readonly provider: SandboxProvider;
  readonly stage: Stage;
  readonly secret: string;
}

/** The holdouts that audits have, and those that they do without, each with the reason. */
export interface OpenedHoldouts {
  readonly heldOut: readonly HeldOut[];
  readonly missing: readonly string[];
}

interface Fitted {
  readonly name: string;
  /** As it was opened; what was prepared may have canaries. */
  readonly source: Testbed;
  readonly prepared: Prepared;
}

/**
 * Opens the lab's holdouts for audits, in clean rooms of their own: by now agents have ended, and all that they have
 * submitted lies in the ledger. One that fails gives a notice, and the lab goes on. `stack` ends what is started.
 */
export async function openHoldouts(
  plan: LabPlan,
  means: HoldoutMeans,
  stack: AsyncDisposableStack,
  context: TeamContext,
): Promise<OpenedHoldouts> {
  const names = (plan.holdouts ?? []).map(({ name }) => name);
  if (names.length === 0) return { heldOut: [], missing: [] };
  const many = names.length === 1 ? "the holdout" : `${names.length} holdouts`;
  notice(context, `Opens ${many} for audits: agents have ended, and what they have submitted is frozen.`);
  const missing = new Map<string, string>();
  const without = (name: string, error: unknown): void => {
    context.signal.throwIfAborted();
    if (missing.has(name)) return;
    const why = error instanceof Error ? error.message : String(error);
    missing.set(name, `${name}: ${why}`);
    notice(context, `Audits do without the holdout ${name}: ${why}`);
  };
  let heldOut: readonly HeldOut[] = [];
  try {
    heldOut = await inRooms(plan, await fitAll(plan, means, without, context), means, stack, context);
  } catch (error) {
    for (const name of names) without(name, error);
  }
  return { heldOut, missing: [...missing.values()] };
}

/** Teachers and ceilings of all that open. The worker that sees their truth is gone before submitted code runs. */
async function fitAll(
  plan: LabPlan,
  { secret }: HoldoutMeans,
  without: (name: string, error: unknown) => void,
  { signal, emit }: TeamContext,
): Promise<readonly Fitted[]> {
  const folder = holdoutFolder(plan);
  await mkdir(join(folder, "truth"), { recursive: true, mode: 0o700 });
  await noteOpening(plan);
  await using own = plan.trainer({ store: join(folder, "truth", "store") }, "truth");
  const trainer = cached(own, join(folder, "truth-fits"));
  const baited = async (testbed: Testbed): Promise<Testbed> =>
    plan.canaries && testbed.kind === "verification" ? plantCanaries(testbed, canaryMarks(plan, secret)) : testbed;
  const fitted: Fitted[] = [];
  for (const { name, open, ...pair } of holdoutsOf(plan)) {
    try {
      const given = { seeds: plan.seeds, sealedSeeds: [], baselines: [], trainer, truthTrainer: trainer };
      const tell = (event: ExperimentEvent): void => emit({ type: "preparing", testbed: name, event });
      const source = await open();
      const options = { ...pair, ...given, testbed: await baited(source) };
      fitted.push({ name, source, prepared: await prepare(options, { signal, emit: tell }) });
    } catch (error) {
      without(name, error);
    }
  }
  return fitted;
}

/** A clean room for each, which has it under the names of the lab's testbeds. */
async function inRooms(
  plan: LabPlan,
  fitted: readonly Fitted[],
  { provider, secret, ...means }: HoldoutMeans,
  stack: AsyncDisposableStack,
  context: TeamContext,
): Promise<readonly HeldOut[]> {
  if (fitted.length === 0) return [];
  const { isolated, hostFolders } = await provider.capabilities({ signal: context.signal });
  const models = { models: plan.models ?? {} };
  const listed = (all: readonly Pick<Prepared, "student">[]) => all.map(({ student }) => ({ student, ...models }));
  const prepared = fitted.map((one) => one.prepared);
  // The lab's first, as when its stage was set, so that they keep their places inside.
  const asked = [...listed(means.all), ...listed(prepared)];
  const weights = await findWeights(asked, plan.python ?? defaultPython(), isolated, context.signal);
  const stage = await staged(plan, fitted, { ...means, mounts: weights.mounts, isolated, hostFolders }, context);
  const folder = holdoutFolder(plan);
  const trainer = stack.use(plan.trainer({ store: join(folder, "trainer") }, "agents"));
  return fitted.map(({ name, prepared }, at) => {
    const { student, labels } = prepared;
    const more = { ...models, weights: weights.folderOf({ student, ...models }) };
    const room = stack.use(
      sandboxedRoom({
        dir: join(folder, `room-${at}`),
        ...{ provider, trainer, stage },
        testbeds: plan.testbeds.map((testbed) => ({ ...roomHoldout(prepared, testbed.name), ...more })),
        canaries: canaryMarks(plan, secret),
        ...(plan.limits && { limits: plan.limits }),
        ...(plan.devices && { devices: plan.devices }),
      }),
    );
    return { name, prepared, reruns: rerunsIn(room, () => ({ data: name, rows: labels.length })) };
  });
}

/** The lab's clean room with the holdouts' weights. What holds inputs of a testbed or of a holdout is covered, last of all. */
async function staged(
  { dir }: LabPlan,
  fitted: readonly Fitted[],
  {
    stage: { room, open, found },
    ...given
  }: Pick<HoldoutMeans, "stage"> & {
    readonly mounts: RoomStage["mounts"];
    readonly isolated: boolean;
    readonly hostFolders: readonly string[];
  },
  context: TeamContext,
): Promise<RoomStage> {
  const { isolated, hostFolders } = given;
  const there = new Set(open.map(({ target }) => target));
  const mounts = [...open, ...given.mounts.map(insideOf).filter(({ target }) => !there.has(target))];
  const testbeds = fitted.map(({ name, source }) => ({ ...source, name }));
  const { signal } = context;
  const { findings, unread } = await searchStage({ mounts, hostFolders, isolated, testbeds, signal });
  for (const message of unread) context.emit({ type: "notice", message });
  for (const { testbed, source, target, why } of findings) {
    if (found.some((one) => one.target === target)) continue;
    notice(context, `${source} is hidden from sandboxes on holdouts: ${why} (${testbed}).`);
  }
  return { ...room, mounts: isolated ? [...mounts, ...(await hiddenPlaces(dir, [...found, ...findings]))] : [] };
}
