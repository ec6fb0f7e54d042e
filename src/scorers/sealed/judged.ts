import type { Confirmation, SubmissionResult } from "../../scorer.js";
import type { Booked, Books } from "./books.js";
import type { LedgerEntry } from "./ledger/entry.js";
import { standingOf } from "./results.js";

export type Judgement = Pick<SubmissionResult, "audits" | "verdict" | "standing">;

/** What was said of submissions up to an entry of the ledger. */
export interface Judged {
  /** The audit, verdict or opening of the vault that was the last; absent before the first. */
  readonly last?: Pick<LedgerEntry, "seq" | "type">;
  /** By submission: all that have a result today, baselines aside. */
  readonly submissions: ReadonlyMap<string, Judgement>;
  readonly confirmation?: Omit<Confirmation, "receipt">;
}

/** Before anything was said of a submission, and after each thing that was: oldest first. */
export function judgedOver(books: Books): Judged[] {
  const finished = [...books.submissions.values()].filter(({ result, released }) => result && !released.baseline);
  const said: readonly Pick<Booked<"audit">, "entry">[] = [
    ...finished.flatMap(({ audits, verdicts }) => [...audits, ...verdicts]),
    ...(books.confirmation ? [books.confirmation] : []),
  ];
  const entries = said.map(({ entry }) => entry).sort((one, other) => one.seq - other.seq);
  return [undefined, ...entries].map((last) => {
    const then = <T extends { readonly entry: LedgerEntry }>(all: readonly T[]): T[] =>
      all.filter(({ entry }) => last !== undefined && entry.seq <= last.seq);
    const [opened] = then(books.confirmation ? [books.confirmation] : []);
    const submissions = finished.map((one): [string, Judgement] => {
      const [audits, verdicts] = [then(one.audits), then(one.verdicts)];
      const verdict = verdicts.at(-1)?.released;
      return [
        one.released.id,
        {
          audits: audits.map(({ released, hidden }) => ({ ...released, ...hidden })),
          ...(verdict && { verdict }),
          standing: standingOf({ ...one, audits, verdicts }),
        },
      ];
    });
    return {
      ...(last && { last: { seq: last.seq, type: last.type } }),
      submissions: new Map(submissions),
      ...(opened && { confirmation: { at: opened.entry.at, ...opened.released, ...opened.hidden } }),
    };
  });
}
