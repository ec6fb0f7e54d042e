import { spawnSync } from "node:child_process";
import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import type { LabRecord } from "../../src/lab/record.js";
import { tallyLab } from "../../src/lab/tally.js";
import { toLabHtml } from "../../src/report/lab-html.js";
import { complexityPanel, diversityPanel, pgrPanels } from "../../src/report/lab-panels.js";
import { toLabSvg } from "../../src/report/lab-svg.js";
import { formatLab } from "../../src/report/lab-table.js";
import { labHeadline } from "../../src/report/lab-words.js";
import { columns } from "../../src/report/terminal.js";
import { evaluation, journalOf, life, model, moment, post, posted, started, team, testbed } from "../lab/journal-of.js";

const script = "</title><script>alert(1)</script>";

/** Everything that an agent or a user can name is markup, and one PGR is far outside. */
async function hostile(): Promise<LabRecord> {
  const record = await tallyLab({
    entries: journalOf(
      life(),
      started(`agent${script}`, 0, { model: script, direction: script }),
      model(`agent${script}`, 0, 3600),
      posted(`agent${script}`, 1800, "p"),
      { type: "notice", up: 10, message: script },
      { type: "agent-ended", up: 3600, agent: `agent${script}`, state: "failed", summary: script },
    ),
    evaluations: [
      evaluation("e1", 0.8, { author: `agent${script}`, method: script, testbed: script }),
      evaluation("e2", 0.05, { author: `agent${script}`, method: "far off", testbed: script, index: 1 }),
    ],
    posts: [post("p", "hypothesis", script, { author: `agent${script}` })],
    snapshots: new Map(),
    testbeds: [testbed(script)],
    families: { name: script, families: [script], classify: () => script },
  });
  const said = { id: script, agent: `agent${script}`, testbed: script, method: script };
  return { ...record, package: script, ...judged(said, `by ${script}`) };
}

type Submission = LabRecord["submissions"][number];

/** A score on a teacher of .72 and a ceiling of .88. */
const score = (id: string, accuracy: number) => evaluation(id, accuracy).score!;

function submission(id: string, final: number, more: Partial<Submission> = {}): Submission {
  const scores = { development: score(id, final + 0.016), final: score(id, final) };
  const place = { agent: "agent-1", testbed: "brown", method: `method ${id}`, at: moment(0), code: "0".repeat(64) };
  const receipt = { seq: 12, entry: "e".repeat(64) };
  return {
    id,
    ...place,
    receipt,
    outcome: "better",
    standing: "clean",
    findings: [],
    writeUp: "How.",
    scores,
    ...more,
  };
}

/** Three submissions and an opened vault: the best is disqualified, the second stands, the third failed. */
function judged(said: Partial<Submission> = {}, by = "Ada"): Pick<LabRecord, "submissions" | "confirmation"> {
  const { agent: author = "agent-1", testbed = "brown", method = "fair", id = "s1" } = said;
  const verdict = { submission: "s0", verdict: "disqualified", reason: "It reads the answers.", by };
  const findings = [
    { detector: "outside", verdict: "review", words: "It reads a file that nobody gave it." },
    { detector: "seeds", verdict: "clean", words: "Nothing was found." },
  ];
  const { scores: _, ...failed } = submission("s2", 0.8, { outcome: "failed", standing: "unaudited" });
  const row = { submission: id, author, testbed, method, optimism: 0.1 };
  return {
    submissions: [
      submission("s0", 0.87, {
        standing: "disqualified",
        verdict,
        findings,
        ...said,
        method: `best ${said.method ?? ""}`,
      }),
      submission(id, 0.832, {
        method,
        ...said,
        scores: { development: score(id, 0.848), final: score(id, 0.832), vault: score(id, 0.824) },
      }),
      failed,
    ],
    confirmation: {
      at: moment(0),
      by,
      level: 0.95,
      rows: [{ ...row, development: score("v", 0.848), final: score("v", 0.832), vault: score("v", 0.824) }],
    },
  };
}

