import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { linesOfCode } from "../../src/lab/complexity.js";
import { entropyBits } from "../../src/lab/diversity.js";
import { LabOutcome } from "../../src/lab/outcome.js";
import { parseLabRecord } from "../../src/lab/record.js";
import { researchTime } from "../../src/lab/research.js";
import { type LabSources, tallyLab } from "../../src/lab/tally.js";
import {
  code,
  evaluated,
  evaluation,
  journalOf,
  life,
  model,
  moment,
  post,
  posted,
  type Step,
  started,
  team,
  testbed,
  tool,
  trained,
} from "./journal-of.js";

const sources = (entries: LabSources["entries"], more: Partial<LabSources> = {}): LabSources => ({
  entries,
  evaluations: [],
  posts: [],
  snapshots: new Map(),
  testbeds: [testbed()],
  ...more,
});

describe("research hours", () => {
  // Two agents: 1 h of a model; a tool of 1 h, half of it waiting for the trainer, while the other one works.
  const entries = journalOf(
    life(),
    started("agent-1"),
    started("agent-2"),
    model("agent-1", 0, 3600),
    tool("agent-2", 1800, 3600, 1800),
  );

  test("are summed over agents, without queueing", () => {
    const { hoursAt, ofAgent } = researchTime(entries);
    expect(ofAgent.get("agent-1")).toEqual({ hours: 1, queuedSeconds: 0 });
    expect(ofAgent.get("agent-2")).toEqual({ hours: 0.5, queuedSeconds: 1800 });
    const at = [0, 900, 1800, 3600, 5400, 9999, Number.POSITIVE_INFINITY].map(hoursAt);
    for (const [i, hours] of [0, 0.25, 0.5, 1.25, 1.5, 1.5, 1.5].entries()) expect(at[i]).toBeCloseTo(hours, 12);
  });

  test("leave out downtime, and a step that has not ended", () => {
    const again = journalOf(
      life(),
      model("agent-1", 0, 600),
      { type: "tool-began", up: 600, agent: "agent-1", step: 1, tool: "shell", input: {} },
      life(900, { life: 2 }),
      model("agent-1", 900, 600),
    );
    expect(researchTime(again).hoursAt(9999)).toBeCloseTo(1200 / 3600, 12);
  });

  test("never fall, and come to the agents' sum, whatever the steps", () => {
    const step = fc.record({
      agent: fc.constantFrom("agent-1", "agent-2", "agent-3"),
      up: fc.double({ min: 0, max: 5000, noNaN: true }),
      seconds: fc.double({ min: 0, max: 4000, noNaN: true }),
      queued: fc.double({ min: 0, max: 5000, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const { hoursAt, ofAgent } = researchTime(
          journalOf(life(), ...steps.map(({ agent, up, seconds, queued }) => tool(agent, up, seconds, queued))),
        );
        const hours = Array.from({ length: 60 }, (_, i) => hoursAt(i * 200));
        for (const [i, value] of hours.entries()) expect(value).toBeGreaterThanOrEqual(hours[i - 1] ?? 0);
        const sum = [...ofAgent.values()].reduce((total, one) => total + one.hours, 0);
        expect(hoursAt(Number.POSITIVE_INFINITY)).toBeCloseTo(sum, 9);
      }),
    );
  });
});

test("counts what each agent did and used", async () => {
  const record = await tallyLab(
    sources(
      journalOf(
        life(),
        started("agent-1", 0, { model: "a-model", direction: "probes" }),
        model("agent-1", 0, 60, 0.5),
        model("agent-1", 60, 60, 0.25),
        tool("agent-1", 120, 3480, 0, "evaluate"),
        trained("agent-1", 200, 30, 0.1),
        trained("agent-1", 300, 10, 0.05, true),
        evaluated("agent-1", 400, "a"),
        evaluated("agent-1", 500, "b"),
        posted("agent-1", 510, "p1"),
        posted("agent-1", 520, "p2"),
        { type: "prepared", up: 1, testbed: "brown", seconds: 7, facts: {} },
        { type: "baseline", up: 2, testbed: "brown", method: "naive", evaluation: "n", trainerSeconds: 3 },
        { type: "agent-ended", up: 3601, agent: "agent-1", state: "finished", summary: "Done." },
        { type: "lab-ended", up: 3602 },
      ),
      {
        evaluations: [
          evaluation("n", 0.8, { author: "lab", method: "naive", baseline: true }),
          evaluation("a", 0.78, { method: "probe" }),
          evaluation("b", 0.82, { method: "probe" }),
        ],
        posts: [
          post("p1", "hypothesis", "Probe "),
          post("p2", "hypothesis", "Ensembles help"),
          post("p3", "finding", "Baselines", { author: "lab" }),
        ],
      },
    ),
  );
  expect(record.agents).toEqual([
    {
      agent: "agent-1",
      name: "scripted",
      model: "a-model",
      direction: "probes",
      state: "finished",
      summary: "Done.",
      hours: 1,
      queuedSeconds: 0,
      ideas: 2, // the first hypothesis has the method's name
      experiments: 1,
      evaluations: 2,
      posts: 2,
      tokens: { input: 200, output: 20, cacheRead: 2000, cacheWrite: 10 },
      usd: { tokens: 0.75, trainer: expect.closeTo(0.15, 12), untold: 0 },
      trainerSeconds: 40,
    },
  ]);
  expect(record.own).toEqual({ preparationSeconds: 7, baselineSeconds: 3 });
  expect(record.state).toBe("ended");
  expect(record.startedAt).toBe(moment(0));
  expect(record.seconds).toBe(3602);
});

test("a model call in flight at a kill may have cost what was reserved", async () => {
  const [began] = model("agent-1", 10, 5, 0.4);
  const entries = journalOf(life(), started("agent-1"), began!, life(20, { life: 2 }), model("agent-1", 20, 5, 0.4));
  const { agents, lives, state } = await tallyLab(sources(entries));
  expect([lives, state, agents[0]!.state]).toEqual([2, "unfinished", "unfinished"]);
  expect(agents[0]!.usd).toEqual({ tokens: 0.4, trainer: 0, untold: 0.8 });
});

describe("progress", () => {
  test("begins at the best baseline; lines and frontier rise where something better was scored", async () => {
    const scores: [string, string, number, number][] = [
      ["a", "agent-1", 0.78, 900],
      ["b", "agent-2", 0.83, 1800],
      ["c", "agent-1", 0.82, 2700],
      ["d", "agent-2", 0.8, 3600],
    ];
    const { progress, standings } = await tallyLab(
      sources(
        journalOf(
          life(),
          started("agent-1"),
          started("agent-2"),
          tool("agent-1", 0, 3600),
          tool("agent-2", 0, 3600),
          scores.map(([id, agent, , up]) => evaluated(agent, up, id)),
        ),
        {
          evaluations: [
            evaluation("n", 0.8, { author: "lab", method: "naive", baseline: true }),
            evaluation("h", 0.76, { author: "lab", method: "hard", baseline: true }),
            ...scores.map(([id, author, accuracy], index) => evaluation(id, accuracy, { author, index })),
          ],
        },
      ),
    );
    const at = (points: readonly { hours: number; evaluation: string }[]) =>
      points.map(({ hours, evaluation }) => [Number(hours.toFixed(9)), evaluation]);
    const [brown] = progress;
    expect(brown!.baselines.map(({ method, pgr }) => [method, Number(pgr.toFixed(2))])).toEqual([
      ["naive", 0.5],
      ["hard", 0.25],
    ]);
    // Two work at once: after 1800 s there is one hour of research.
    expect(brown!.lines.map(({ points }) => at(points))).toEqual([
      [
        [0.5, "a"],
        [1.5, "c"],
      ],
      [[1, "b"]],
    ]);
    expect(at(brown!.frontier)).toEqual([
      [0, "n"],
      [1, "b"],
    ]);
    expect(standings.map(({ name, baseline }) => [name, baseline])).toEqual([
      ["agent-2", false],
      ["agent-1", false],
      ["naive", true],
      ["hard", true],
    ]);
  });

  test("a control is in standings, marked, and no start", async () => {
    const record = await tallyLab(
      sources(journalOf(life(), started("agent-1"), model("agent-1", 0, 10)), {
        controls: ["control", "method a"],
        evaluations: [
          evaluation("n", 0.76, { author: "lab", method: "naive", baseline: true }),
          evaluation("c", 0.87, { author: "lab", method: "control", baseline: true, index: 1 }),
          evaluation("a", 0.8, { index: 2 }),
        ],
      }),
    );
    expect(record.standings.map(({ name, control }) => [name, control])).toEqual([
      ["control", true],
      ["agent-1", false],
      ["naive", false],
    ]);
    expect(record.progress[0]!.frontier.map(({ evaluation }) => evaluation)).toEqual(["n", "a"]);
    expect(new LabOutcome(record).headline).toContain("the best baseline, `naive`,");
    expect(`${new LabOutcome(record)}`).toMatch(/control +a control +0\.94/);
  });

  test("the frontier never falls", async () => {
    const score = fc.record({
      author: fc.constantFrom("agent-1", "agent-2"),
      accuracy: fc.double({ min: 0.6, max: 0.95, noNaN: true }),
      up: fc.integer({ min: 0, max: 7000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(score, { minLength: 1, maxLength: 20 }), async (scores) => {
        const agents = ["agent-1", "agent-2"];
        const record = await tallyLab(
          sources(
            journalOf(
              life(),
              agents.flatMap((agent): Step[] => [started(agent), ...tool(agent, 0, 7000)]),
              scores.map(({ author, up }, i) => evaluated(author, up, `${i}`)),
            ),
            {
              evaluations: scores.map(({ author, accuracy }, index) =>
                evaluation(`${index}`, accuracy, { author, index }),
              ),
            },
          ),
        );
        const { frontier, lines } = record.progress[0]!;
        for (const points of [frontier, ...lines.map((line) => line.points)]) {
          for (const [i, { hours, pgr }] of points.entries()) {
            if (i === 0) continue;
            expect(pgr).toBeGreaterThan(points[i - 1]!.pgr);
            expect(hours).toBeGreaterThanOrEqual(points[i - 1]!.hours);
          }
        }
        const best = Math.max(...lines.flatMap(({ points }) => points.map(({ pgr }) => pgr)));
        expect(frontier.at(-1)?.pgr).toBe(best);
      }),
      { numRuns: 30 },
    );
  });

  test("an undefined PGR stands in standings, last, and in no line", async () => {
    const none = { ...evaluation("b", 0.9, { author: "agent-2" }) };
    const { n, seeds, gap, level, conditionalOn, seedsPerList } = none.score!.pgr;
    const pgr = { status: "undefined", reason: "no gap", n, seeds, gap, level, conditionalOn, seedsPerList } as const;
    const record = await tallyLab(
      sources(journalOf(life(), started("agent-1"), started("agent-2"), model("agent-1", 0, 10)), {
        evaluations: [{ ...none, score: { accuracy: 0.9, pgr } }, evaluation("a", 0.75, { index: 1 })],
      }),
    );
    expect(record.standings.map(({ name, worst }) => [name, worst === null])).toEqual([
      ["agent-1", false],
      ["agent-2", true],
    ]);
    expect(record.progress[0]!.lines[1]!.points).toEqual([]);
  });
});

test("how entries of different agents lie between one another changes nothing", async () => {
  const whole = team(3, 2);
  const expected = await tallyLab(whole);
  for (const seed of [1, 2, 3]) {
    // Each agent's entries keep their order, and the agents take turns by chance.
    const piles = [...Map.groupBy(whole.entries, (entry) => ("agent" in entry ? entry.agent : "")).values()];
    const ends = piles.map((pile) => pile.length);
    const mixed: (typeof whole.entries)[number][] = [];
    for (let i = seed; mixed.length < whole.entries.length; i = (i * 7 + seed) % 101) {
      const left = piles.filter((_, at) => ends[at]! > 0);
      const pile = left[i % left.length]!;
      const at = piles.indexOf(pile);
      mixed.push(pile[pile.length - ends[at]!]!);
      ends[at]!--;
    }
    const record = await tallyLab({ ...whole, entries: mixed });
    const byName = (agents: typeof record.agents) => agents.toSorted((a, b) => a.agent.localeCompare(b.agent));
    expect(byName(record.agents)).toEqual(byName(expected.agents));
    expect(record.standings).toEqual(expected.standings);
    expect(record.progress[0]!.frontier).toEqual(expected.progress[0]!.frontier);
    expect(record.diversity.curve.map(({ entropy }) => entropy)).toEqual(
      expected.diversity.curve.map(({ entropy }) => entropy),
    );
  }
});

describe("diversity", () => {
  test("entropy is in bits", () => {
    expect(entropyBits([])).toBe(0);
    expect(entropyBits([7])).toBe(0);
    expect(entropyBits([1, 1])).toBe(1);
    expect(entropyBits([2, 1, 1])).toBeCloseTo(1.5, 12);
    expect(entropyBits(Array.from({ length: 11 }, () => 3))).toBeCloseTo(Math.log2(11), 12);
  });

  const families = { name: "by name", families: ["a", "b", "c"], classify: ({ name }: { name: string }) => name };
  const ideas = (...names: readonly (readonly [agent: string, name: string])[]) =>
    tallyLab(
      sources(
        journalOf(
          life(),
          [...new Set(names.map(([agent]) => agent))].map((agent) => started(agent)),
          model("agent-1", 0, 100 * names.length),
          names.map(([agent], i) => evaluated(agent, 100 * (i + 1), `${i}`)),
        ),
        {
          families,
          evaluations: names.map(([author, method], index) => evaluation(`${index}`, 0.8, { author, method, index })),
        },
      ),
    );

  test("is of all ideas so far, with a band around it, the same each time", async () => {
    const names = [
      ["agent-1", "a"],
      ["agent-2", "b"],
      ["agent-1", "b"],
      ["agent-2", "a"],
    ] as const;
    const { diversity } = await ideas(...names);
    expect(diversity.curve[0]).toMatchObject({ ideas: 1, entropy: 0 });
    expect(diversity.curve.at(-1)).toMatchObject({ ideas: 4, entropy: 1 });
    for (const { band, entropy } of diversity.curve) {
      expect(band![0]).toBeLessThanOrEqual(entropy);
      expect(band![1]).toBeGreaterThanOrEqual(entropy);
    }
    expect((await ideas(...names)).diversity).toEqual(diversity);
    // Both agents tried both families: whoever is drawn, there is one bit.
    expect(diversity.curve.at(-1)!.band).toEqual([1, 1]);
  });

  test("one agent has no band, and what no family fits does not count", async () => {
    const { diversity } = await ideas(["agent-1", "a"], ["agent-1", "something else"]);
    expect(diversity.ideas.map(({ family }) => family)).toEqual(["a", null]);
    expect(diversity.curve.at(-1)).toMatchObject({ ideas: 1, entropy: 0, band: null });
  });
});

test("complexity: lines of code, each agent's snapshots once; or a judge of one's own", async () => {
  const long = code(
    '"""What it\n\ndoes."""\nimport torch\n\n# why\ndef fit(context):\n    """One line."""\n    return 1  # so\n',
  );
  expect(linesOfCode.judge(long)).toBe(3);
  const given = sources(journalOf(life(), started("agent-1"), model("agent-1", 0, 10)), {
    snapshots: new Map([[long.hash, long]]),
    evaluations: [
      evaluation("a", 0.8, { snapshot: long.hash }),
      evaluation("b", 0.8, { snapshot: long.hash, index: 1 }),
      evaluation("c", 0.8, { snapshot: "0".repeat(64), index: 2 }),
    ],
  });
  const { complexity } = await tallyLab(given);
  expect(complexity).toMatchObject({ measure: "lines of code", methods: [{ method: "method a", value: 3 }] });
  const judge = { measure: "files", judge: async ({ files }: typeof long) => files.length };
  expect((await tallyLab({ ...given, complexity: judge })).complexity).toMatchObject({
    measure: "files",
    methods: [{ value: 1 }],
  });
});

test("a record comes back from JSON, and what is none names the field", async () => {
  const record = await tallyLab({ ...team(3, 2), human: [{ testbed: "brown", pgr: 0.5 }] });
  expect(parseLabRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
  expect(() => parseLabRecord({ ...record, agents: 3 })).toThrow(
    expect.objectContaining({ code: "bad_input", message: expect.stringContaining("agents") }),
  );
});
