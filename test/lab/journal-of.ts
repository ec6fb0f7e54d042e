import { random } from "../../src/data/random.js";
import { snapshot } from "../../src/data/snapshot.js";
import type { Post, PostKind } from "../../src/forum.js";
import { type JournalEntry, type NewEntry, parseEntry } from "../../src/lab/entries.js";
import type { LabSources } from "../../src/lab/tally.js";
import type { Evaluation, Receipt, ScoredTestbed } from "../../src/scorer.js";
import { pgr } from "../../src/stats/pgr.js";

/** An entry and the second of running time at which it is written. */
export type Step = NewEntry & { readonly up: number };

const begin = Date.parse("2024-03-01T20:00:00.000Z");

export function moment(up: number): string {
  return new Date(begin + 1000 * up).toISOString();
}

/** A journal of these steps, in the order of their times. */
export function journalOf(...parts: readonly (Step | readonly Step[])[]): JournalEntry[] {
  const steps = parts.flat().toSorted((a, b) => a.up - b.up);
  return steps.map((step, seq) => parseEntry({ ...step, seq, at: moment(step.up) }));
}

export function life(up = 0, more: { life?: number; pid?: number; plan?: object } = {}): Step {
  return { type: "life", up, life: 1, pid: 1, plan: {}, ...more } as Step;
}

export function started(agent: string, up = 0, more: { model?: string; direction?: string } = {}): Step {
  return { type: "agent-started", up, agent, name: "scripted", ...more };
}

/** A model call of so many seconds. */
export function model(agent: string, up: number, seconds: number, usd = 0): Step[] {
  const call = { agent, step: 0, model: "a-model" };
  const usage = { inputTokens: 100, outputTokens: 10, cacheReadTokens: 1000, cacheWriteTokens: 5, usd };
  return [
    { type: "model-began", up, ...call, key: "key", maximum: { usd: 2 * usd, tokens: 5000 } },
    { type: "model-paid", up: up + seconds, ...call, usage },
    { type: "model-ended", up: up + seconds, agent, step: 0, seconds, result: "" },
  ];
}

/** A tool call of so many seconds, of which it waited some for a trainer. */
export function tool(agent: string, up: number, seconds: number, queued = 0, name = "shell"): Step[] {
  const output = { content: "", isError: false };
  return [
    { type: "tool-began", up, agent, step: 1, tool: name, input: {} },
    { type: "tool-ended", up: up + seconds, agent, step: 1, tool: name, output, seconds, queued },
  ];
}

export function trained(agent: string, up: number, seconds: number, usd: number, cached = false): Step {
  return { type: "trained", up, agent, call: "fit", seconds, tokens: 0, device: "cpu", cached, usd };
}

export function evaluated(agent: string, up: number, evaluation: string, testbed = "brown"): Step {
  return { type: "evaluated", up, agent, testbed, evaluation };
}

export function posted(agent: string, up: number, post: string): Step {
  return { type: "posted", up, agent, post };
}

/** One that nobody has signed. */
function receiptOf(id: string): Receipt {
  const hash = "0".repeat(64);
  const place = { ledger: hash, seq: 1, prev: hash, entry: hash, head: { count: 2, hash } };
  return { ...place, at: moment(0), type: "evaluation", released: { id }, signature: "" };
}

/** A scorer's record of a method with this accuracy, between a teacher of .72 and a ceiling of .88. */
export function evaluation(id: string, accuracy: number, more: Partial<Evaluation> = {}): Evaluation {
  const near = (mean: number) => [mean - 0.004, mean, mean + 0.004];
  return {
    type: "evaluation",
    id,
    index: 0,
    author: "agent-1",
    testbed: "brown",
    method: `method ${id}`,
    seeds: [0, 1, 2],
    at: moment(0),
    feedback: "exact",
    score: { accuracy, pgr: pgr({ weak: near(0.72), transfer: near(accuracy), ceiling: near(0.88), n: 1500 }) },
    improved: true,
    baseline: false,
    left: 10,
    receipt: receiptOf(id),
    ...more,
  };
}

export function post(id: string, kind: PostKind, title: string, more: Partial<Post> = {}): Post {
  return {
    id,
    thread: id,
    author: "agent-1",
    kind,
    title,
    body: "",
    tags: [],
    scores: [],
    at: moment(0),
    cursor: 1,
    votes: { up: 0, down: 0 },
    replies: 0,
    ...more,
  };
}

export function code(source: string) {
  return snapshot([{ path: "method.py", executable: false, content: new TextEncoder().encode(source) }]);
}

export function testbed(name = "brown"): ScoredTestbed {
  const rows = { development: 1500, final: 1500, vault: 700 };
  return { name, classes: 2, ids: Array.from({ length: 1500 }, (_, i) => `${i}`), seeds: [0, 1, 2], rows };
}