const records: Record<string, () => Promise<LabRecord>> = {
  "one testbed": () => tallyLab({ ...team(4, 3), human: [{ testbed: "brown", pgr: 0.55, hours: 4 }] }),
  "several testbeds": () => tallyLab(team(5, 2, ["brown", "sst2", "digits"])),
  "nothing yet": () =>
    tallyLab({ entries: journalOf(life()), evaluations: [], posts: [], snapshots: new Map(), testbeds: [testbed()] }),
  "submissions and a vault": async () => ({ ...(await tallyLab(team(2, 2))), ...judged() }),
  hostile,
};

const strictParser = `
import sys, json, xml.etree.ElementTree as tree
print(json.dumps([{"tag": n.tag.split("}")[1], "text": n.text or "", "attributes": n.attrib} for n in tree.fromstring(sys.stdin.buffer.read()).iter()]))
`;

/** All elements in document order, by an XML parser that forgives nothing. */
async function elements(record: LabRecord, width: number) {
  const svg = await toLabSvg(record, { width });
  const { stdout, stderr } = spawnSync("python3", ["-c", strictParser], { input: svg, encoding: "utf8" });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as { tag: string; text: string; attributes: Record<string, string> }[];
}

describe.each(Object.entries(records))("%s", (_, make) => {
  let record: LabRecord;
  let html: string;
  let document: ReturnType<typeof parseHTML>["document"];
  beforeAll(async () => {
    record = await make();
    html = await toLabHtml(record);
    document = parseHTML(html).document;
  });
  const every = (selector: string) => [...document.querySelectorAll(selector)];

  test("the page needs nothing else, runs nothing, and has what an agent wrote as text", () => {
    expect(every("script, link, img, iframe, object, embed, base, form, video, audio")).toEqual([]);
    const attributes = every("*").flatMap((element) => [...element.attributes]);
    expect(attributes.filter(({ name }) => /^on|^src|^style$|href/.test(name))).toEqual([]);
    const policy = document.querySelector("meta[http-equiv=Content-Security-Policy]")?.getAttribute("content");
    expect(policy).toMatch(/^default-src 'none';/);
    expect(html).not.toMatch(/@import|url\(|@font-face/);
  });

  test("the page has headings in order, unique names, and whole tables with captions", () => {
    expect(every("h1")).toHaveLength(1);
    const levels = every("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
    expect(levels.filter((level, i) => i > 0 && level > levels[i - 1]! + 1)).toEqual([]);
    const ids = every("[id]").map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const table of every("table")) {
      expect(table.querySelector("caption")?.textContent).not.toBe("");
      const heads = table.querySelectorAll("thead th[scope=col]").length;
      for (const row of table.querySelectorAll("tbody tr")) {
        expect(row.querySelectorAll("th[scope=row]")).toHaveLength(1);
        expect(row.children).toHaveLength(heads);
      }
    }
    const pictures = every("figure svg[role=img]");
    expect(pictures).toHaveLength(2);
    for (const picture of pictures) expect(picture.querySelector("desc")!.textContent.length).toBeGreaterThan(40);
  });

  test.each([860, 360])("the picture is closed XML that loads nothing, %i wide", async (width) => {
    const list = await elements(record, width);
    const allowed = ["svg", "title", "desc", "style", "rect", "g", "line", "path", "circle", "text", "tspan"];
    expect(list.map(({ tag }) => tag).filter((tag) => !allowed.includes(tag))).toEqual([]);
    const attributes = list.flatMap((element) => Object.entries(element.attributes));
    expect(
      attributes.filter(([name, value]) => /^on|href|^src$/i.test(name) || /url\(|javascript:|NaN/i.test(value)),
    ).toEqual([]);
    const [svg, title, desc] = list;
    expect(svg!.attributes["aria-labelledby"]).toBe(title!.attributes.id);
    expect(svg!.attributes["aria-describedby"]).toBe(desc!.attributes.id);
    const shown = list.filter(({ tag }) => tag === "text").map(({ text }) => text);
    for (const { testbed } of record.progress.slice(0, 1)) {
      expect(shown.some((text) => text.startsWith(`PGR on ${testbed.slice(0, 10)}`))).toBe(true);
    }
  });
});

describe("the page says", () => {
  let text: string;
  let document: ReturnType<typeof parseHTML>["document"];
  beforeAll(async () => {
    document = parseHTML(await toLabHtml(await records["one testbed"]!())).document;
    text = document.querySelector("main")!.textContent;
  });

  test("that the numbers are of the development split and optimistic, before and at the tables", () => {
    expect(document.querySelector(".lead")!.textContent).toContain("optimistic");
    expect(document.querySelector("#standings")!.parentElement!.textContent).toContain(
      "development split: fitted to its feedback, so optimistic",
    );
    expect(text).toContain("the best of many evaluations is high also because it was picked");
  });

  test("what queueing and downtime are, cost apart, and that what agents say is no evidence", () => {
    expect(text).toContain("without queueing and downtime");
    expect(text).toMatch(/\$\d+\.\d\d for models, \$\d+\.\d\d for the trainer’s device/);
    expect(text).toContain("No evidence");
  });

  test("failures and notices first", () => {
    const alert = document.querySelector(".alert")!.textContent;
    expect(alert).toContain("agent-4 failed: The model refused to go on.");
    expect(alert).toContain("Notice on agent-1: Its sandbox had died and was made again.");
  });
});

describe("submissions and the vault", () => {
  let record: LabRecord;
  beforeAll(async () => {
    record = await records["submissions and a vault"]!();
  });

  test("have tables on the page; what is disqualified stays, with the reason", async () => {
    const { document } = parseHTML(await toLabHtml(record));
    const rows = (id: string) =>
      [...document.querySelector(`#${id}`)!.parentElement!.querySelectorAll("tbody tr")].map((row) =>
        [...row.children].map(({ textContent }) => textContent.trim().replaceAll(/\s+/g, " ")),
      );
    const submissions = rows("submissions");
    expect(submissions.map(([who, , , , , standing]) => [who, standing])).toEqual([
      ["agent-1 s0: best", "disqualified"],
      ["agent-1 s1: fair", "clean"],
      ["agent-1 s2: method s2", "unaudited"],
    ]);
    expect(submissions[0]!.at(-1)).toBe("Ada: It reads the answers. outside: It reads a file that nobody gave it.");
    expect(submissions[1]!.slice(2, 4)).toEqual([expect.stringMatching(/^0\.70/), expect.stringMatching(/^0\.65/)]);
    expect(submissions[1]![6]).toBe(`entry 12 ${"e".repeat(12)}`);
    expect(submissions[2]!.slice(2, 5)).toEqual(["failed", "", ""]);
    expect(rows("vault")).toEqual([
      [
        "agent-1 s1: fair",
        "brown",
        expect.stringMatching(/^0\.65/),
        expect.stringMatching(/^0\.70/),
        expect.stringMatching(/^0\.80/),
        "0.10",
      ],
    ]);
    expect(document.querySelector("#vault")!.parentElement!.textContent).toContain("Opened once, by Ada.");
    // What was run again comes first; development says whose best was disqualified.
    const sections = [...document.querySelectorAll("h2")].map(({ id }) => id);
    expect(sections.filter((id) => ["submissions", "vault", "standings"].includes(id))).toEqual([
      ...["submissions", "vault", "standings"],
    ]);
    const marked = rows("standings").filter(([who]) => who!.includes("its best submission is disqualified"));
    expect(marked.map(([who]) => who)).toEqual([expect.stringMatching(/^agent-1 /)]);
    const without = parseHTML(await toLabHtml(await records["one testbed"]!())).document;
    expect(without.querySelector("#submissions, #vault")).toBeNull();
  });

  test("have tables in a terminal, one a testbed, within 96 columns", async () => {
    const long = "a name that is longer than what a terminal has room for";
    const wide = {
      ...(await tallyLab(team(2, 2, ["brown", long]))),
      ...judged({ method: long, agent: long, testbed: long }),
    };
    expect(Math.max(...formatLab(wide).split("\n").map(columns))).toBeLessThanOrEqual(96);
    expect(formatLab(wide).match(/submissions, run again/g)).toHaveLength(2);

    const text = formatLab(record);
    expect(text).toMatch(/^s0 +agent-1 +best +0\.94 \[.*\] +1\.04 +disqualified$/m);
    expect(text).toMatch(/^s1 +agent-1 +fair +0\.70 \[.*\] +0\.65 \[.*\] +0\.80 +clean$/m);
    expect(text.indexOf("submissions, run again")).toBeLessThan(text.indexOf("The vault"));
    expect(text.indexOf("The vault")).toBeLessThan(text.indexOf("development split"));
    expect(text).toMatch(/^agent-1 +\S+ disqualified +0\.\d\d \[/m);
    expect(text).not.toMatch(/^agent-2 .*disqualified/m);
    const closed = record.submissions.map((one) =>
      one.id === "s1" ? submission("s1", 0.832, { method: "fair" }) : one,
    );
    expect(formatLab({ ...record, submissions: closed })).toMatch(
      /^s1 +agent-1 +fair +0\.70 \[.*\] +0\.80 \[.*\] +clean$/m,
    );
    expect(text).toMatch(/^s2 +agent-1 +method s2 +failed +unaudited$/m);
    expect(text).toMatch(/^The vault, opened once by Ada; 95% intervals of all rows together:$/m);
    expect(text).toMatch(/^s1 +fair +0\.65 \[.*\] +0\.70 \[.*\] +0\.80 \[.*\] +0\.10$/m);
  });

  test("the headline begins with the best that nobody has disqualified, whether or not agents were given scores", () => {
    const begin =
      /research hours of 2 agents, `fair` of `agent-1` recovers 70% of the gap when it is run again in a clean room, on seeds and examples that nobody had seen \(95% interval \d+% to \d+%; audit: clean\)\. In development, /;
    expect(labHeadline(record)).toMatch(begin);
    expect(labHeadline(record)).toMatch(/In development, the best method, .* recovers \d+% .*optimistic\.$/);
    const silent = labHeadline({ ...record, standings: record.standings.filter(({ baseline }) => baseline) });
    expect(silent).toMatch(begin);
    expect(silent).toMatch(/In development, no agent has a method with a PGR on the development split\.$/);
    const out = record.submissions.map((one) => ({ ...one, standing: "disqualified" as const }));
    expect(labHeadline({ ...record, submissions: out })).toContain("no submission stands with a PGR. In development, ");
    const first = record.standings.filter(({ name }) => name === "agent-1");
    expect(labHeadline({ ...record, standings: first })).toContain(
      "of `agent-1`, whose best submission is disqualified, recovers",
    );
  });
});

describe("panels", () => {
  test("lines are held to the end, baselines stand at hour 0, people where they were put", async () => {
    const record = await records["one testbed"]!();
    const [panel] = pgrPanels(record);
    const end = record.agents.reduce((sum, { hours }) => sum + hours, 0);
    expect(panel!.x[1]).toBeCloseTo(end, 9);
    for (const line of [panel!.bold, ...panel!.lines.map(({ points }) => points)]) {
      expect(line.at(-1)!.x).toBeCloseTo(end, 9);
    }
    expect(panel!.bold[0]!.x).toBe(0);
    expect(panel!.baselines.map(({ x }) => x)).toEqual([0, 0, 0]);
    expect(panel!.human).toEqual([{ x: 4, y: 0.55 }]);
    expect(panel!.interval!.low).toBeLessThan(panel!.interval!.y);
  });

  test("complexity has the median over agents of their latest", async () => {
    const record = await records["one testbed"]!();
    const method = (agent: string, hours: number, value: number) => ({
      agent,
      hours,
      value,
      method: "m",
      snapshot: "s",
    });
    const methods = [method("agent-1", 1, 10), method("agent-2", 2, 30), method("agent-1", 3, 50)];
    const { bold } = complexityPanel({ ...record, complexity: { measure: "lines", methods } });
    expect(bold.slice(0, 3)).toEqual([
      { x: 1, y: 10 },
      { x: 2, y: 20 },
      { x: 3, y: 40 },
    ]);
  });

  test("diversity goes up to all families alike", async () => {
    const { line, y } = diversityPanel(await records["one testbed"]!());
    expect(line!.at).toBeCloseTo(Math.log2(11), 12);
    expect(y[1]).toBeGreaterThan(line!.at);
  });
});
