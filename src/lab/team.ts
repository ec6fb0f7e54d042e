import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { WeakToStrongError } from "../errors.js";
import type { SandboxProvider } from "../sandbox.js";
import { estimates } from "../server/estimates.js";
import { fairQueue } from "../server/fair-queue.js";
import type { Trainer } from "../trainer.js";
import { cached } from "../trainers/cached.js";
import { auditAll } from "./auditing.js";
import { startClock } from "./clock.js";
import type { TeamContext } from "./context.js";
import { bubblewrap, mirrorToFolder, sandboxedRoom, sealedScorer, sqliteForum } from "./defaults.js";
import { transferAll } from "./elsewhere.js";
import { outcomeOf } from "./finish.js";
import { historiesOf, isOver, toGoOnFrom } from "./history.js";
import { canaryMarks, openOf, openWithBaselines, prepareAll, roomTestbedOf, sealedOf } from "./hour-zero.js";
import { beginLife, finishedBefore } from "./life.js";
import { notice as note } from "./notice.js";
import type { LabOutcome } from "./outcome.js";
import type { LabPlan } from "./plan.js";
import { keepRoom } from "./room-files.js";
import { checkSandbox, trySandbox } from "./sandbox-check.js";
import { scorerAgain } from "./scorer-again.js";
import { seat } from "./seating.js";
import { restoredBudgets } from "./spending.js";
import { setStage } from "./stage.js";
import { scoreInWords } from "./tools/about.js";

/** Everything from the first teacher to the outcome. What has a lifetime is disposed at the end, in reverse order. */
export async function runTeam(plan: LabPlan, context: TeamContext): Promise<LabOutcome> {
  const { journal, earlier, emit, signal, evaluations, submissions, posts } = context;
  const { dir } = plan;
  const before = await finishedBefore(plan, context);
  if (before) return before;
  await using stack = new AsyncDisposableStack();
  const say = (message: string): void => emit({ type: "notice", message });
  const notice = (message: string): void => note(context, message);
  const settled = beginLife(plan, context);
  const provider: SandboxProvider = plan.sandbox ?? stack.use(bubblewrap());
  const { isolated, hostFolders } = await checkSandbox(provider, plan.acceptUnenforced ?? false, notice, say, signal);

  const secret = await secretOf(dir);
  const own = stack.use(plan.trainer({ store: join(dir, "trainer", "store") }, "agents"));
  // A cache each: a quick answer would tell an agent what others have asked for.
  const trainer = cached(own, join(dir, "trainer", "fits", "baselines"));
  const all = await withTruth(plan, own, (truth) => prepareAll(plan, { truth, agents: trainer, secret }, context));
  const testbeds = all.map((staked) => openOf(staked, plan));
  say("Looking for the testbeds' inputs in what sandboxes will be able to read.");
  const stage = await setStage({
    ...{ dir, testbeds, isolated, hostFolders, signal },
    sources: plan.testbeds,
    mounts: plan.mounts ?? [],
    python: plan.python,
  });
  for (const { testbed, source, why } of stage.found) {
    notice(`${source} ${isolated ? "is hidden from sandboxes" : "can be read by agents"}: ${why} (${testbed}).`);
  }
  for (const message of stage.unread) say(message);
  const roomTestbeds = all.map((staked, at) => roomTestbedOf(staked, testbeds[at]!, stage));
  for (const [at, testbed] of roomTestbeds.entries()) {
    const { seeds, sealedSeeds, weakLabels } = all[at]!;
    const kept = { testbed, sealedSeeds, weakLabels: weakLabels.slice(seeds.length) };
    await keepRoom(join(dir, "scorer", "room"), kept);
  }
  const room = stack.use(
    sandboxedRoom({
      dir: join(dir, "room"),
      provider,
      // One of its own, and without a cache: what it has at hand tells nobody else what was asked here.
      trainer: stack.use(plan.trainer({ store: join(dir, "trainer", "room") }, "agents")),
      testbeds: roomTestbeds,
      stage: stage.room,
      canaries: canaryMarks(plan, secret),
      ...(plan.limits && { limits: plan.limits }),
      ...(plan.devices && { devices: plan.devices }),
    }),
  );
  const sealed = {
    dir: join(dir, "scorer"),
    evaluations: plan.agentLimits.evaluations ?? Number.MAX_SAFE_INTEGER,
    submissions: plan.agentLimits.submissions!,
    feedback: plan.feedback,
    testbeds: all.map(sealedOf),
    room,
  };
  const scorer = stack.use(
    scorerAgain(
      () => (plan.scorer ?? sealedScorer)(sealed),
      (why) => notice(`The scorer had died and was started again, on its ledger: ${why}`),
    ),
  );
  const forum = plan.forum ?? stack.use(sqliteForum({ file: join(dir, "forum.sqlite") }));
  const described = await scorer.describe({ signal });
  for (const message of described.notices) notice(message);
  checkLedger(described.ledger.id, context);
  await openWithBaselines(all, { scorer, forum }, context);
  posts.push(...(await forum.list({ limit: 20 }, { signal })).posts);

  await trySandbox(provider, { name: "trial", work: join(dir, "agents", "trial"), ...stage }, signal);
  const mirror = stack.use(
    mirrorToFolder(forum, join(stage.folder, "forum"), {
      signal,
      describeScore(id) {
        const found = evaluations.find((evaluation) => evaluation.id === id);
        return found && scoreInWords(found);
      },
    }),
  );
  // Ends the agents' work with the lab's: by an abort, or by something that it cannot go on without.
  const end = new AbortController();
  const working = { ...context, signal: AbortSignal.any([signal, end.signal]) };
  let over = false;
  mirror
    .result()
    .catch((error: unknown) => {
      if (!working.signal.aborted && !over) notice(`The forum's files are no longer brought up to date: ${error}`);
    })
    .catch((error: unknown) => end.abort(error));

  const histories = historiesOf(earlier);
  const limits = { lab: plan.labLimits, agent: plan.agentLimits };
  const budgets = restoredBudgets(limits, plan.ids, [...earlier, ...settled], histories);
  for (const { author, baseline } of evaluations) if (!baseline) budgets.agents.get(author)?.spend("evaluations", 1);
  for (const { author } of submissions) budgets.agents.get(author)?.spend("submissions", 1);
  using clock = startClock(budgets.lab, () => journal.up() / 3600, "The lab's");
  const sockets = await socketsFolder(dir);
  stack.defer(() => rm(sockets, { recursive: true, force: true }));
  const { parallel } = await own.capabilities({ signal });
  const shared = {
    ...{ provider, stage, forum, scorer, testbeds, clock, sockets },
    queue: fairQueue({ parallel }),
    estimates: estimates(),
    secret,
    canaries: canaryMarks(plan, secret),
  };
  // One that fails has its failure in the journal; what is thrown here is the end of the lab: an abort, a full disk. Then
  // all have stopped before what they use is gone.
  await Promise.all(
    plan.ids.map(async (id, index) => {
      const history = histories.get(id);
      if (isOver(history)) return;
      const given = { budget: budgets.agents.get(id)!, history: history && toGoOnFrom(history) };
      const fits = cached(own, join(dir, "trainer", "fits", id));
      await seat(index, plan, { ...shared, trainer: fits }, given, working).catch((error: unknown) => end.abort(error));
    }),
  );
  over = true;
  end.signal.throwIfAborted();
  // What cannot be had at the end must not cost the outcome.
  const orSay = async <T>(what: string, work: Promise<T>): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      signal.throwIfAborted();
      if (!WeakToStrongError.isInstance(error)) throw error;
      notice(`${what}: ${error.message}`);
      return undefined;
    }
  };
  const cut = await orSay("Submissions that were cut off were not run to their end", scorer.settle({ signal }));
  if (cut) notice(`${cut} submissions that were cut off were run to their end.`);
  await auditAll(plan, { all, scorer, room, provider, stage, secret }, context);
  const confirmation =
    plan.confirm && (await orSay("The vault stays closed", scorer.confirm(plan.confirm, { signal })));
  await transferAll(plan, { scorer, provider }, context);
  const outcome = await outcomeOf(plan, {
    ...{ journal, scorer, forum, evaluations, signal },
    testbeds: described.testbeds,
    ...(confirmation && { confirmation }),
  });
  emit({ type: "finished" });
  return outcome;
}

