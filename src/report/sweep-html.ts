import type { SweepRecord } from "../sweep/record.js";
import { isolated } from "./html-tables.js";
import { Markup, markup } from "./markup.js";
import { style } from "./style.js";
import { type SweepCells, sweepCells, sweepHeadline } from "./sweep-cells.js";
import { matrixTable, modelsTable, pairsTable } from "./sweep-html-tables.js";
import { toSweepSvg } from "./sweep-svg.js";
import { count, duration, plain, plural, sentence, shorten } from "./text.js";
import { modelInWords, optimizerInWords, sourceInWords } from "./words.js";

const none = markup``;

/** A sweep as one page that needs nothing else: no script, no font, no network. */
export async function toSweepHtml(record: SweepRecord): Promise<string> {
  const cells = sweepCells(record);
  const [wide, narrow] = [await toSweepSvg(record, { width: 860 }), await toSweepSvg(record, { width: 360 })];
  const { testbed, models, pairs, seeds } = record;
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Weak-to-strong sweep on ${shorten(plain(testbed.name), 32)}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>Weak-to-strong sweep on ${isolated(testbed.name)}</h1>
<p class="what">${plural(models.length, "model")} in ${plural(pairs.length, "pair")}, ${plural(seeds.length, "seed")}, ${plural(testbed.sizes.test, "test example")}, ${time(record.startedAt)}</p>
</header>
<main>
<p class="lead">${withCode(sweepHeadline(record))}</p>
${alert(record)}
<figure>
<div class="wide">${new Markup(wide)}</div>
<div class="narrow">${new Markup(narrow)}</div>
<figcaption>Each line is a teacher: the hollow mark is its own score, the filled ones those of the students that it taught. The dashed line is each student trained on the truth. Bars are 95% intervals.</figcaption>
</figure>
${section("truth", "Trained on the truth", modelsTable(record))}
${section("pgr", "Performance gap recovered", markup`${record.methods.map((method) => matrixTable(record, method, cells))}${noteList(cells)}`)}
${section("reading", "How to read this", reading(record))}
${section("run", "What was run", whatWasRun(record))}
${section("cost", "What it cost", cost(record))}
${section("pairs", "Every pair", markup`<details><summary>The score of each student with each method</summary>\n${pairsTable(record)}\n</details>`)}
${section("again", "How to run it again", markup`<pre>${plain(record.reproduce)}</pre>`)}
</main>
<footer>Made by ${plain(record.environment.package)}. PGR is defined in Burns et al. 2023, “Weak-to-strong generalization”, section 3; its interval is Fieller’s.</footer>
</body>
</html>
`.text;
}

function section(id: string, title: string, content: Markup): Markup {
  return markup`<section>
<h2 id="${id}">${title}</h2>
${content}
</section>`;
}

/** What a reader has to know before the numbers. */
function alert({ warnings, pairs }: SweepRecord): Markup {
  const failed = pairs.filter(({ error }) => error !== undefined);
  const items = [
    ...failed.map(
      ({ teacher, student, error = "" }) =>
        markup`<li>${isolated(teacher)} → ${isolated(student)}: ${sentence(error)}</li>\n`,
    ),
    ...warnings.map((warning) => markup`<li>${sentence(warning)}</li>\n`),
  ];
  if (items.length === 0) return none;
  return markup`<section class="alert" aria-labelledby="alert">
<h2 id="alert">${failed.length > 0 ? "Failures and warnings" : "Warnings"}</h2>
<ul>
${items}</ul>
</section>`;
}

function noteList({ notes }: SweepCells): Markup {
  if (notes.length === 0) return none;
  const items = notes.map((text, i) => markup`<li id="note-${i + 1}">${text}</li>\n`);
  return markup`<h3>Notes</h3>
<ol>
${items}</ol>`;
}

function reading({ conditionalOn, teacherExamples, testbed }: SweepRecord): Markup {
  return markup`<p>Every model teaches each one that stands after it. <b>As a teacher</b> a model is trained on the truth of ${plural(teacherExamples, "example")} and labels ${count(testbed.sizes.train_unlabel)} that it has not seen. The <b>ceiling</b> is a student trained on the truth of these. A method trains the student on the teacher’s labels.</p>
<p><b>Performance gap recovered</b> (PGR) is (method − teacher) / (ceiling − teacher) in mean test score: 0 is no better than the teacher, 1 as good as the truth. It is undefined where the ceiling is not clearly above the teacher. The <b>median</b> is over the pairs that have a PGR. It has no interval, since pairs share models and test examples; and two methods’ medians are comparable only over the same pairs.</p>
${conditionalOn.length === 0 ? none : markup`<p>What the intervals take as given:</p>\n<ul>\n${conditionalOn.map((condition) => markup`<li>${sentence(condition)}</li>\n`)}</ul>`}`;
}

function whatWasRun({ testbed, models, seeds, environment, startedAt, seconds, teacherExamples }: SweepRecord): Markup {
  const { train_label, train_unlabel, test } = testbed.sizes;
  return facts([
    ...models.map(({ name, model }) => {
      const source = sourceInWords(model);
      const details = [optimizerInWords(model), ...(source === undefined ? [] : [`weights from ${source}`])].join("; ");
      return [plain(name), markup`${sentence(modelInWords(model)).slice(0, -1)}${aside(`${details}.`)}`] as const;
    }),
    [
      "Testbed",
      markup`${isolated(testbed.name)}${aside(testbed.description === "" ? "" : sentence(testbed.description))}`,
    ],
    [
      "Task",
      markup`${plain(testbed.kind)}, ${testbed.classes.length} classes${aside(testbed.classes.map(plain).join(", "))}`,
    ],
    [
      "Sizes",
      `${count(teacherExamples)} of ${count(train_label)} for each teacher, ${count(train_unlabel)} for the students, ${count(test)} to test on`,
    ],
    ["Data hash", markup`<code>${plain(testbed.hash)}</code>`],
    ["Seeds", seeds.join(", ")],
    ["Started", markup`${time(startedAt)}, took ${duration(seconds)}`],
    ["Devices", environment.devices.map(plain).join(", ")],
    ["Versions", `${plain(environment.package)}, Node ${plain(environment.node)}, ${plain(environment.platform)}`],
    ["Trainer", plain(environment.trainer)],
  ]);
}

function cost({ cost, seconds }: SweepRecord): Markup {
  return facts([
    ["Device time", duration(cost.seconds)],
    ["From start to end", duration(seconds)],
    ["Fits", `${count(cost.fits)}${cost.cachedFits === 0 ? "" : `, ${count(cost.cachedFits)} of them from the cache`}`],
    ["Tokens", `${count(cost.tokens)} through a transformer`],
  ]);
}

function facts(entries: readonly (readonly [string, string | Markup])[]): Markup {
  return markup`<dl class="facts">
${entries.map(([term, fact]) => markup`<dt>${term}</dt>\n<dd>${fact}</dd>\n`)}</dl>`;
}

function aside(text: string): Markup {
  return text === "" ? none : markup` <span class="aside">${text}</span>`;
}

/** A moment in UTC, as a person writes it. */
function time(iso: string): Markup {
  const options = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" } as const;
  const text = new Intl.DateTimeFormat("en-GB", options).format(new Date(iso));
  return markup`<time datetime="${iso}">${text} UTC</time>`;
}

/** Names that a sentence has in backticks, set as code. */
function withCode(text: string): Markup {
  return markup`${text.split("`").map((part, i) => (i % 2 === 1 ? markup`<code><bdi>${part}</bdi></code>` : part))}`;
}
