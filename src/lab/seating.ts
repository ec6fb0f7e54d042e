import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { ToolOutput } from "../agent.js";
import { canaryMarkIn } from "../data/canaries.js";
import { WeakToStrongError } from "../errors.js";
import type { Forum } from "../forum.js";
import type { SandboxProvider } from "../sandbox.js";
import type { PGRScorer } from "../scorer.js";
import type { DoorServices } from "../server/app.js";
import type { Estimates } from "../server/estimates.js";
import type { FairQueue } from "../server/fair-queue.js";
import { trainerHelpers } from "../server/helpers.js";
import type { LabTestbed } from "../server/testbeds.js";
import type { Trainer } from "../trainer.js";
import type { Budget, BudgetAlarm } from "./budget.js";
import { type LabClock, startClock } from "./clock.js";
import type { TeamContext } from "./context.js";
import type { History } from "./history.js";
import { notice } from "./notice.js";
import { openPlace, type Place } from "./place.js";
import { controlsOf, type LabPlan } from "./plan.js";
import { type Ending, research } from "./researcher.js";
import type { Stage } from "./stage.js";
import { stopwatch } from "./stopwatch.js";
import { toolBox } from "./tool-box.js";
import { agentTools, doorTools } from "./tools/index.js";
import { describeTool, type ToolContext } from "./tools/tool.js";

/** What all agents of a lab share. */
export interface Shared {
  readonly provider: SandboxProvider;
  readonly stage: Stage;
  readonly forum: Forum;
  readonly scorer: PGRScorer;
  readonly trainer: Trainer;
  readonly testbeds: readonly LabTestbed[];
  readonly queue: FairQueue;
  readonly estimates: Estimates;
  readonly secret: string;
  /** Marks of the canaries among the examples. */
  readonly canaries: readonly string[];
  /** A folder for the doors' sockets. */
  readonly sockets: string;
  readonly clock: LabClock;
}

/** Bytes that one agent may have the lab keep in one life: posts, code, records of its calls through the door. */
const mostKept = 512 << 20;

const noHistory: History = { steps: [], interrupted: [] };

