import type * as z from "zod";
import type { Json } from "../../agent.js";
import { WeakToStrongError } from "../../errors.js";
import { entrySchemas } from "./entries.js";
import type { LedgerEntry } from "./ledger/entry.js";
import type { Ledger } from "./ledger/ledger.js";
import { issuesOf } from "./testbed.js";

type Schemas = typeof entrySchemas;
export type EntryType = keyof Schemas;
type Released<T extends EntryType> = z.infer<Schemas[T]["released"]>;
type Hidden<T extends EntryType> = z.infer<Schemas[T]["hidden"]>;

/** An entry with its opened hidden part. */
export interface Booked<T extends EntryType> {
  readonly entry: LedgerEntry;
  readonly released: Released<T>;
  readonly hidden: Hidden<T>;
}

/** A submission, from when it was begun. */
export interface BookedSubmission extends Booked<"submission"> {
  result?: Booked<"result">;
  audits: Booked<"audit">[];
  verdicts: Booked<"verdict">[];
}

/** A ledger, or what was read of one. */
type Booking = Pick<Ledger, "entries" | "hidden" | "append">;

/** What the ledger says, at hand: budgets, keys, and who has asked what. There is no other state. */
export class Books {
  readonly evaluations: Booked<"evaluation">[] = [];
  readonly submissions = new Map<string, BookedSubmission>();
  /** Answered evaluations and submissions, in order. */
  readonly answered: (Booked<"evaluation"> | Booked<"result">)[] = [];
  /** The first entry. */
  opened!: Booked<"opened">;
  confirmation: Booked<"confirmation"> | undefined;
  readonly #ledger: Booking;
  readonly #byKey = new Map<string, Booked<"evaluation"> | BookedSubmission>();
  readonly #spent = new Map<string, number>();

  constructor(ledger: Booking) {
    this.#ledger = ledger;
    for (const entry of ledger.entries) this.#take(entry);
  }

  /** Appends an entry; throws `storage`, and then nothing has changed. */
  append<T extends EntryType>(type: T, released: Released<T>, hidden: Hidden<T>): Booked<T> {
    const plain = { released: released as Json, ...(hidden !== null && { hidden: hidden as Json }) };
    const entry = this.#ledger.append({ type, ...plain });
    return this.#take(entry) as Booked<T>;
  }

  /** Appends a person's verdict. Throws `not_found` for a submission that was not answered. */
  decide(verdict: Released<"verdict">): Booked<"verdict"> {
    this.finished(verdict.submission);
    return this.append("verdict", verdict, null);
  }

  /** A submission that has its result, or `not_found`. */
  finished(id: string): BookedSubmission {
    const found = this.submissions.get(id);
    if (found?.result) return found;
    throw new WeakToStrongError("not_found", `There is no submission ${JSON.stringify(id)} that was answered.`);
  }

  spent(what: "evaluation" | "submission", author: string): number {
    return this.#spent.get(JSON.stringify([what, author])) ?? 0;
  }

  /** The evaluation or submission that its author has given this key before. */
  found<T extends "evaluation" | "submission">(
    what: T,
    { author, key, baseline = false }: { author: string; key?: string | undefined; baseline?: boolean | undefined },
  ): (T extends "evaluation" ? Booked<"evaluation"> : BookedSubmission) | undefined {
    return key === undefined ? undefined : (this.#byKey.get(JSON.stringify([what, baseline, author, key])) as never);
  }

  #take(entry: LedgerEntry): Booked<EntryType> {
    const { type, seq } = entry;
    if (!Object.hasOwn(entrySchemas, type))
      throw damaged(seq, `type: expected one of ${Object.keys(entrySchemas)}, found ${type}`);
    const hidden = this.#ledger.hidden(seq) ?? null;
    const schemas = entrySchemas[type as EntryType];
    const released = parsed(schemas.released, entry.released, seq);
    const booked = { entry, released, hidden: parsed(schemas.hidden, hidden, seq) } as Booked<EntryType>;
    return this.#account(type as EntryType, booked);
  }

  #account(type: EntryType, booked: Booked<EntryType>): Booked<EntryType> {
    const spend = (what: string, author: string, baseline: boolean): void => {
      const key = JSON.stringify([what, author]);
      if (!baseline) this.#spent.set(key, (this.#spent.get(key) ?? 0) + 1);
    };
    if (type === "opened") this.opened = booked as Booked<"opened">;
    else if (type === "evaluation") {
      const evaluation = booked as Booked<"evaluation">;
      const { author, baseline } = evaluation.released;
      spend(type, author, baseline);
      this.evaluations.push(evaluation);
      this.answered.push(evaluation);
      const { key } = evaluation.hidden;
      if (key !== undefined) this.#byKey.set(JSON.stringify([type, baseline, author, key]), evaluation);
    } else if (type === "submission") {
      const submission: BookedSubmission = { ...(booked as Booked<"submission">), audits: [], verdicts: [] };
      const { id, author, baseline } = submission.released;
      spend(type, author, baseline);
      this.submissions.set(id, submission);
      const { key } = submission.hidden;
      if (key !== undefined) this.#byKey.set(JSON.stringify([type, baseline, author, key]), submission);
      return submission;
    } else if (type === "result") {
      const result = booked as Booked<"result">;
      this.#submission(result, result.released.id).result = result;
      this.answered.push(result);
    } else if (type === "audit") {
      const audit = booked as Booked<"audit">;
      this.#submission(audit, audit.released.submission).audits.push(audit);
    } else if (type === "verdict") {
      const verdict = booked as Booked<"verdict">;
      this.#submission(verdict, verdict.released.submission).verdicts.push(verdict);
    } else if (type === "confirmation") this.confirmation = booked as Booked<"confirmation">;
    return booked;
  }

  #submission({ entry }: Booked<EntryType>, id: string): BookedSubmission {
    const found = this.submissions.get(id);
    if (found) return found;
    throw damaged(entry.seq, `it speaks of the submission ${id}, which was not begun before`);
  }
}

function parsed(schema: z.ZodType, value: unknown, seq: number): unknown {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw damaged(seq, issuesOf(result.error));
}

function damaged(seq: number, why: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Entry ${seq} of the ledger is not one of a scorer: ${why}.`);
}
