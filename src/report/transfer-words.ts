import type { Comparison } from "../stats/compare.js";
import { holm } from "../stats/holm.js";
import type { TransferDomain, TransferRecord, TransferRow } from "../transfer/record.js";
import { range } from "./panels.js";
import { undefinedBriefly } from "./rows.js";
import { count, decimal, plain, plural } from "./text.js";

/** What was found, in one or two sentences: of the method that is more often better than worse, then by mean PGR. */
export function transferHeadline(record: TransferRecord): string {
  const { domains, failures } = record;
  const beside = besideBest(record);
  const methods = domains[0]!.results.filter(({ baseline }) => !baseline).map(({ method }) => method);
  const found = methods.map((method) => {
    const of = (verdict: BesideBest["verdict"]): number =>
      beside.filter((pair) => pair.method === method && pair.verdict === verdict).length;
    const [better, worse] = [of("better"), of("worse")];
    const measured = domains.flatMap((domain) => {
      const { pgr } = rowOf(domain, method);
      return pgr?.status === "ok" ? [pgr.estimate] : [];
    });
    return { method, better, worse, measured, mean: measured.reduce((sum, value) => sum + value, 0) / measured.length };
  });
  const [first] = found.toSorted(
    (one, other) => other.better - other.worse - (one.better - one.worse) || (other.mean || 0) - (one.mean || 0),
  );
  const { method, better, worse, measured } = first!;
  const among = methods.length === 1 ? "" : `, which beats baselines most often of ${count(methods.length)} methods,`;
  const testbeds = plural(domains.length, "held-out testbed");
  const where = measured.length === domains.length ? testbeds : `${count(measured.length)} of ${testbeds}`;
  const said =
    measured.length === 0
      ? `On ${testbeds} no method has a PGR.`
      : `\`${plain(method)}\`${among} recovers ${spread(measured)} of the gap on ${where}.`;
  const against =
    beside.length === 0
      ? ""
      : ` It is clearly better than the best tuned baseline on ${better === 0 ? "none" : count(better)}${worse === 0 ? "" : ` and clearly worse on ${count(worse)}`}.`;
  const more = failures.length === 1 ? " One more testbed failed." : ` ${count(failures.length)} more testbeds failed.`;
  return `${said}${measured.length === 0 ? "" : against}${failures.length === 0 ? "" : more}`;
}

/** A method beside the best baseline of a testbed. */
export interface BesideBest {
  readonly testbed: string;
  readonly method: string;
  readonly baseline: string;
  readonly difference: Comparison;
  /** The p-value of the difference of PGRs, adjusted for all methods on all testbeds by Holm's rule; null without one. */
  readonly pHolm: number | null;
  readonly verdict: "better" | "worse" | "not told apart";
}

/** Every method beside the best tuned baseline of every testbed. */
export function besideBest({ domains }: TransferRecord): BesideBest[] {
  const pairs = domains.flatMap(({ testbed, best, comparisons }) =>
    comparisons.flatMap((pair) => (pair.baseline === best ? [{ testbed, ...pair }] : [])),
  );
  const adjusted = holm(pairs.map(({ difference }) => (difference.status === "ok" ? difference.p : 1)));
  return pairs.map((pair, at) => {
    if (pair.difference.status === "undefined") return { ...pair, pHolm: null, verdict: "not told apart" };
    const { estimate, level } = pair.difference;
    const verdict = adjusted[at]! >= 1 - level ? "not told apart" : estimate > 0 ? "better" : "worse";
    return { ...pair, pHolm: adjusted[at]!, verdict };
  });
}

/** The picture in words, for those who do not see it. */
export function transferInWords({ domains }: TransferRecord): string {
  return domains
    .map((domain) => {
      const bars = domain.results
        .filter(({ baseline }) => !baseline)
        .map((row) => `${plain(row.method)} ${pgrInWords(row)}`);
      const line = bestRow(domain);
      const best = line ? ` The best tuned baseline, ${plain(line.method)}: ${pgrInWords(line)}.` : "";
      return `On ${plain(domain.testbed)}: ${bars.join(", ")}.${best}`;
    })
    .join(" ");
}

/** The baseline that the dashed line stands for. */
export function bestRow(domain: TransferDomain): TransferRow | undefined {
  return domain.best === null ? undefined : rowOf(domain, domain.best);
}

function rowOf({ results }: TransferDomain, name: string): TransferRow {
  return results.find(({ method }) => method === name)!;
}

function spread(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)].map((value) => decimal(value, 2));
  return low === high ? low! : `${low} to ${high}`;
}

function pgrInWords({ pgr }: TransferRow): string {
  if (pgr === null) return "failed";
  if (pgr.status === "undefined") return undefinedBriefly(pgr);
  return `${decimal(pgr.estimate, 2)} (${range(pgr.interval, 2)})`;
}
