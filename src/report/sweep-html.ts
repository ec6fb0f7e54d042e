import type { SweepRecord } from "../sweep/record.js";
import {
  alertBox,
  aside,
  conditionList,
  costFacts,
  facts,
  htmlPage,
  noteList,
  plainLines,
  section,
  time,
} from "./html-page.js";
import { isolated } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
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
  return htmlPage({
    title: `Weak-to-strong sweep on ${shorten(plain(testbed.name), 32)}`,
    heading: markup`Weak-to-strong sweep on ${isolated(testbed.name)}`,
    what: markup`${plural(models.length, "model")} in ${plural(pairs.length, "pair")}, ${plural(seeds.length, "seed")}, ${plural(testbed.sizes.test, "test example")}, ${time(record.startedAt)}`,
    lead: sweepHeadline(record),
    alert: alert(record),
    picture: {
      wide,
      narrow,
      caption: markup`Each line is a teacher: the hollow mark is its own score, the filled ones those of the students that it taught. The dashed line is each student trained on the truth. Bars are 95% intervals.`,
    },
    content: markup`${section("truth", "Trained on the truth", modelsTable(record))}
${section("pgr", "Performance gap recovered", markup`${record.methods.map((method) => matrixTable(record, method, cells))}${noteList(cells.notes)}`)}
${ties === undefined ? markup`` : section("differences", "Which methods differ", ties)}
${section("reading", "How to read this", reading(record))}
${section("run", "What was run", whatWasRun(record))}
${section("cost", "What it cost", costFacts(record))}
${section("pairs", "Every pair", markup`<details><summary>The score of each student with each method</summary>\n${pairsTable(record)}\n</details>`)}
${section("again", "How to run it again", markup`<pre>${plainLines(record.reproduce)}</pre>`)}`,
    maker: markup`${plain(record.environment.package)}`,
  });
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
