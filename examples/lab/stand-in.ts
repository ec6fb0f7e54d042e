/**
 * What stands for the model in the offline demo: no language model, but a researcher of few words that reacts to what its
 * tools answer. It tries its own idea, reads what the others found, puts its idea into the best code that it can see, and
 * posts what came of it, failures too. Like a model it knows nothing but the conversation. It speaks through a real server
 * of the Messages API (`weak-to-strong/testing`).
 */
import type { PolicyAnswer, PolicyBlock, PolicyRequest } from "weak-to-strong/testing";

/** One line of a method.py, with the values that are tried for `{}` in turn. */
interface Idea {
  readonly name: string;
  readonly line: "targets" | "loss";
  readonly code: string;
  readonly values: readonly number[];
}

const ideas: readonly Idea[] = [
  {
    name: "confidence loss",
    line: "loss",
    code: '{"name": "confidence", "alpha": {}, "ramp": 0.2, "harden": "argmax"}',
    values: [0.5, 0.8, 0.9],
  },
  { name: "kNN relabelling", line: "targets", code: "neighbours(context, {})", values: [5, 15, 40] },
  { name: "low-temperature distillation", line: "targets", code: "sharpened(context.weak, {})", values: [2, 4, 8] },
  { name: "noise-robust smoothing", line: "targets", code: "sharpened(context.weak, {})", values: [0.7, 0.5, 0.3] },
];

const lineOf = (idea: Idea, round: number): string =>
  `    ${idea.line} = ${idea.code.replace("{}", String(idea.values[Math.min(round, idea.values.length - 1)]))}`;

const program = (idea: Idea): string => `import numpy as np


def sharpened(labels, power):
    return labels**power / (labels**power).sum(axis=1, keepdims=True)


def neighbours(context, k):
    (x,) = context.embed(context.inputs)
    x = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-6)
    distance = ((x**2).sum(axis=1)[:, None] - 2 * x @ x.T) + (x**2).sum(axis=1)
    return context.weak[np.argsort(distance, axis=1)[:, :k]].mean(axis=1)


def fit(context):
${idea.line === "targets" ? lineOf(idea, 0) : "    targets = context.weak"}
${idea.line === "loss" ? lineOf(idea, 0) : '    loss = {"name": "cross_entropy"}'}
    fitted = context.fit(targets, loss=loss)
    (context.folder / "checkpoint").write_text(fitted.checkpoint)


def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`;

interface Score {
  readonly pgr: number;
  readonly id: string;
  readonly snapshot?: string;
}

/** The evaluations in a tool's words, best first. */
function scoresIn(text: string): Score[] {
  const found = text.matchAll(
    /PGR (-?[\d.]+) \[[^\]]*\], accuracy [\d.]+, evaluation ([\w-]+)(?:, snapshot ([0-9a-f]{64}))?/g,
  );
  return [...found]
    .map(([, pgr, id, snapshot]) => ({ pgr: Number(pgr), id: id!, ...(snapshot && { snapshot }) }))
    .sort((a, b) => b.pgr - a.pgr);
}

/** The best of one's own evaluations before the last: what the tool of that name has answered so far. */
function ownBest({ messages }: PolicyRequest): number {
  const texts = messages.flatMap(({ content }) =>
    typeof content === "string" ? [] : content.map((block) => JSON.stringify(block)),
  );
  const own = texts.filter((text) => text.includes("evaluations left."));
  return Math.max(
    ...own.slice(0, -1).flatMap((text) => scoresIn(text).map(({ pgr }) => pgr)),
    Number.NEGATIVE_INFINITY,
  );
}

const use = (name: string, input: unknown): PolicyBlock => ({ type: "tool_use", name, input });
const say = (text: string): PolicyBlock => ({ type: "text", text });

const rounds = 3;
const turnsOfRound = 6;

/** What an agent does next follows from how far it is and from what its tools said. */
export function standIn(request: PolicyRequest): PolicyAnswer {
  const { apiKey, turn, results } = request;
  const idea = ideas[(Number(/\d+$/.exec(apiKey)?.[0] ?? 1) - 1) % ideas.length]!;
  const said = results.map(({ content }) => content).join("\n");
  const [score] = scoresIn(said);
  const round = Math.floor((turn + 2) / turnsOfRound);
  if (round === rounds && (turn + 2) % turnsOfRound === 0) {
    const writeUp = `The baseline with \`${idea.line}\` changed to \`${idea.code}\`. Without it, it is the baseline.`;
    return [
      say("I hand in what I have now."),
      use("submit", { file: "method.py", method: idea.name, write_up: writeUp }),
    ];
  }
  if (round === rounds)
    return [use("finish", { summary: `Tried "${idea.name}", alone and inside the best code there was.` })];

  switch ((turn + 2) % turnsOfRound) {
    case 0:
      return [use("standings", {}), use("search_forum", { text: "PGR", limit: 20 })];
    case 1: {
      const [best] = scoresIn(said).filter(({ snapshot }) => snapshot);
      if (!best) return [use("shell", { command: "cat method.py" })];
      return [
        say(`The best code that I can see has PGR ${best.pgr}. I take it and put my idea in.`),
        use("get_snapshot", { hash: best.snapshot, folder: "." }),
        use("read_file", { path: "method.py" }),
      ];
    }
    case 2: {
      if (turn === 0) {
        return [say(`I begin with "${idea.name}". First a look around.`), use("standings", {}), use("read_forum", {})];
      }
      const old = new RegExp(`^\\d+\\t(    ${idea.line} = .*)$`, "m").exec(said)?.[1];
      if (old === undefined || old === lineOf(idea, round)) {
        return [use("write_file", { path: "method.py", content: program(idea) })];
      }
      return [use("edit_file", { path: "method.py", old, new: lineOf(idea, round) })];
    }
    case 3:
      if (turn === 1) return [use("write_file", { path: "method.py", content: program(idea) })];
      return [use("evaluate", { file: "method.py", method: `${idea.name}, built in`.slice(0, 80) })];
    case 4: {
      if (turn === 2) return [use("evaluate", { file: "method.py", method: idea.name })];
      return report(idea, request, said, score);
    }
    default:
      if (turn === 3) return report(idea, request, said, score);
      return [use("budget", {})];
  }
}

function report(idea: Idea, request: PolicyRequest, said: string, score: Score | undefined): PolicyBlock[] {
  if (!score && said.includes("is not better")) {
    return [
      say("No better than what I had, and no score: that is all that the scorer tells. Worth telling all the same."),
      use("post", {
        kind: "insight",
        title: `${idea.name}: not better`,
        body: `Changed \`${idea.line}\` to \`${idea.code}\`.`,
        tags: [idea.line],
      }),
    ];
  }
  if (!score) return [use("post", { kind: "error", title: `${idea.name} fails`, body: said.slice(0, 2000) })];
  const before = ownBest(request);
  const better = score.pgr > before;
  return [
    say(`PGR ${score.pgr}${Number.isFinite(before) ? `, before ${before}` : ""}. Worth telling either way.`),
    use("post", {
      kind: better ? "finding" : "insight",
      title: `${idea.name}: PGR ${score.pgr}${better ? "" : ", no better than before"}`,
      body: `Changed \`${idea.line}\` to \`${idea.code}\`.`,
      tags: [idea.line],
      scores: [score.id],
      ...(score.snapshot && { snapshot: score.snapshot }),
    }),
  ];
}
