import type { ExperimentRecord } from "../experiment/record.js";
import type { ModelSpec } from "../models/model.js";
import { differences } from "./html-differences.js";
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
import { costTable, isolated, measuresTable, resultsTable, seedTable, subsetTables } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
import { metricName, metricTitle, notes } from "./rows.js";
import { toSvg } from "./svg.js";
import { count, duration, plain, plural, sentence, shorten, stopped } from "./text.js";
import { headline, modelInWords, optimizerInWords, sourceInWords } from "./words.js";

const none = markup``;

/** The results as one page that needs nothing else: no script, no font, no network. */
export async function toHtml(record: ExperimentRecord): Promise<string> {
  const remarks = notes(record);
  const [wide, narrow] = [await toSvg(record, { width: 860 }), await toSvg(record, { width: 360 })];
  const subsets = subsetTables(record, remarks);
  const apart = differences(record);
  return htmlPage({
    title: `Weak-to-strong results on ${shorten(plain(record.testbed.name), 32)}`,
    heading: markup`Weak-to-strong results on ${isolated(record.testbed.name)}`,
    what: markup`${plural(record.seeds.length, "seed")}, ${plural(record.testbed.sizes.test, "test example")}, ${time(record.startedAt)}`,
    lead: headline(record),
    alert: alert(record),
    picture: {
      wide,
      narrow,
      caption: markup`Dots are means over seeds, bars 95% intervals. Hollow diamonds and dashed lines are the weak teacher and the ceiling. An arrowhead at the edge of the picture means that a bar goes on beyond it.`,
    },
    content: markup`<section>
<h2 id="results">Results</h2>
${resultsTable(record, remarks)}
${noteList(remarks.texts)}
</section>
${apart === undefined ? none : section("differences", "Which methods differ", apart)}
${section("measures", "Other measures", measuresTable(record))}
${subsets.length === 0 ? none : section("subsets", "On parts of the test split", markup`${subsets}`)}
${section("reading", "How to read this", reading(record))}
${section("run", "What was run", whatWasRun(record))}
${section("cost", "What it cost", cost(record))}
${section("seeds", "Every seed", markup`<details><summary>${metricTitle(record)} of each method with each seed</summary>\n${seedTable(record)}\n</details>`)}
${section("again", "How to run it again", markup`<pre>${plainLines(record.reproduce)}</pre>`)}`,
    maker: markup`${plain(record.environment.package)}`,
  });
}

/** What a reader has to know before the numbers. */
function alert({ warnings, rows }: ExperimentRecord): Markup {
  const failed = rows.filter((row) => row.error !== undefined);
  return alertBox(
    failed.map((row) => markup`${isolated(row.method)}: ${stopped(row.error ?? "")}`),
    warnings,
  );
}

function reading(record: ExperimentRecord): Markup {
  const { teacher, testbed, conditionalOn } = record;
  return markup`<p><b>Weak</b> is the teacher, trained on the truth of ${plural(teacher.examples, "example")}. It labelled ${count(testbed.sizes.train_unlabel)} examples that it had not seen. Each <b>method</b> trains the student on those labels; the <b>ceiling</b> is the same student trained on the truth of the same examples.</p>
<p><b>Performance gap recovered</b> (PGR) is (method − weak) / (ceiling − weak) in mean test ${metricName(record)}: 0 is no better than the teacher, 1 as good as the truth. It can be negative or above 1, and it is undefined where the ceiling is not clearly above the teacher.</p>
<p><b>A 95% interval</b> covers the true value in 95 of 100 such experiments. That of PGR carries the uncertainty of teacher and ceiling too. All methods are tested on the same examples, so two of them can differ clearly although their intervals overlap; p-values of their differences are adjusted so that in 95 of 100 experiments not one pair is called distinguishable that is equal. The highest of many methods looks better than it is, because it was picked for being highest.</p>
${conditionList(conditionalOn)}`;
}

function whatWasRun({ testbed, teacher, student, seeds, environment, startedAt, seconds }: ExperimentRecord): Markup {
  const { train_label, train_unlabel, test } = testbed.sizes;
  const classes = testbed.classes.map(plain).join(", ");
  return facts([
    ["Teacher", model(teacher.model, `${plural(teacher.examples, "example")} with true labels, drawn by each seed`)],
    ["Student", model(student.model, `${plural(train_unlabel, "example")} with the teacher’s labels`)],
    [
      "Testbed",
      markup`${isolated(testbed.name)}${aside(testbed.description === "" ? "" : sentence(testbed.description))}`,
    ],
    ["Task", markup`${plain(testbed.kind)}, ${testbed.classes.length} classes${aside(classes)}`],
    [
      "Sizes",
      `${count(train_label)} for the teacher to draw from, ${count(train_unlabel)} for the student, ${count(test)} to test on`,
    ],
    ["Data hash", markup`<code>${plain(testbed.hash)}</code>`],
    ["Seeds", seeds.join(", ")],
    ["Started", markup`${time(startedAt)}, took ${duration(seconds)}`],
    ["Devices", environment.devices.map(plain).join(", ")],
    ["Versions", `${plain(environment.package)}, Node ${plain(environment.node)}, ${plain(environment.platform)}`],
    ["Trainer", plain(environment.trainer)],
    [
      "Fingerprints",
      markup`teacher <code>${plain(environment.fingerprints.teacher)}</code><br>student <code>${plain(environment.fingerprints.student)}</code>${aside("The same request with the same fingerprint gives the same predictions, bit for bit.")}`,
    ],
  ]);
}

function model(spec: ModelSpec, examples: string): Markup {
  const source = sourceInWords(spec);
  const details = [examples, optimizerInWords(spec), ...(source === undefined ? [] : [`weights from ${source}`])];
  return markup`${sentence(modelInWords(spec)).slice(0, -1)}${aside(`${details.join("; ")}.`)}`;
}

function cost(record: ExperimentRecord): Markup {
  return markup`${costFacts(record)}
${costTable(record)}`;
}
