import type { LabRecord, LabSubmission } from "../lab/record.js";
import { section } from "./html-page.js";
import { isolated, table } from "./html-tables.js";
import { pgrCell } from "./lab-html-tables.js";
import { type Markup, markup } from "./markup.js";
import { decimal, plain } from "./text.js";

const none = markup``;

/** Submissions and, where it was opened, the vault; nothing where there are none. */
export function submissionSections(record: LabRecord): Markup {
  const { submissions, confirmation } = record;
  return markup`${submissions.length > 0 ? section("submissions", "Submissions", submissionsTable(record)) : none}
${confirmation ? section("vault", "The vault", vaultTable(confirmation, submissions)) : none}
`;
}

function submissionsTable({ submissions }: LabRecord): Markup {
  const open = submissions.some(({ scores }) => scores?.vault);
  const rows = submissions.map((one) => {
    const { id, agent, method, testbed, scores, standing, outcome, receipt } = one;
    return markup`<tr><th scope="row">${isolated(agent)} <span class="aside">${plain(id)}: ${plain(method)}</span></th>
<td>${plain(testbed)}</td>
<td>${scores ? pgrCell(scores.final.pgr) : outcome}</td>
${open ? markup`<td>${scores?.vault ? pgrCell(scores.vault.pgr) : none}</td>\n` : none}<td>${scores ? pgrCell(scores.development.pgr) : none}</td>
<td>${standing}</td>
<td>entry ${receipt.seq} <span class="aside" title="${plain(receipt.entry)}">${plain(receipt.entry.slice(0, 12))}</span></td>
<td class="words">${saidOf(one)}</td></tr>
`;
  });
  const caption =
    "Each run again from its code in a clean room, on seeds that were drawn afterwards, with 95% intervals; final: examples that gave no feedback. A disqualified one stays and says so. Best first by the final part. The receipt is its entry of the scorer's ledger.";
  const vault = open ? ["Vault PGR"] : [];
  const heads = ["Agent and method", "Testbed", "Final PGR", ...vault, "Development", "Audit", "Receipt", "Findings"];
  return table("full", caption, heads, rows);
}

/** A person's reason first, then what detectors found. */
function saidOf({ verdict, findings }: LabSubmission): string {
  const found = findings.filter((finding) => finding.verdict !== "clean");
  const words = found.map(({ detector, words }) => `${detector}: ${words}`);
  return [...(verdict ? [`${verdict.by}: ${verdict.reason}`] : []), ...words].map(plain).join(" ");
}

function vaultTable(
  { by, level, rows }: NonNullable<LabRecord["confirmation"]>,
  submissions: readonly LabSubmission[],
): Markup {
  const out = new Set(submissions.flatMap(({ id, standing }) => (standing === "disqualified" ? [id] : [])));
  const lines = rows.map(
    ({
      submission,
      author,
      method,
      testbed,
      vault,
      final,
      development,
      optimism,
    }) => markup`<tr><th scope="row">${isolated(author)} <span class="aside">${plain(submission)}: ${plain(method)}${out.has(submission) ? "; disqualified since" : ""}</span></th>
<td>${plain(testbed)}</td>
<td>${pgrCell(vault.pgr)}</td>
<td>${pgrCell(final.pgr)}</td>
<td>${pgrCell(development.pgr)}</td>
<td>${optimism === null ? none : decimal(optimism, 2)}</td></tr>
`,
  );
  const caption = `Opened once, by ${plain(by)}. The intervals of all rows hold together with ${decimal(100 * level, 0)}%. Optimism is the author's best evaluation less the vault: what searching on feedback had added.`;
  return table(
    "full",
    caption,
    ["Agent and method", "Testbed", "Vault PGR", "Final", "Development", "Optimism"],
    lines,
  );
}
