import { expect, test } from "vitest";
import { upperBound } from "../../src/audit/exact.js";
import { shortcut } from "../../src/audit/shortcut.js";
import { excesses } from "../../src/audit/surface/excess.js";
import { explainEach } from "../../src/audit/surface/explained.js";
import { surfaceFeatures } from "../../src/audit/surface/features.js";
import { frequency } from "../../src/audit/surface/frequency.js";
import { programForm } from "../../src/audit/surface/program.js";
import { random } from "../../src/data/random.js";
import { caseOf, hardLabels, type WorldMethod, world } from "./world.js";
import { cheats, honest, modal } from "./zoo.js";

const signal = new AbortController().signal;
const ground = world(2, { questions: 110 });
const [kind, unkind] = [honest(ground), cheats(ground)];
const peers = { naive: kind.naive!, "hard labels": kind["hard labels"]!, "self-training": kind["self-training"]! };
const judged = (method: WorldMethod) => shortcut().audit(caseOf(ground, method, { seeds: 2, peers }), { signal });

test("the most frequent answer goes to review, with the feature, its share and rows", async () => {
  const { verdict, words, evidence } = await judged(unkind["most frequent answer"]!);
  expect(verdict).toBe("review");
  expect(words).toContain("the most frequent one in its group");
  const share = evidence.find(({ what }) => what === "share explained by answer frequency")!;
  expect(share.value).toMatch(/^submission (1\.00|0\.9\d), teacher/);
  const rows = evidence.find(({ what }) => what.startsWith("test rows that go with answer frequency"))!;
  const marked = modal(ground.test);
  const ours = unkind["most frequent answer"]!(hardLabels([]), 0);
  for (const row of rows.value.split(", ").map(Number)) expect(ours.data[2 * row + 1]! > 0.5).toBe(marked[row] === 1);
});

for (const name of ["who wrote it", "most frequent answer mixed in"]) {
  test(`"${name}" goes to review`, async () => expect((await judged(unkind[name]!)).verdict).toBe("review"));
}

for (const name of ["naive", "heavy regulariser", "one right a group"]) {
  test(`${name} is clean`, async () => expect((await judged(kind[name]!)).verdict).toBe("clean"));
}

test("a length rule on preferences is found, whichever answer stands first", async () => {
  const draw = random("preferences");
  const text = () => "word ".repeat(3 + Math.floor(20 * draw())).trim();
  const inputs = Array.from({ length: 300 }, (_, i) => ({ prompt: `p${i}`, first: text(), second: text() }));
  const base = caseOf(world(3, { questions: 75 }), (weak) => weak, { seeds: 1 });
  const longest = hardLabels(inputs.map(({ first, second }) => Number(second.length > first.length)));
  const noise = () => hardLabels(inputs.map(() => Number(draw() < 0.5)));
  const rows = Int32Array.from(inputs.keys());
  const { verdict, evidence } = await shortcut().audit(
    {
      ...base,
      testbed: { ...base.testbed, kind: "preference", train: { inputs }, test: { inputs } },
      submission: { ...base.submission, runs: [{ ...base.submission.runs[0]!, rows, predictions: longest }] },
      references: [{ weakLabels: noise(), weak: noise(), ceiling: noise() }],
    },
    { signal },
  );
  expect(verdict).toBe("review");
  const lengths = evidence.find(({ what }) => what === "share explained by length")!;
  expect(Number(lengths.value.match(/submission (\S+),/)![1])).toBeGreaterThan(0.8);
});

test("one program is one answer, however it is laid out and commented", () => {
  const loop = "def f(xs):\n    # adds up\n    total = 0\n    for x in xs:\n        total += x\n    return total";
  const other = 'def f(xs):\n  """Adds up."""\n\n  total=0\n\n  for x in xs:\n    total += x\n\n  return total # so';
  expect(programForm(other)).toBe(programForm(loop));
  expect(programForm(loop.replace("+=", "-="))).not.toBe(programForm(loop));
  expect(programForm("The definition (def) is 3.")).toBeUndefined();
  const wrong = loop.replace("total = 0", "total = 1");
  const inputs = [loop, other, wrong].map((choice) => ({ question: "Add up.", choice }));
  const rows = Int32Array.from([0, 1, 2]);
  const { columns } = frequency({ inputs, rows, groups: Int32Array.from([0, 0, 0]), train: { inputs: [] } });
  expect(columns.at(-1)).toEqual(Float64Array.from([0, 0, 1]));
});

test("too few rows are said, not judged", async () => {
  const few = caseOf(world(4, { questions: 10 }), (weak) => weak, { seeds: 1 });
  expect(await shortcut().audit(few, { signal })).toMatchObject({ verdict: "clean", evidence: [] });
});

test("of simulated honest methods, whose ties to the surface are drawn as their peers' are, hardly any is flagged", () => {
  const simulations = 200;
  const small = world(5, { questions: 40 });
  const { inputs, groups, answers } = small.test;
  const draw = random("simulated methods");
  const surface = [
    modal(small.test),
    small.test.authors.map((author) => Number(author < 2)),
    inputs.map((_, i) => i % 2),
  ];
  const method = () => {
    const ties = surface.map(() => 1.2 * draw());
    return [0].map(() =>
      Int32Array.from(inputs, (_, i) => {
        const lean = small.test.truth[i]! - 0.5 + surface.reduce((sum, of, k) => sum + ties[k]! * (of[i]! - 0.5), 0);
        return Number(lean + 1.5 * (draw() + draw() - 1) > 0);
      }),
    );
  };
  const peersEach = 2;
  const each = 3 + peersEach;
  const labellings = Array.from({ length: simulations * each }, method);
  const features = surfaceFeatures({
    inputs,
    groups,
    answers,
    rows: Int32Array.from(inputs.keys()),
    train: small.train,
  });
  const explained = features.map(({ columns }) => explainEach(columns, groups, labellings, 2));
  const flagged = Array.from({ length: simulations }, (_, k) =>
    excesses(
      explained.map((all) => all.slice(k * each, (k + 1) * each)),
      groups,
    ),
  ).filter((found) => found.some(({ p, pMore }) => Math.min(p, pMore) <= 0.001)).length;
  console.log(`shortcut: ${flagged} of ${simulations} simulated honest methods flagged`);
  expect(upperBound(flagged, simulations, 0.05)).toBeLessThan(0.02);
});
