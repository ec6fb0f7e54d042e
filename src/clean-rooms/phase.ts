import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CleanTraces } from "../clean-room.js";
import { canaryFile, canaryMarkIn } from "../data/canaries.js";
import { type Snapshot, snapshot } from "../data/snapshot.js";
import { type ErrorCode, WeakToStrongError } from "../errors.js";
import { packagePath } from "../package-root.js";
import type { ExecResult, Sandbox, SandboxLimits, SandboxProvider } from "../sandbox.js";
import type { DoorServices } from "../server/app.js";
import { openDoor } from "../server/door.js";
import { type Estimates, estimates } from "../server/estimates.js";
import { fairQueue } from "../server/fair-queue.js";
import { trainerHelpers } from "../server/helpers.js";
import { layInFiles } from "../server/lay-in.js";
import type { LabTestbed } from "../server/testbeds.js";
import type { Trainer } from "../trainer.js";
import { isTrainersOwn } from "./blame.js";
import { openedIn, openedInside } from "./opened.js";
import type { RoomStage } from "./stage.js";

/** What all phases of a room stand on. */
export interface Ground {
  readonly provider: SandboxProvider;
  readonly isolated: boolean;
  readonly stage: RoomStage;
  /** Folders of runs are made in it. */
  readonly dir: string;
  /** A folder with a short path, for sockets. */
  readonly sockets: string;
  readonly trainer: Trainer;
  readonly seconds: { readonly fit: number; readonly predict: number };
  readonly limits?: SandboxLimits;
  readonly devices?: readonly string[];
  /** Marks of canaries to look for. */
  readonly canaries: readonly string[];
  /** Whether a run must leave nothing with the trainer that another could notice. */
  readonly sealed: boolean;
}

/** One function of a `method.py`, in a sandbox of its own. */
export interface Phase<T> {
  readonly phase: "fit" | "predict";
  /** Names the run: checkpoints of another cannot be reached. */
  readonly run: Run;
  readonly code: { readonly snapshot: Snapshot; readonly file: string };
  readonly seed: number;
  /** As the door knows it. */
  readonly testbed: LabTestbed;
  /** As it lies in the sandbox. */
  readonly shown: LabTestbed;
  readonly weights: Readonly<Record<string, string>>;
  /** What lies in the method's folder at the beginning. */
  readonly folder: Snapshot;
  /** Takes what the function left, once it has ended well. What it throws of the library's own errors is the method's failure. */
  take(sandbox: Sandbox, options: { readonly signal: AbortSignal }): Promise<T>;
}

export interface Run {
  readonly name: string;
  readonly secret: string;
}

export function newRun(): Run {
  return { name: `run-${randomUUID()}`, secret: randomBytes(32).toString("hex") };
}

export type PhaseEnd<T> = {
  /** What it wrote; beyond 64 KiB the middle is cut out. */
  readonly log: string;
  readonly seconds: number;
  readonly traces: CleanTraces;
} & ({ readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string });

/** Bytes. */
const mostLog = 64 << 10;
/** Refusals that are kept, and characters of each. */
const [mostRefused, longestRefused] = [100, 300];

