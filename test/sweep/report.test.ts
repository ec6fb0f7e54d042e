import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import {
  createTestbed,
  hashedWords,
  linear,
  naive,
  named,
  type SweepRecord,
  SweepResults,
  sweep,
  type Trainer,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { lettersOf } from "../../src/report/differences.js";
import { styleOf } from "../../src/report/sweep-style.js";
import { toSweepSvg } from "../../src/report/sweep-svg.js";
import { texts } from "../fixtures/texts.js";
import { brown } from "../report/records.js";

const testbed = await createTestbed({
  name: "tiny <b>&",
  train_label: texts(80, "a"),
  train_unlabel: texts(300, "b"),
  test: texts(400, "c"),
});
const model = (epochs: number, learningRate = 0.05) => linear(hashedWords(), { epochs, learningRate });
const failing: Trainer = {
  ...mine,
  fit: (request, options) =>
    request.predict.train_unlabel && request.model.optimizer.epochs === 6
      ? Promise.reject(new Error('no <power>, "none"'))
      : mine.fit(request, options),
};
await using run = sweep({
  testbed,
  trainer: failing,
  // A teacher of the fourth pair on fails, and "idle" does not learn.
  models: { "=small<b>": model(1), middle: model(2), idle: model(1, 1e-9), broken: model(6), large: model(4) },
  teacherExamples: 8,
  methods: [naive(), named("fails", () => Promise.reject(new Error("odd")))],
  seeds: 3,
});
const results = await run.result();
const { record } = results;
const pgr = (teacher: string, student: string) =>
  record.pairs
    .find((pair) => pair.teacher === teacher && pair.student === student)!
    .record!.rows.find(({ method }) => method === "naive")!.pgr!;

test("printing shows each model, each pair's PGR with its interval, the median, and why the others have none", () => {
  const text = inspect(results);
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(96);
  const defined = pgr("=small<b>", "middle");
  if (defined.status !== "ok") throw new Error(defined.reason);
  const [low, high] = defined.interval.map((end) => end.toFixed(2));
  expect(text).toContain(`=small<b>  ${defined.estimate.toFixed(2)} [${low}, ${high}]`);
  expect(text).toMatch(/^middle {5}0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] {2}0\.\d{3} \[0\.\d{3}, 0\.\d{3}\] {2}linear head/m);
  expect(text).toMatch(/^median PGR \d\.\d\d over \d of 10 pairs \(undefined for \d, failed for 1\)$/m);
  expect(text).toMatch(/^no median PGR over 10 pairs \(failed for 10\)$/m);
  const note = /undefined \((\d+)\)/.exec(text)![1];
  expect(text).toMatch(new RegExp(`^\\(${note}\\) .*: PGR is undefined`, "m"));
  // Ten pairs fail alike: one note.
  expect(text.match(/fails failed with 3 of 3 seeds/g)).toHaveLength(1);
  expect(text.replaceAll(/\s+/g, " ")).toContain('broken → large: no <power>, "none".');
});

test("a ladder too wide for the terminal goes on below", () => {
  const names = Array.from({ length: 9 }, (_, i) => `a model with the number ${i}`);
  const pair = record.pairs[0]!;
  const wide: SweepRecord = {
    ...record,
    models: names.map((name) => ({ ...record.models[1]!, name })),
    pairs: names.flatMap((teacher, i) => names.slice(i + 1).map((student) => ({ ...pair, teacher, student }))),
  };
  const lines = new SweepResults(wide).toString().split("\n");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(96);
  const heads = lines.filter((line) => line.startsWith("teacher ")).join(" ");
  // Every student once a method.
  for (let i = 1; i < 9; i++) expect(heads.match(new RegExp(`number ${i}`, "g"))).toHaveLength(2);
});

test("which methods differ is said pair by pair, with what it is not adjusted for", async () => {
  const pairs = record.pairs.slice(0, 2).map((pair) => ({ ...pair, record: brown() }));
  const several = new SweepResults({ ...record, pairs });
  const text = several.toString().replaceAll(/\s+/g, " ");
  const signs = lettersOf(brown());
  expect(signs.size).toBeGreaterThan(3);
  for (const { teacher, student } of pairs) {
    const listed = [...signs].map(([method, letters]) => `${method} (${letters})`).join(", ");
    expect(text).toContain(`- ${teacher} → ${student}: ${listed}`);
  }
  expect(text).toMatch(/not adjusted over pairs of models/);
  const folder = await mkdtemp(join(tmpdir(), "w2s-sweep-report-"));
  await several.writeReport(join(folder, "a.html"));
  const html = await readFile(join(folder, "a.html"), "utf8");
  expect(html).toContain("not adjusted over pairs of models");
  // Of two methods too, where an experiment has a sentence.
  const two = { ...brown(), comparisons: brown().comparisons.slice(0, 1) };
  expect(new SweepResults({ ...record, pairs: [{ ...pairs[0]!, record: two }] }).toString()).toContain("Ties:");
});

test("what difference each pair can find is said beforehand", async () => {
  for await (const event of run) {
    if (event.type !== "started") continue;
    expect(event.resolvable).toEqual(record.pairs[0]!.record!.resolvable!.planned);
    expect(event.resolvable).toMatchObject({ n: 400, seeds: 3, comparisons: 1 });
  }
  expect.assertions(2);
});

interface Element {
  readonly tag: string;
  readonly text: string;
  readonly attributes: Record<string, string>;
  readonly classes: string[];
}