/** The journal says from the first life on whose answers it speaks of: another ledger in its place is not taken. */
function checkLedger(ledger: string, { journal, earlier, emit }: TeamContext): void {
  const before = earlier.find((entry) => entry.type === "scorer");
  if (!before) {
    journal.append({ type: "scorer", ledger });
    emit({ type: "notice", message: `The scorer's ledger is ${ledger}: keep this id, to know the ledger again by.` });
  } else if (before.ledger !== ledger) {
    throw new WeakToStrongError(
      "bad_input",
      `Lab: its scorer's ledger was ${before.ledger}; now there is ${ledger}. Restore the folder \`scorer\` from a copy.`,
    );
  }
}

/** A worker and a store for fits with truth alone; the worker is gone before any agent begins. */
async function withTruth<T>(plan: LabPlan, other: Trainer, work: (trainer: Trainer) => Promise<T>): Promise<T> {
  const folder = join(plan.dir, "truth");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await using trainer = plan.trainer({ store: join(folder, "store") }, "truth");
  if (trainer === other) {
    throw new WeakToStrongError(
      "bad_input",
      "Lab: trainer: expected a new trainer from each call, found the same twice: fits with truth need one that agents' requests never reach.",
    );
  }
  return await work(cached(trainer, join(folder, "fits")));
}

/** A folder with a short path, as sockets need; that of a life that was killed is removed. */
async function socketsFolder(dir: string): Promise<string> {
  const note = join(dir, "sockets");
  const before = await readFile(note, "utf8").catch(() => "");
  if (dirname(before) === tmpdir() && /^w2s-\w+$/.test(basename(before))) {
    await rm(before, { recursive: true, force: true });
  }
  const folder = await mkdtemp(join(tmpdir(), "w2s-"));
  await writeFile(note, folder);
  return folder;
}

/** Drawn once; kept whole or not at all. */
async function secretOf(dir: string): Promise<string> {
  const file = join(dir, "secret");
  const found = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) {
    await writeFile(`${file}.tmp`, randomBytes(32).toString("hex"), { mode: 0o600, flush: true });
    await rename(`${file}.tmp`, file);
    return secretOf(dir);
  }
  if (/^[0-9a-f]{64}$/.test(found)) return found;
  throw new WeakToStrongError(
    "bad_input",
    `${file}: expected 64 hexadecimal digits. Restore it from a copy, or begin in a new folder.`,
  );
}
