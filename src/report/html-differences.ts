import type { ExperimentRecord } from "../experiment/record.js";
import {
  type Compared,
  compared,
  comparedRows,
  familyInWords,
  notToldFrom,
  pInWords,
  resolvableInWords,
  upright,
} from "./differences.js";
import { isolated, nameCell, table } from "./html-tables.js";
import { type Markup, markup } from "./markup.js";
import { range } from "./panels.js";
import { decimal } from "./text.js";

/** Which methods are told apart: a sentence for two, else a table by method and one of all pairs. Nothing for one. */
export function differences(record: ExperimentRecord): Markup | undefined {
  const rows = comparedRows(record);
  const pairs = compared(record);
  const [first] = pairs;
  if (rows.length < 2 || first === undefined) return undefined;
  const resolvable = resolvableInWords(record);
  const foot = resolvable === undefined ? markup`` : markup`<p class="quiet">${resolvable} A planning value.</p>`;
  if (rows.length === 2) {
    const { higher, lower, estimate, interval } = upright(first);
    return markup`<p>${isolated(higher)} minus ${isolated(lower)}: ${decimal(estimate, 2)} of PGR (95% interval ${range(interval, 2)}), ${pInWords(first.pHolm)}. The two are ${verdict(first)}.</p>
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

function verdict({ distinguishable }: Compared): string {
  return distinguishable ? "distinguishable" : "not distinguishable";
}
