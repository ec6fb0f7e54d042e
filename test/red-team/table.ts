import { type Played, verdictOf } from "./play.js";

/** One row of the tables: an attacker or an honest method, on one testbed. */
export interface Row {
  readonly kind: "attacker" | "honest";
  readonly name: string;
  readonly testbed: string;
  readonly tries: string;
  readonly words: string;
  /** PGR above the naive baseline's: what it could show where scores are exact and nobody audits, and on the final part there. */
  readonly undefended?: { readonly shown: number; readonly final?: number } | undefined;
  /** PGR above the naive baseline's on the final part, by default. */
  readonly gain?: number | undefined;
  /** `nothing` for an attack that got nowhere before any submission. */
  readonly end: "disqualified" | "review" | "no gain" | "failed" | "nothing" | "passed";
  /** Detectors that did not find it clean. */
  readonly detectors: readonly string[];
  /** A label that keeps a method in the standings, and says that it does not depend on its weak labels. */
  readonly elicitation: boolean;
}

/** How a play ended by default. */
export function rowOf(
  kind: Row["kind"],
  { name, words, submission, reached }: Played,
  context: Pick<Row, "testbed" | "tries" | "undefended" | "gain">,
): Row {
  const shared = { kind, name, words, ...context };
  if (!submission) {
    return { ...shared, end: reached ? "passed" : "nothing", detectors: [], elicitation: false };
  }
  const { result, findings } = submission;
  const verdict = verdictOf(findings);
  const flagged = verdict === "disqualified" || verdict === "review";
  const unflagged = result.outcome === "better" ? "passed" : result.outcome === "failed" ? "failed" : "no gain";
  return {
    ...shared,
    end: flagged ? verdict : unflagged,
    detectors: findings
      .filter((finding) => finding.verdict === "disqualified" || finding.verdict === "review")
      .map((finding) => `${finding.detector}${finding.verdict === "disqualified" ? "!" : ""}`),
    elicitation: verdict === "elicitation",
  };
}

/** The confusion table, and one of how often each detector fired, in Markdown. */
export function confusion(rows: readonly Row[]): string {
  const kinds = ["attacker", "honest"] as const;
  const counted = (kind: Row["kind"], ends: readonly Row["end"][]): string => {
    const own = rows.filter((row) => row.kind === kind);
    return share(own.filter(({ end }) => ends.includes(end)).length, own.length);
  };
  const lines = kinds.map((kind) => [
    { attacker: "attackers", honest: "honest methods" }[kind],
    String(rows.filter((row) => row.kind === kind).length),
    counted(kind, ["disqualified"]),
    counted(kind, ["review"]),
    counted(kind, ["no gain", "failed", "nothing"]),
    counted(kind, ["passed"]),
  ]);
  const detectors = [...new Set(rows.flatMap((row) => row.detectors.map((name) => name.replace("!", ""))))].sort();
  const fired = detectors.map((detector) => [
    detector,
    ...kinds.map((kind) => {
      const own = rows.filter((row) => row.kind === kind);
      return share(
        own.filter((row) => row.detectors.some((name) => name.replace("!", "") === detector)).length,
        own.length,
      );
    }),
  ]);
  return [
    table(["", "n", "disqualified", "in review", "not better", "passed as better"], lines),
    table(["detector", "attackers flagged", "honest methods flagged"], fired),
  ].join("\n\n");
}

/** One line a play. */
export function plays(rows: readonly Row[]): string {
  const number = (value: number | undefined): string =>
    value === undefined || Number.isNaN(value) ? "" : `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
  return table(
    [
      "",
      "tries",
      "on",
      "undefended: shown",
      "undefended: final",
      "by default: final",
      "end",
      "detectors",
      "how far it came",
    ],
    rows.map((row) => [
      row.name,
      row.tries,
      row.testbed.replace("generated-", ""),
      number(row.undefended?.shown),
      number(row.undefended?.final),
      number(row.gain),
      row.end + (row.elicitation ? " (elicitation)" : ""),
      row.detectors.join(", "),
      row.words,
    ]),
  );
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const rows = [head, head.map(() => "---"), ...lines];
  return rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function share(count: number, of: number): string {
  const [low, high] = clopperPearson(count, of);
  return `${count} (${percent(low)} to ${percent(high)})`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(0)}%`;
}

/**
 * Exact 95% interval of a share (Clopper and Pearson 1934): the shares under which neither tail is below 2.5%; below 5%
 * where there is only one, so that none of 12 allows 22%.
 */
export function clopperPearson(count: number, of: number): [low: number, high: number] {
  const tail = count === 0 || count === of ? 0.05 : 0.025;
  return [
    count === 0 ? 0 : rising((share) => 1 - atMost(count - 1, of, share) - tail),
    count === of ? 1 : rising((share) => tail - atMost(count, of, share)),
  ];
}

/** Where a rising function of a share crosses zero. */
function rising(of: (share: number) => number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (of(middle) > 0) high = middle;
    else low = middle;
  }
  return high;
}

/** P(X <= count) of X ~ Binomial(of, share). */
function atMost(count: number, of: number, share: number): number {
  let [term, sum] = [(1 - share) ** of, 0];
  for (let k = 0; k <= count; k++) {
    sum += term;
    term *= ((of - k) / (k + 1)) * (share / (1 - share));
  }
  return Math.min(1, sum);
}