const strictParser = `
import sys, json, xml.etree.ElementTree as tree
def walk(node, classes):
    classes = classes + node.get("class", "").split()
    yield {"tag": node.tag.split("}")[1], "text": "".join(node.itertext()) if node.tag.endswith("text") else node.text or "", "attributes": node.attrib, "classes": classes}
    for child in node:
        yield from walk(child, classes)
print(json.dumps(list(walk(tree.fromstring(sys.stdin.buffer.read()), []))))
`;

async function elements(width: number): Promise<Element[]> {
  const svg = await toSweepSvg(record, { width });
  const { stdout, stderr } = spawnSync("python3", ["-c", strictParser], { input: svg, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Element[];
}
const height = (dot: Element) =>
  Number(dot.attributes.cy ?? /translate\([-\d.]+,([-\d.]+)\)/.exec(dot.attributes.transform!)![1]);

test.each([860, 360])("the picture, %i wide, has a mark for every score, higher where it is higher", async (width) => {
  const list = await elements(width);
  const marks = (name: string) =>
    list.filter(({ tag, classes }) => /^(path|circle)$/.test(tag) && classes.includes(name));
  const naives = record.pairs.map((pair) => ({
    teacher: pair.teacher,
    score: pair.record?.rows.find(({ method }) => method === "naive")?.score,
  }));
  for (const [i, { name, weak }] of record.models.slice(0, -1).entries()) {
    const style = styleOf(i);
    const scores = naives
      .filter(({ teacher, score }) => teacher === name && score !== undefined)
      .map(({ score }) => score!);
    const dots = marks(style.dot).slice(1); // the first is the legend's
    expect(dots, name).toHaveLength(scores.length);
    expect(marks(style.hollow), name).toHaveLength(weak ? 2 : 0); // one a panel
    const byHeight = [...dots.keys()].sort((a, b) => height(dots[b]!) - height(dots[a]!));
    expect(byHeight.map((at) => scores[at])).toEqual(scores.toSorted((a, b) => a - b));
  }
  const dashes = list.filter(({ attributes }) => attributes["stroke-dasharray"] !== undefined);
  expect(dashes.length).toBeGreaterThanOrEqual(3); // two panels and the legend
});

test("teachers differ without colour, and the picture says its numbers in words", async () => {
  const list = await elements(860);
  const shapes = record.models.slice(0, -1).map((_, i) => {
    const { dot } = styleOf(i);
    const { tag, attributes } = list.find((one) => /^(path|circle)$/.test(one.tag) && one.classes.includes(dot))!;
    return `${tag} ${attributes.d}`;
  });
  expect(new Set(shapes).size).toBe(shapes.length);
  const said = list.filter(({ tag }) => tag === "text").map(({ text }) => text);
  expect(said).toEqual(expect.arrayContaining(["taught by =small<b>", "taught by middle", "trained on the truth"]));
  const defined = pgr("=small<b>", "middle");
  const estimate = defined.status === "ok" ? defined.estimate.toFixed(2) : "undefined";
  const description = list.find(({ tag }) => tag === "desc")!.text;
  expect(description).toMatch(
    new RegExp(`taught by =small<b>: itself 0\\.\\d{3} .*?, middle 0\\.\\d{3} .*?, PGR ${estimate} `),
  );
  expect(description).toContain("PGR undefined");
});

test("42 teachers are drawn differently", () => {
  const styles = Array.from({ length: 42 }, (_, i) => `${styleOf(i).symbol} ${styleOf(i).light}`);
  expect(new Set(styles).size).toBe(42);
});

test("the page runs and loads nothing, escapes names, and its notes exist", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-sweep-report-"));
  await results.writeReport(join(folder, "deep", "report.html"));
  const html = await readFile(join(folder, "deep", "report.html"), "utf8");
  expect(html).not.toMatch(/<script|<b>&|src=|https?:\/\/(?!www\.w3\.org)|NaN|undefined,? undefined/);
  expect(html).toContain("=small&lt;b&gt;");
  expect(html).toContain("no &lt;power&gt;");
  const links = [...html.matchAll(/href="#(note-\d+)"/g)].map(([, id]) => id);
  expect(links.length).toBeGreaterThan(3);
  for (const id of links) expect(html).toContain(`id="${id}"`);
  const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
});

test("the CSV has a line a pair, method and seed, and one a pair that failed", async () => {
  const program = "import sys, csv, json; print(json.dumps(list(csv.DictReader(sys.stdin))))";
  const { stdout } = spawnSync("python3", ["-c", program], { input: results.toCsv(), encoding: "utf8" });
  const lines = JSON.parse(stdout) as Record<string, string>[];
  expect(lines).toHaveLength(9 * 4 * 3 + 1);
  expect(lines[0]).toMatchObject({ teacher: "'=small<b>", student: "middle", method: "weak", seed: "0" });
  expect(lines.at(-1)).toMatchObject({ teacher: "broken", student: "large", method: "", error: 'no <power>, "none"' });
  const accuracy = record.pairs[1]!.record!.runs[3]!.accuracy!;
  expect(Number(lines[15]!.accuracy)).toBe(accuracy);
});

test("files are written by their ending, and nothing else is left", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-sweep-report-"));
  for (const name of ["a.svg", "a.csv", "a.json"]) await results.writeReport(join(folder, name));
  expect((await readdir(folder)).sort()).toEqual(["a.csv", "a.json", "a.svg"]);
  expect(JSON.parse(await readFile(join(folder, "a.json"), "utf8"))).toEqual(JSON.parse(JSON.stringify(results)));
  expect(await readFile(join(folder, "a.svg"), "utf8")).toBe(await results.toSvg());
  await expect(results.writeReport(join(folder, "a.pdf"))).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining(".html, .svg, .csv, .json"),
  });
  await expect(results.writeReport(join(folder, "a.csv", "below.csv"))).rejects.toMatchObject({ code: "storage" });
});
