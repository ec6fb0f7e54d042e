import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { ExperimentRecord } from "../../src/experiment/record.js";
import { toSvg } from "../../src/report/svg.js";
import { all, brown, chance, demo, extreme, failing, hostile } from "./records.js";

interface Element {
  readonly tag: string;
  readonly text: string;
  readonly attributes: Record<string, string>;
  /** Classes of the element and all around it. */
  readonly classes: string[];
}

const strictParser = `
import sys, json, xml.etree.ElementTree as tree
def walk(node, classes):
    classes = classes + node.get("class", "").split()
    yield {"tag": node.tag.split("}")[1], "text": node.text or "", "attributes": node.attrib, "classes": classes}
    for child in node:
        yield from walk(child, classes)
print(json.dumps(list(walk(tree.fromstring(sys.stdin.buffer.read()), []))))
`;

/** All elements in document order, by an XML parser that forgives nothing. */
async function elements(record: ExperimentRecord, width?: number): Promise<Element[]> {
  const svg = await toSvg(record, width === undefined ? {} : { width });
  const { status, stdout, stderr } = spawnSync("python3", ["-c", strictParser], { input: svg, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return JSON.parse(stdout) as Element[];
}

const within = (list: readonly Element[], name: string, tag: string) =>
  list.filter((element) => element.tag === tag && element.classes.includes(name));
const x = (element: Element) =>
  Number(element.attributes.cx ?? /translate\(([-\d.]+)/.exec(element.attributes.transform!)![1]);
const texts = (list: readonly Element[]) => list.filter(({ tag }) => tag === "text").map(({ text }) => text);

describe.each(Object.entries(all))("%s", (_, make) => {
  test.each([860, 360])("is a closed XML document that runs and loads nothing, %i wide", async (width) => {
    const list = await elements(make(), width);
    expect(list.map(({ tag }) => tag).filter((tag) => !allowed.includes(tag))).toEqual([]);
    const attributes = list.flatMap((element) => Object.entries(element.attributes));
    expect(attributes.filter(([name]) => /^on|href|^src$/i.test(name))).toEqual([]);
    expect(attributes.filter(([, value]) => /url\(|javascript:/i.test(value))).toEqual([]);
    expect(list.filter(({ tag, text }) => tag === "style" && /@import|url\(/.test(text))).toEqual([]);
  });
});

const allowed = ["svg", "title", "desc", "style", "rect", "g", "line", "path", "circle", "text", "tspan"];

test("is an image that says its result in words", async () => {
  const [svg, title, desc] = await elements(demo());
  expect(svg!.attributes.role).toBe("img");
  expect([title!.tag, desc!.tag]).toEqual(["title", "desc"]);
  expect(svg!.attributes["aria-labelledby"]).toBe(title!.attributes.id);
  expect(svg!.attributes["aria-describedby"]).toBe(desc!.attributes.id);
  expect(desc!.text).toContain("Taught by a teacher that is right on 75%");
  expect(desc!.text).toMatch(
    /confidence: accuracy 0\.86\d \(0\.8\d+ to 0\.8\d+\), PGR 0\.\d\d \(0\.\d\d to \d\.\d\d\)\./,
  );
});

test("has its own background and colours for a dark page", async () => {
  const list = await elements(demo());
  const [paper] = within(list, "w2s-paper", "rect");
  expect(paper!.attributes).toMatchObject({ width: "860", fill: "#ffffff" });
  expect(list.find(({ tag }) => tag === "style")!.text).toContain("prefers-color-scheme: dark");
});

test("a dot stands where its number is, and teacher and ceiling on their dashed lines", async () => {
  const record = demo();
  const list = await elements(record);
  const dots = within(list, "w2s-fill", "circle").map(x);
  const hollow = within(list, "w2s-hollow", "path").map(x);
  const [weak, ceiling, zero, one] = hollow as [number, number, number, number];
  const accuracy = (method: string) => record.rows.find((row) => row.method === method)!.accuracy!;
  const place = (value: number) =>
    weak + ((value - accuracy("weak")) / (accuracy("ceiling") - accuracy("weak"))) * (ceiling - weak);
  expect(dots).toHaveLength(4);
  expect(dots[0]).toBeCloseTo(place(accuracy("naive")), 0);
  expect(dots[1]).toBeCloseTo(place(accuracy("confidence")), 0);
  for (const [i, method] of ["naive", "confidence"].entries()) {
    const { pgr } = record.rows.find((row) => row.method === method)!;
    expect(dots[2 + i]).toBeCloseTo(zero + (pgr?.status === "ok" ? pgr.estimate : Number.NaN) * (one - zero), 0);
  }
  const lines = within(list, "w2s-line", "line").map((line) => Number(line.attributes.x1));
  expect(lines[0]).toBeCloseTo(weak, 0);
  expect(lines[1]).toBeCloseTo(ceiling, 0);
});

test("intervals beyond the panel end in an arrow, and the number is still given", async () => {
  const list = await elements(extreme());
  expect(within(list, "w2s-fill", "path")).toHaveLength(2);
  expect(texts(list)).toEqual(expect.arrayContaining(["−3.95", "−0.78", "1.59"]));
  expect(within(await elements(brown()), "w2s-fill", "path")).toHaveLength(0);
});

test("undefined PGRs and failures are said in words in their rows", async () => {
  for (const width of [860, 360]) {
    const undefinedOnes = texts(await elements(chance(), width));
    expect(undefinedOnes.filter((text) => text === "undefined: gap not clearly positive")).toHaveLength(2);
    expect(texts(await elements(failing(), width)).filter((text) => text === "failed")).toHaveLength(2);
  }
});

test("the names of teacher and ceiling keep apart where their lines are close", async () => {
  const list = await elements(chance());
  const [weak, ceiling] = list.filter(
    ({ tag, text, classes }) => tag === "text" && classes.includes("w2s-muted") && /weak|ceiling/.test(text),
  );
  expect(x(ceiling!) - x(weak!)).toBeGreaterThan(0);
  const svg = await toSvg(chance());
  expect(svg).toMatch(/text-anchor="end"[^>]*>\s*<text[^>]*>weak</);
  expect(svg).toMatch(/text-anchor="start"[^>]*>\s*<text[^>]*>ceiling</);
});

test("hostile names are text", async () => {
  const list = await elements(hostile());
  expect(texts(list)).toEqual(expect.arrayContaining(["<script>alert(1)</script>", "=cmd|' /C calc'!A0"]));
  expect(list[1]!.text).toContain("</title><script>alert('testbed')</script>");
});
