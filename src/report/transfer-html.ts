import type { TransferDomain, TransferRecord } from "../transfer/record.js";
import { pInWords } from "./differences.js";
import { alertBox, aside, facts, htmlPage, noteList, section, time } from "./html-page.js";
import { isolated, table } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import { count, decimal, duration, plain, plural, stopped } from "./text.js";
import { toTransferSvg } from "./transfer-svg.js";
import { besideBest, transferHeadline } from "./transfer-words.js";
import { modelInWords } from "./words.js";

const none = markup``;

/** A transfer as one page that needs nothing else: no script, no font, no network. */
export async function toTransferHtml(record: TransferRecord): Promise<string> {
  const [wide, narrow] = [await toTransferSvg(record, { width: 860 }), await toTransferSvg(record, { width: 360 })];
  const { domains, failures, frozen, seeds, warnings } = record;
  const notes = undefinedNotes(domains);
  return htmlPage({
    title: "Transfer to held-out testbeds",
    heading: markup`Transfer to ${plural(domains.length, "held-out testbed")}`,
    what: markup`${plural(frozen.methods.length, "frozen method")}, ${plural(seeds.length, "seed")}, ${time(record.startedAt)}`,
    lead: transferHeadline(record),
    alert: alertBox(
      failures.map(({ testbed, error }) => markup`${isolated(testbed)}: ${stopped(error)}`),
      warnings,
    ),
    picture: {
      wide,
      narrow,
      caption: markup`Bars are PGR over seeds, the thin lines 95% intervals, each for itself; below zero a student is worse than its teacher. The dashed line is the best tuned baseline of each testbed.`,
    },
    content: markup`${section("results", "Results", markup`${domains.map((domain) => domainTable(domain, notes))}${noteList(notes)}`)}
${section("beside", "Beside the best tuned baseline", besideTable(record))}
${section("reading", "How to read this", reading(record))}
${section("run", "What was run", whatWasRun(record))}`,
    maker: markup`${plain(record.environment.package)}`,
  });
}

function domainTable(domain: TransferDomain, notes: readonly string[]): Markup {
  const { testbed, rows, weak, ceiling, best } = domain;
  const lines = domain.results.map(({ method, baseline, accuracy, accuracyInterval, pgr, error }) => {
    const what = !baseline ? "" : method === best ? "the best tuned baseline" : "a tuned baseline";
    const head = markup`<th scope="row">${isolated(method)}${aside(what)}</th>`;
    if (accuracy === null || pgr === null)
      return markup`<tr>${head}<td>failed${noteMark(notes, error)}</td><td></td></tr>\n`;
    const score = markup`<span class="value">${decimal(accuracy, 3)}</span> <span class="interval">${range(accuracyInterval!, 3)}</span>`;
    const share =
      pgr.status === "undefined"
        ? markup`undefined${noteMark(notes, pgr.reason)}`
        : markup`<span class="value">${decimal(pgr.estimate, 2)}</span> <span class="interval">${range(pgr.interval, 2)}</span>`;
    return markup`<tr>${head}<td>${score}</td><td>${share}</td></tr>\n`;
  });
  const chosen = rows.choosing > 0 ? `; the best baseline was chosen on ${count(rows.choosing)} others` : "";
  const caption = `On ${plural(rows.shown, "test example")} of ${plain(testbed)}, with 95% intervals${chosen}. Teacher ${decimal(weak, 3)}, ceiling ${decimal(ceiling, 3)}.`;
  return markup`<h3>${isolated(testbed)}</h3>
${table("full", caption, ["Method", "Accuracy", "PGR"], lines)}`;
}

function besideTable(record: TransferRecord): Markup {
  const pairs = besideBest(record);
  if (pairs.length === 0) return markup`<p>There was no baseline to stand beside.</p>`;
  const rows = pairs.map(({ testbed, method, baseline, difference, pHolm, verdict }) => {
    const ok = difference.status === "ok";
    const value = ok
      ? markup`<span class="value">${decimal(difference.estimate, 2)}</span> <span class="interval">${range(difference.interval, 2)}</span>`
      : markup`undefined`;
    return markup`<tr><th scope="row">${isolated(method)} minus ${isolated(baseline)}${aside(plain(testbed))}</th>
<td>${value}</td><td>${pHolm === null ? none : pInWords(pHolm)}</td><td>${verdict}</td></tr>
`;
  });
  const caption = `Differences of PGR, paired over seeds and examples; p-values adjusted over all ${plural(pairs.length, "pair")} (Holm). Not to be told apart does not mean equal.`;
  return table("full", caption, ["Difference", "PGR", "p, adjusted", "Verdict"], rows);
}

function reading({ frozen, openedBefore }: TransferRecord): Markup {
  const known = openedBefore
    ? markup`frozen before any was measured here. The testbeds had been opened before that, for ${plain(openedBefore.for)} at ${time(openedBefore.at)}: what was seen then may have helped to choose which methods are here, not to make them.`
    : markup`frozen before any of these testbeds was opened.`;
  return markup`<p>The methods were found elsewhere and ${known} <code>${frozen.hash}</code> is the hash of their code, taken at ${time(frozen.at)}. Each testbed has a teacher, weak labels and a ceiling of its own.</p>
<p><b>Performance gap recovered</b> (PGR) is (method − teacher) / (ceiling − teacher) in mean accuracy: 0 is no better than the teacher, 1 as good as the truth. It is undefined where the ceiling is not clearly above the teacher. Baselines could be tuned to each testbed and methods could not: the best baseline is the one that did best on rows that are not shown.</p>`;
}

function whatWasRun({ domains, frozen, environment, seeds, seconds, deviceSeconds }: TransferRecord): Markup {
  return facts([
    ...frozen.methods.map(({ name, code }) => [plain(name), markup`<code>${plain(code)}</code>`] as const),
    ...domains.map(
      ({ testbed, teacher, student, hash }) =>
        [
          plain(testbed),
          markup`${modelInWords(teacher.model)} on ${plural(teacher.examples, "example")} teaches ${modelInWords(student.model)}${aside(`Data hash ${hash}`)}`,
        ] as const,
    ),
    ["Seeds", seeds.join(", ")],
    ["Took", `${duration(seconds)}, ${duration(deviceSeconds)} of device time`],
    ["Versions", plain(environment.package)],
    ["Trainer", plain(environment.trainer)],
  ]);
}

/** Why there is no PGR, or no result, once each. */
function undefinedNotes(domains: readonly TransferDomain[]): string[] {
  const all = domains.flatMap(({ results }) =>
    results.flatMap(({ pgr, error }) => error ?? (pgr?.status === "undefined" ? pgr.reason : [])),
  );
  return [...new Set(all)];
}

function noteMark(notes: readonly string[], text: string | undefined): Markup {
  const number = notes.indexOf(text ?? "") + 1;
  return number === 0 ? none : markup`, <a href="#note-${number}">note ${number}</a>`;
}
