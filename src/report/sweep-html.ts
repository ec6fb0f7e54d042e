import type { SweepRecord } from "../sweep/record.js";
import {
  alertBox,
  aside,
  conditionList,
  costFacts,
  facts,
  noteList,
  plainLines,
  section,
  time,
  withCode,
} from "./html-page.js";
import { isolated } from "./html-tables.js";
import { Markup, markup } from "./markup.js";
import { style } from "./style.js";
import { sweepCells, sweepHeadline } from "./sweep-cells.js";
import { matrixTable, modelsTable, pairsTable, tiesTable } from "./sweep-html-tables.js";
import { toSweepSvg } from "./sweep-svg.js";
import { count, duration, plain, plural, sentence, shorten } from "./text.js";
import { modelInWords, optimizerInWords, sourceInWords } from "./words.js";

/** A sweep as one page that needs nothing else: no script, no font, no network. */
export async function toSweepHtml(record: SweepRecord): Promise<string> {
  const cells = sweepCells(record);
  const [wide, narrow] = [await toSweepSvg(record, { width: 860 }), await toSweepSvg(record, { width: 360 })];
  const { testbed, models, pairs, seeds } = record;
  const ties = tiesTable(record);
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
${section("pgr", "Performance gap recovered", markup`${record.methods.map((method) => matrixTable(record, method, cells))}${noteList(cells.notes)}`)}
${ties === undefined ? markup`` : section("differences", "Which methods differ", ties)}
${section("reading", "How to read this", reading(record))}
${section("run", "What was run", whatWasRun(record))}
${section("cost", "What it cost", costFacts(record))}
${section("pairs", "Every pair", markup`<details><summary>The score of each student with each method</summary>\n${pairsTable(record)}\n</details>`)}
${section("again", "How to run it again", markup`<pre>${plainLines(record.reproduce)}</pre>`)}
</main>
<footer>Made by ${plain(record.environment.package)}. PGR is defined in Burns et al. 2023, “Weak-to-strong generalization”, section 3; its interval is Fieller’s.</footer>
</body>
</html>
`.text;
}

/** What a reader has to know before the numbers. */
function alert({ warnings, pairs }: SweepRecord): Markup {
  const failed = pairs.filter(({ error }) => error !== undefined);
  return alertBox(
    failed.map(
      ({ teacher, student, error = "" }) => markup`${isolated(teacher)} → ${isolated(student)}: ${sentence(error)}`,
    ),
    warnings,
  );
}

function reading({ conditionalOn, teacherExamples, testbed }: SweepRecord): Markup {
  return markup`<p>Every model teaches each one that stands after it. <b>As a teacher</b> a model is trained on the truth of ${plural(teacherExamples, "example")} and labels ${count(testbed.sizes.train_unlabel)} that it has not seen. The <b>ceiling</b> is a student trained on the truth of these. A method trains the student on the teacher’s labels.</p>
<p><b>Performance gap recovered</b> (PGR) is (method − teacher) / (ceiling − teacher) in mean test score: 0 is no better than the teacher, 1 as good as the truth. It is undefined where the ceiling is not clearly above the teacher. The <b>median</b> is over the pairs that have a PGR. It has no interval, since pairs share models and test examples; and two methods’ medians are comparable only over the same pairs.</p>
${conditionList(conditionalOn)}`;
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