const directions = [
  ["confidence loss", "loss = cross_entropy(p, w)\nloss = loss + alpha"],
  ["em posterior", "# E step\ntpr = 0.8\nfpr = 0.1\nposterior = prior"],
  ["probe relabel", "states = context.embed(x)\nprobe = LogisticRegression()\nfor i in range(3):\n    relabel(i)"],
  ["teacher ensemble", "ensemble = []\nfor seed in range(5):\n    ensemble.append(seed)"],
  ["keep easy half", "order = argsort(margin)\nmask = order > 0.5"],
  ["zero-shot swap", "p = context.score(prompt)"],
] as const;

/** A made-up team that works for some hours, each agent on a direction of its own first and then on what others found. */
export function team(agents = 4, hours = 3, testbeds: readonly string[] = ["brown"]): LabSources {
  const steps: Step[] = [
    life(0, {
      plan: {
        testbeds,
        budget: { lab: { usd: 50, hours: 8, evaluations: 100 }, agent: { usd: 12.5, hours: 8, evaluations: 25 } },
      },
    }),
  ];
  const evaluations: Evaluation[] = [];
  const posts: Post[] = [];
  const snapshots = new Map<string, ReturnType<typeof code>>();
  for (const name of testbeds) {
    for (const [method, accuracy] of [
      ["naive(hard)", 0.77],
      ["naive", 0.785],
      ["confidence(0.5)", 0.805],
    ] as const) {
      const id = `base-${name}-${method}`;
      evaluations.push(evaluation(id, accuracy, { author: "lab", method, baseline: true, testbed: name, left: 0 }));
      steps.push({ type: "baseline", up: 1, testbed: name, method, evaluation: id, trainerSeconds: 40 });
    }
    steps.push({ type: "prepared", up: 1, testbed: name, seconds: 30, facts: {} });
  }
  const end = hours * 3600;
  for (let i = 0; i < agents; i++) {
    const agent = `agent-${i + 1}`;
    const uniform = random("team", agent);
    steps.push(started(agent, 2, { model: "claude-opus", direction: directions[i % directions.length]![0] }));
    let [up, round] = [3 + 200 * uniform(), 0];
    while (up < end - 1800) {
      const pick = uniform() < 0.35 + 0.4 * (up / end) ? 1 : i;
      const [name, source] = directions[pick % directions.length]!;
      steps.push(...model(agent, up, 60, 0.2 + 0.2 * uniform()));
      const seconds = 500 + 900 * uniform();
      steps.push(...tool(agent, up + 60, seconds, 120 * uniform()));
      steps.push(trained(agent, up + 70, seconds / 2, 0.05));
      for (const testbed of testbeds) {
        const kept = code(`${source}\n${"x = 1\n".repeat(round * 4 + Math.floor(20 * uniform()))}`);
        snapshots.set(kept.hash, kept);
        const id = `${agent}-${round}-${testbed}`;
        const accuracy = 0.74 + 0.1 * (1 - Math.exp(-up / end / 0.5)) * (0.6 + 0.6 * uniform()) + 0.02 * uniform();
        const at = up + 60 + seconds * 0.9;
        evaluations.push(
          evaluation(id, accuracy, {
            author: agent,
            method: `${name} v${round}`,
            testbed,
            snapshot: kept.hash,
            at: moment(at),
          }),
        );
        steps.push(evaluated(agent, at, id, testbed));
      }
      if (uniform() < 0.5) {
        const id = `post-${agent}-${round}`;
        const kind = uniform() < 0.5 ? "hypothesis" : "finding";
        posts.push(
          post(id, kind, `${name}: idea ${round}`, {
            author: agent,
            at: moment(up + 30),
            votes: { up: round % 4, down: 0 },
            replies: round % 3,
          }),
        );
        steps.push(posted(agent, up + 61, id));
      }
      up += 60 + seconds;
      round++;
    }
    const state = i === agents - 1 && agents > 2 ? "failed" : "finished";
    const summary = state === "failed" ? "The model refused to go on" : "Noise models helped most; ensembles did not.";
    steps.push({ type: "agent-ended", up: up + 1, agent, state, summary });
  }
  steps.push({ type: "budget", up: end / 2, agent: "agent-1", budget: "usd", of: "agent", state: "warning" });
  steps.push({ type: "notice", up: end / 3, agent: "agent-1", message: "Its sandbox had died and was made again." });
  steps.push({ type: "lab-ended", up: end + 3600 });
  const order = evaluations.toSorted((a, b) => Number(b.baseline) - Number(a.baseline) || a.at.localeCompare(b.at));
  return {
    entries: journalOf(steps),
    evaluations: order.map((one, index) => ({ ...one, index })),
    posts,
    snapshots,
    testbeds: testbeds.map(testbed),
  };
}
