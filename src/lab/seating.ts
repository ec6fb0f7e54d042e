import { join } from "node:path";
import type { ToolOutput } from "../agent.js";
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
import type { LabClock } from "./clock.js";
import type { TeamContext } from "./context.js";
import type { History } from "./history.js";
import { openPlace } from "./place.js";
import type { LabPlan } from "./plan.js";
import { research } from "./researcher.js";
import type { Stage } from "./stage.js";
import { type ToolBox, toolBox } from "./tool-box.js";
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
  /** A folder for the doors' sockets. */
  readonly sockets: string;
  readonly clock: LabClock;
}

const noHistory: History = { steps: [], interrupted: [] };

/** Gives one agent its sandbox, door, tools and budget, and has it do its work. */
export async function seat(
  index: number,
  plan: LabPlan,
  shared: Shared,
  own: { readonly budget: Budget; readonly history: History | undefined },
  context: TeamContext,
): Promise<void> {
  const { forum, scorer, testbeds, clock, stage } = shared;
  const { journal, emit, signal, evaluations } = context;
  const { budget, history = noHistory } = own;
  const id = plan.ids[index]!;
  const agent = plan.agents[index]!;
  /** Seconds for which calls through the door have waited for a turn at the trainer. */
  let waited = 0;

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

  const tools: Omit<ToolContext, "signal" | "queued"> = {
    agent: id,
    sandbox: () => place.sandbox(),
    forum,
    scorer,
    testbeds: testbeds.map(({ name }) => name),
    budget: () => budget.left(),
    reserveEvaluation: () => budget.reserve({ evaluations: 1 }),
    evaluated(evaluation) {
      budget.spend("evaluations", 1);
      evaluations.push(evaluation);
      journal.append({ type: "evaluated", agent: id, testbed: evaluation.testbed, evaluation: evaluation.id });
      emit({ type: "evaluated", agent: id, evaluation });
    },
    posted(post) {
      context.posts.unshift(post);
      context.posts.length = Math.min(context.posts.length, 20);
      journal.append({ type: "posted", agent: id, post: post.id });
    },
  };
  const forAgent = toolBox(agentTools, tools, budget, announce);
  const forPrograms = toolBox(doorTools, tools, budget, announce);

  const services: DoorServices = {
    tools: doorTools.map(describeTool),
    async call(tool, input, { signal }) {
      const started = performance.now();
      const { output, queued } = await forPrograms.call(tool, input, signal);
      journalDoor(tool, input, output, (performance.now() - started) / 1000, queued);
      return output;
    },
    helpers: trainerHelpers({
      agent: id,
      trainer: shared.trainer,
      testbeds,
      queue: shared.queue,
      estimates: shared.estimates,
      secret: shared.secret,
      reserve({ seconds }) {
        budget.require("trainerSeconds");
        const usdPerSecond = (plan.trainerUsdPerHour ?? 0) / 3600;
        const left = budget.left().trainerSeconds ?? Number.POSITIVE_INFINITY;
        const expected = Math.min(seconds ?? 0, left);
        const held = budget.reserve({ trainerSeconds: expected, usd: expected * usdPerSecond });
        return {
          most: left,
          settle({ call, seconds, tokens, device, cached }) {
            held.release();
            // Charged as if computed also where a cache answered: what is left must not tell who asked before.
            const usd = seconds * usdPerSecond;
            journal.append({ type: "trained", agent: id, call, seconds, tokens, device, cached, usd });
            budget.spend("trainerSeconds", seconds);
            budget.spend("usd", usd);
            clock.look();
          },
        };
      },
      record({ tool, input, output, seconds, queued }) {
        waited += queued;
        journal.append({ type: "door", agent: id, tool, input, output, seconds, queued });
      },
    }),
  };

  function journalDoor(tool: string, input: unknown, output: ToolOutput, seconds: number, queued: number): void {
    const shown = JSON.stringify(input ?? null);
    const kept = shown.length <= 2000 ? JSON.parse(shown) : `${shown.slice(0, 2000)}... (${shown.length} characters)`;
    journal.append({ type: "door", agent: id, tool, input: kept, output, seconds, queued });
  }

  await using place = openPlace({
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
      journal.append({ type: "notice", agent: id, message });
      emit({ type: "notice", agent: id, message });
    },
    signal,
  });

  const box: ToolBox = {
    async call(tool, input, signal) {
      const before = waited;
      const called = await forAgent.call(tool, input, signal);
      return { ...called, queued: called.queued + waited - before };
    },
  };
  const briefing = plan.briefing({
    agent: id,
    direction: agent.direction ?? "",
    folder: stage.inside,
    agents: plan.agents.length,
    budget: plan.agentLimits,
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
  await research({
    id,
    agent,
    briefing,
    tools: agentTools,
    box,
    journal,
    budget,
    history,
    signal,
    closing: clock.closing,
    over: clock.over,
    emit,
    spent: () => clock.look(),
  });
}

function alarmKey({ budget, of, state }: Parameters<BudgetAlarm>[0]): string {
  return `${of} ${budget} ${state}`;
}