/** Gives one agent its sandbox, door, tools and budget, and has it do its work. */
export async function seat(
  index: number,
  plan: LabPlan,
  shared: Shared,
  given: { readonly budget: Budget; readonly history: History | undefined },
  context: TeamContext,
): Promise<void> {
  const { forum, scorer, testbeds, clock, stage } = shared;
  const { journal, emit, signal, evaluations } = context;
  const { budget, history = noHistory } = given;
  const id = plan.ids[index]!;
  const agent = plan.agents[index]!;
  const watch = stopwatch();
  const earlierHours = budget.spent("hours");
  using ownClock = startClock(budget, () => earlierHours + watch.total() / 3600, "Your");
  /** Bytes that this agent has had the lab keep in this life. */
  let kept = 0;

  const announced = new Set(
    context.earlier.flatMap((entry) => (entry.type === "budget" && entry.agent === id ? [alarmKey(entry)] : [])),
  );
  const announce = (alarm: Parameters<BudgetAlarm>[0]): boolean => {
    if (announced.has(alarmKey(alarm))) return false;
    announced.add(alarmKey(alarm));
    journal.append({ type: "budget", agent: id, ...alarm });
    emit({ type: "budget", agent: id, ...alarm });
    return true;
  };

  const tools: Omit<ToolContext, "signal"> = {
    agent: id,
    sandbox: () => place.sandbox(),
    forum,
    scorer,
    testbeds: testbeds.map(({ name }) => name),
    controls: controlsOf(plan),
    budget: () => budget.left(),
    evaluation: (id) => evaluations.find((evaluation) => evaluation.id === id),
    keep(bytes) {
      if (kept + bytes > mostKept) {
        throw new WeakToStrongError(
          "exhausted",
          `You have had the lab keep ${kept} bytes of posts, code and calls, and ${mostKept} are the most.`,
        );
      }
      kept += bytes;
    },
    reserveEvaluation: () => budget.reserve({ evaluations: 1 }),
    evaluated(evaluation) {
      budget.spend("evaluations", 1);
      evaluations.push(evaluation);
      journal.append({ type: "evaluated", agent: id, testbed: evaluation.testbed, evaluation: evaluation.id });
      emit({ type: "evaluated", agent: id, evaluation });
    },
    reserveSubmission: () => budget.reserve({ submissions: 1 }),
    submitted(submission) {
      // One that was handed in before is found, not run again.
      if (context.submissions.some(({ id }) => id === submission.id)) return;
      budget.spend("submissions", 1);
      context.submissions.push(submission);
      journal.append({ type: "submitted", agent: id, testbed: submission.testbed, submission: submission.id });
      emit({ type: "submitted", agent: id, submission });
    },
    posted(post) {
      context.posts.unshift(post);
      context.posts.length = Math.min(context.posts.length, 20);
      journal.append({ type: "posted", agent: id, post: post.id });
    },
  };
  const forAgent = toolBox(agentTools, tools, budget, announce);
  // What a budget has to say is for the agent, who may never see what a program of its prints.
  const forPrograms = toolBox(doorTools, tools, budget, () => false);

  const services: DoorServices = {
    tools: doorTools.map(describeTool),
    async call(tool, input, { signal }) {
      const started = performance.now();
      let output: ToolOutput = { content: "The caller left.", isError: true };
      tools.keep(0);
      try {
        output = await forPrograms.call(tool, input, signal);
        return output;
      } finally {
        journalDoor(tool, input, output, (performance.now() - started) / 1000, 0);
      }
    },
    refused({ path }) {
      const mark = canaryMarkIn(path);
      if (mark === undefined || !shared.canaries.includes(mark)) return;
      const message = `A canary (${mark}) was executed in its sandbox: code that was to be judged was run.`;
      journal.append({ type: "canary", agent: id, mark });
      notice(context, message, id);
    },
    helpers: trainerHelpers({
      agent: id,
      trainer: shared.trainer,
      testbeds,
      queue: shared.queue,
      estimates: shared.estimates,
      secret: shared.secret,
      mostSeconds: (plan.agentLimits.hours ?? plan.labLimits.hours!) * 3600,
      reserve({ call, seconds }) {
        const closing = budget.closing();
        if (closing)
          throw new WeakToStrongError("exhausted", "Only writing up is left: the trainer is no more at your service.");
        budget.require("trainerSeconds");
        const usdPerSecond = (plan.trainerUsdPerHour ?? 0) / 3600;
        const left = budget.left();
        const payable =
          usdPerSecond > 0 ? (left.usd ?? Number.POSITIVE_INFINITY) / usdPerSecond : Number.POSITIVE_INFINITY;
        const rest = Math.min(left.trainerSeconds ?? Number.POSITIVE_INFINITY, payable);
        // What it may take is held back, so that two calls at once do not each have the whole rest: half of that at most, or
        // an agent could ask no model while a fit of which nothing is known runs.
        const most = Math.min(rest / 2, seconds === null ? Number.POSITIVE_INFINITY : 10 * seconds + 10);
        const held = Number.isFinite(rest)
          ? budget.reserve({ trainerSeconds: most, usd: most * usdPerSecond })
          : undefined;
        const training = randomUUID();
        journal.append({ type: "training", agent: id, id: training, call });
        return {
          most,
          settle({ call, seconds, tokens, device, cached }) {
            held?.release();
            // Charged as if computed also where a cache answered: what is left must not tell what was asked before.
            const usd = seconds * usdPerSecond;
            journal.append({ type: "trained", agent: id, id: training, call, seconds, tokens, device, cached, usd });
            budget.spend("trainerSeconds", seconds);
            budget.spend("usd", usd);
            clock.look();
          },
        };
      },
      record({ tool, input, output, seconds, queued }) {
        watch.waited(seconds, queued);
        journalDoor(tool, input, output, seconds, queued);
      },
    }),
  };

  function journalDoor(tool: string, input: unknown, output: ToolOutput, seconds: number, queued: number): void {
    const shown = JSON.stringify(input ?? null);
    const cut = beginning(shown);
    const entry = {
      type: "door",
      agent: id,
      tool,
      input: cut === shown ? JSON.parse(shown) : cut,
      output: { ...output, content: beginning(output.content) },
      seconds,
      queued,
    } as const;
    kept += JSON.stringify(entry).length;
    journal.append(entry);
  }

  const briefing = plan.briefing({
    agent: id,
    direction: agent.direction ?? "",
    folder: stage.inside,
    agents: plan.agents.length,
    budget: plan.agentLimits,
    feedback: plan.feedback,
    testbeds: testbeds.map(({ name, kind, classes, train, development, seeds, student }) => ({
      name,
      kind,
      classes,
      description: plan.testbeds.find((testbed) => testbed.name === name)!.description,
      train: train.ids.length,
      development: development.ids.length,
      student: JSON.stringify(student),
      seeds,
    })),
  });
  const openOwn = (): Place =>
    openPlace({
      provider: shared.provider,
      request: {
        name: id,
        work: join(plan.dir, "agents", id),
        mounts: stage.mounts,
        env: stage.env,
        ...(plan.limits && { limits: plan.limits }),
        ...(plan.devices && { devices: plan.devices }),
      },
      sockets: shared.sockets,
      services,
      onAgain(why) {
        const message = `Its sandbox had died and was made again, on the same files; what ran in the background is gone. ${why}`;
        notice(context, message, id);
      },
      signal,
    });

  let place: Place;
  const work = async (): Promise<Ending> => {
    await using own = openOwn();
    place = own;
    return await research({
      id,
      agent,
      briefing,
      tools: agentTools,
      box: forAgent,
      watch,
      journal,
      budget,
      history,
      signal,
      closing: AbortSignal.any([clock.closing, ownClock.closing]),
      over: AbortSignal.any([clock.over, ownClock.over]),
      emit,
      spent() {
        clock.look();
        ownClock.look();
      },
    });
  };
  const { state, summary } = await work();
  // Nothing of the agent's is under way any more.
  journal.append({ type: "agent-ended", agent: id, state, summary });
  emit({ type: "agent-ended", agent: id, state, summary });
}

/** Enough of what went through the door for the journal. */
function beginning(text: string): string {
  return text.length <= 2000 ? text : `${text.slice(0, 2000)}... (${text.length} characters)`;
}

function alarmKey({ budget, of, state }: Parameters<BudgetAlarm>[0]): string {
  return `${of} ${budget} ${state}`;
}