/** Throws what is not the method's doing: an abort, a sandbox that cannot be made, a trainer that died under a failed phase. */
export async function runPhase<T>(
  ground: Ground,
  { phase, run, code, seed, testbed, shown, weights, folder, take }: Phase<T>,
  signal: AbortSignal,
): Promise<PhaseEnd<T>> {
  const { provider, isolated, stage } = ground;
  const own = join(ground.dir, `${run.name}-${phase}`);
  const data = join(own, "data");
  const work = join(own, "work");
  await using stack = new AsyncDisposableStack();
  // What a method may have made hard to remove must not fail the room.
  stack.defer(() => rm(own, { recursive: true, force: true }).catch(() => undefined));
  for (const { path, content } of layInFiles(shown, weights)) {
    await mkdir(dirname(join(data, path)), { recursive: true });
    await writeFile(join(data, path), content);
  }
  const witness = newWitness();
  const token = randomBytes(32).toString("base64url");
  const socket = join(ground.sockets, `${randomBytes(6).toString("hex")}.sock`);
  stack.use(await openDoor({ socket, token, services: trainerOnly(ground, phase, testbed, run, witness) }));
  const client = packagePath("python");
  const sandbox = stack.use(
    await provider.create(
      {
        name: run.name,
        work,
        door: socket,
        mounts: isolated
          ? [
              { source: data, target: "/lab/data" },
              { source: join(client, "w2s_trainer"), target: "/lab/python/w2s_trainer" },
              ...stage.mounts,
            ]
          : [],
        env: {
          ...stage.env,
          PYTHONPATH: isolated ? "/lab/python" : client,
          W2S_DATA: isolated ? "/lab/data" : data,
          W2S_TOKEN: token,
        },
        ...(ground.limits && { limits: ground.limits }),
        ...(ground.devices && { devices: ground.devices }),
      },
      { signal },
    ),
  );
  stack.defer(() => emptied(sandbox));
  const inside = isolated ? "/work" : work;
  const seconds = ground.seconds[phase];
  const step = {
    function: phase,
    testbed: testbed.name,
    method: `${inside}/submission/${code.file}`,
    seed,
    examples: null,
    seconds,
    folder: `${inside}/folder`,
    out: `${inside}/predictions.npy`,
    ...(isolated && { opened: openedInside }),
  };
  await sandbox.files.restore(code.snapshot, "/work/submission", { signal });
  await sandbox.files.restore(folder, "/work/folder", { signal });
  await sandbox.files.write("/work/step.json", JSON.stringify(step), { signal });
  if (isolated) await sandbox.files.write(openedInside, "", { signal });

  const begun = performance.now();
  let done: ExecResult | undefined;
  let end: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly detail: string };
  try {
    done = await sandbox.exec([stage.python, "-m", "w2s_trainer.lab.step", `${inside}/step.json`], {
      timeout: seconds,
      maxOutput: mostLog,
      watch: isolated,
      signal,
    });
    const failure = failureOf(done, phase, seconds);
    end = failure === undefined ? { ok: true, value: await take(sandbox, { signal }) } : { ok: false, detail: failure };
  } catch (error) {
    signal.throwIfAborted();
    if (!WeakToStrongError.isInstance(error)) throw error;
    end = { ok: false, detail: error.message };
  }
  const taken = (performance.now() - begun) / 1000;
  for (const mark of ground.canaries) if (await isThere(sandbox, canaryFile(mark), signal)) witness.marks.add(mark);
  if (!end.ok && witness.broken) {
    throw new WeakToStrongError(
      witness.broken.code,
      `The clean room's trainer failed during ${phase}, so that the method was not judged: ${witness.broken.message}`,
    );
  }
  const canaries = ground.canaries.filter((mark) => witness.marks.has(mark));
  const opened = isolated ? await openedIn(sandbox, signal) : [];
  const traces = { canaries, processes: done?.programs ?? {}, refused: witness.refused, opened };
  return { log: done?.output ?? "", seconds: taken, traces, ...end };
}

export const nothing: Snapshot = snapshot([]);

/** What was seen at the door. */
interface Witness {
  readonly refused: string[];
  readonly marks: Set<string>;
  broken?: { readonly code: ErrorCode; readonly message: string };
}

function newWitness(): Witness {
  return { refused: [], marks: new Set() };
}

/** A quote would say what an earlier call took. */
const untold: Estimates = { add: () => undefined, expect: () => ({ seconds: null, calls: 0 }) };

/** A door with no tools: inside there is no forum, no lab and no scorer to be asked. */
function trainerOnly(
  { trainer, sealed }: Ground,
  phase: "fit" | "predict",
  testbed: LabTestbed,
  run: Run,
  witness: Witness,
): DoorServices {
  return {
    tools: [],
    call: async () => ({ content: "There are no tools here.", isError: true }),
    helpers: trainerHelpers({
      agent: run.name,
      secret: run.secret,
      trainer,
      testbeds: [testbed],
      // The trainer has its own line, and what a phase may take is limited as a whole.
      queue: fairQueue({ parallel: Number.POSITIVE_INFINITY }),
      estimates: sealed ? untold : estimates(),
      // What predict asks of training examples, a prompt or a layer, could be written for another run to find.
      ...(sealed && { transient: phase === "fit" ? "inputs" : "all" }),
      reserve: () => ({ most: Number.POSITIVE_INFINITY, settle: () => undefined }),
      record: () => undefined,
    }),
    refused({ method, path, code, message }) {
      const mark = canaryMarkIn(path);
      if (mark !== undefined) witness.marks.add(mark);
      if (isTrainersOwn(code)) witness.broken ??= { code, message };
      if (code !== "busy" && witness.refused.length < mostRefused) {
        witness.refused.push(`${method} ${path}: ${message}`.slice(0, longestRefused));
      }
    },
  };
}

function failureOf(
  { exitCode, signal, timedOut, output }: ExecResult,
  phase: string,
  seconds: number,
): string | undefined {
  if (timedOut) return `${phase} was ended after ${seconds} seconds.`;
  if (exitCode === 0) return undefined;
  return `${phase} failed (${signal === null ? `exit code ${exitCode}` : signal}): ${output.slice(-2000)}`;
}

/** Paths can be deeper than what the host can remove by their names; the helper inside goes down step by step. */
async function emptied(sandbox: Sandbox): Promise<void> {
  const signal = AbortSignal.timeout(10_000);
  try {
    for (const { name } of await sandbox.files.list("/work", { signal })) {
      await sandbox.files.remove(`/work/${name}`, { signal });
    }
  } catch {
    // It is dead, or too full to be emptied in time: the host tries what it can.
  }
}

async function isThere(sandbox: Sandbox, path: string, signal: AbortSignal): Promise<boolean> {
  try {
    await sandbox.files.read(path, { maxBytes: 1000, signal });
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (!WeakToStrongError.isInstance(error)) throw error;
    return error.code === "bad_input" || error.code === "storage"; // something is there, if none that can be read
  }
}
