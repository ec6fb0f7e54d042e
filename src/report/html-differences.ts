import type { ExperimentRecord, MethodComparison } from "../experiment/record.js";
import {
  type Compared,
  compared,
  comparedRows,
  familyInWords,
  notToldFrom,
  pInWords,
  resolvableInWords,
  upright,
  uprightScores,
} from "./differences.js";
import { isolated, nameCell, table } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import { metricName } from "./rows.js";
import { decimal } from "./text.js";

/**
 * Which methods are told apart: a sentence for two, else a table by method and one of all pairs. Where PGR is undefined,
 * the differences of the scores alone. Nothing for one method.
 */
export function differences(record: ExperimentRecord): Markup | undefined {
  const rows = comparedRows(record);
  const pairs = compared(record);
  const [first] = pairs;
  if (rows.length < 2 || first === undefined) return scoresOnly(record);
  const resolvable = resolvableInWords(record);
  const foot = resolvable === undefined ? markup`` : markup`<p class="quiet">${resolvable} A planning value.</p>`;
  if (rows.length === 2) {
    const { higher, lower, estimate, interval } = upright(first);
    return markup`<p>${isolated(higher)} minus ${isolated(lower)}: ${decimal(estimate, 2)} of PGR (95% interval ${range(interval, 2)}), ${pInWords(first.pHolm)}. The two are ${verdict(first)}.${scoreSentence(record, first)}</p>
${foot}`;
  }
  const caption = `By falling PGR; ${familyInWords(record)}. Not to be told apart does not mean equal.`;
  const byMethod = rows.map((row) => {
    const others = notToldFrom(record, row.method);
    const names = others.map((other, i) => markup`${i === 0 ? "" : ", "}${isolated(other.method)}`);
    return markup`<tr>${nameCell(row)}
<td>${row.pgr?.status === "ok" ? decimal(row.pgr.estimate, 2) : ""}</td>
<td class="text">${others.length === 0 ? "none: differs from all" : names}</td></tr>
`;
  });
  return markup`${table("full differs", caption, ["Method", "PGR", "Not distinguishable from"], byMethod)}
<details><summary>All ${pairs.length} pairs, with difference, interval and p-value</summary>
${pairTable(pairs)}
${scoreTable(record)}
</details>
${foot}`;
}

function pairTable(pairs: readonly Compared[]): Markup {
  const byDifference = pairs.toSorted((one, other) => upright(other).estimate - upright(one).estimate);
  const rows = byDifference.map((pair) => {
    const { higher, lower, estimate, interval } = upright(pair);
    return markup`<tr><th scope="row">${isolated(higher)} minus ${isolated(lower)}</th>
<td><span class="value">${decimal(estimate, 2)}</span> <span class="interval">${range(interval, 2)}</span></td>
<td>${pInWords(pair.difference.p)}</td>
<td>${pInWords(pair.pHolm)}</td>
<td>${verdict(pair)}</td></tr>
`;
  });
  const heads = ["Pair", "Difference of PGR", "This pair alone", "Adjusted (Holm)", "Verdict"];
  return table(
    "",
    "Differences of PGR with their own 95% intervals; the verdict is by the adjusted p-value.",
    heads,
    rows,
  );
}

/** For two methods: the same in the metric. */
function scoreSentence(record: ExperimentRecord, pair: MethodComparison): string {
  const scores = uprightScores(pair);
  if (scores === undefined) return "";
  return ` In ${metricName(record)}: ${decimal(scores.estimate, 3)} (95% interval ${range(scores.interval, 3)}), ${pInWords(scores.p)}.`;
}

/** What is left where no difference of PGRs is defined. */
function scoresOnly(record: ExperimentRecord): Markup | undefined {
  if (!record.comparisons.some(uprightScores)) return undefined;
  return markup`<p>PGR is undefined here, so that methods are not told apart by it. Differences in ${metricName(record)} do not need the gap:</p>
${scoreTable(record)}`;
}

function scoreTable(record: ExperimentRecord): Markup {
  const pairs = record.comparisons.flatMap((pair) => uprightScores(pair) ?? []);
  if (pairs.length === 0) return markup``;
  const rows = pairs
    .toSorted((one, other) => other.estimate - one.estimate)
    .map(
      ({ higher, lower, estimate, interval, p, pHolm }) =>
        markup`<tr><th scope="row">${isolated(higher)} minus ${isolated(lower)}</th>
<td><span class="value">${decimal(estimate, 3)}</span> <span class="interval">${range(interval, 3)}</span></td>
<td>${pInWords(p)}</td>
<td>${pInWords(pHolm)}</td></tr>
`,
    );
  const family =
    record.comparisons.length > 1 ? " The adjusted p-values are a family of their own: verdicts are by PGR alone." : "";
  const caption = `Differences in mean ${metricName(record)} with their own 95% intervals.${family}`;
  const heads = ["Pair", `Difference in ${metricName(record)}`, "This pair alone", "Adjusted (Holm)"];
  return table("", caption, heads, rows);
}

function verdict({ distinguishable }: Compared): string {
  return distinguishable ? "distinguishable" : "not distinguishable";
}
