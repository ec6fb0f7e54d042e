import { mkdirSync } from "node:fs";
import { contentHash } from "../../data/canonical.js";
import { WeakToStrongError } from "../../errors.js";
import type { Confirmation, Evaluation, Receipt, ScorerDescription, Submission } from "../../scorer.js";
import { type Booked, Books } from "./books.js";
import { fromWire, toWire } from "./code.js";
import { confirmed } from "./confirm.js";
import { Evaluating } from "./evaluating.js";
import { keptFiles } from "./files.js";
import { type Ledger, openLedger } from "./ledger/index.js";
import { type Asked, type Op, parseAsked, parseEvaluate } from "./messages.js";
import { resultOf, standingOf } from "./results.js";
import { Submitting } from "./submitting.js";
import type { Opening, SealedOnWire } from "./testbed.js";

/** A scorer at work on its folder. */
export interface Serving extends AsyncDisposable {
  /** Throws a `WeakToStrongError` for what the caller may be told of, in words that depend on no label. */
  answer(op: Op, asked: unknown): Promise<unknown>;
}

/** Opens the ledger, or goes on with it. Throws `bad_input` where it is of other testbeds, `busy`, `storage`. */
export async function openServing(opening: Opening): Promise<Serving> {
  const { dir, keys, feedback, testbeds } = opening;
  const seals = sealsOf(opening);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const ledger = await openLedger({
    dir,
    keys,
    about: {
      feedback,
      testbeds: testbeds.map(({ name, parts, seeds }) => ({
        name,
        rows: { development: parts.development.length, final: parts.final.length, vault: parts.vault.length },
        seeds,
      })),
    },
    hidden: { testbeds: seals },
  });
  try {
    return serving(opening, seals, ledger);
  } catch (error) {
    await ledger[Symbol.asyncDispose]();
    throw error;
  }
}

function serving(opening: Opening, seals: Seals, ledger: Ledger): Serving {
  const books = new Books(ledger);
  checkSame(opening, seals, books);
  const files = keptFiles(opening.dir);
  const evaluating = new Evaluating(opening, books, files);
  const submitting = new Submitting(opening, books, files);

  /** Whoever has been answered must find the same again after a crash. */
  async function durably(booked: Pick<Booked<"audit">, "entry">): Promise<Receipt> {
    await ledger.durable();
    return ledger.receipt(booked.entry);
  }

  const evaluation = async (booked: Booked<"evaluation">): Promise<Evaluation> => ({
    ...booked.released,
    receipt: await durably(booked),
  });
  const submission = async (booked: Booked<"result">): Promise<Submission> => ({
    ...booked.released,
    receipt: await durably(booked),
  });
  const answers: { readonly [O in Op]: (asked: Asked<O>) => Promise<unknown> | unknown } = {
    open: () => ({}),
    describe: (): ScorerDescription => {
      const own = (all: Iterable<Pick<Booked<"submission">, "released"> | Booked<"evaluation">>): number =>
        [...all].filter(({ released }) => !released.baseline).length;
      return {
        feedback: opening.feedback,
        evaluations: opening.evaluations,
        submissions: opening.submissions,
        testbeds: opening.testbeds.map(({ name, classes, ids, seeds, parts }) => ({
          name,
          classes,
          ids: parts.development.map((row) => ids[row]!),
          seeds,
          rows: { development: parts.development.length, final: parts.final.length, vault: parts.vault.length },
        })),
        asked: {
          evaluations: own(books.evaluations),
          submissions: own(books.submissions.values()),
          bits: evaluating.bits() + submitting.bits(),
        },
        ledger: { id: ledger.id, publicKey: ledger.publicKey },
        notices: ledger.notices,
      };
    },
    evaluate: (asked) => evaluation(evaluating.evaluate(parseEvaluate(asked))),
    begin: async (asked) => {
      const begun = submitting.begin({ ...asked, code: fromWire(asked.code) });
      if (begun.result) return { submission: await submission(begun.result) };
      await ledger.durable();
      const { code, ...rest } = submitting.begun(begun);
      return { begun: { ...rest, code: toWire(code) } };
    },
    begun: () =>
      [...books.submissions.values()]
        .filter(({ result }) => !result)
        .map((one) => {
          const { code, ...rest } = submitting.begun(one);
          return { ...rest, code: toWire(code) };
        }),
    finish: ({ id, runs }) => submission(submitting.finish(id, runs)),
    records: () =>
      Promise.all(
        books.answered.map((booked) =>
          booked.entry.type === "evaluation"
            ? evaluation(booked as Booked<"evaluation">)
            : submission(booked as Booked<"result">),
        ),
      ),
    results: () =>
      Promise.all(
        [...books.submissions.values()].flatMap((one) => {
          if (!one.result) return [];
          return [durably(one.result).then((receipt) => ({ ...resultOf(one, books, files), receipt }))];
        }),
      ),
    queries: () =>
      Promise.all(
        books.evaluations.map(async (one) => {
          const predictions = evaluating.asked(one);
          return { ...(await evaluation(one)), predictions, exact: one.hidden.score };
        }),
      ),
    audited: ({ submission, findings }) =>
      durably(books.append("audit", { submission: books.finished(submission).released.id }, { findings })),
    decide: (verdict) => durably(books.decide(verdict)),
    confirm: async ({ top, by }): Promise<Confirmation> => {
      const booked = books.confirmation ?? open(top, by);
      const receipt = await durably(booked);
      return { at: booked.entry.at, ...booked.released, ...booked.hidden, receipt };
    },
  };

  function open(top: number, by: string): Booked<"confirmation"> {
    if (opening.testbeds.every(({ parts }) => parts.vault.length === 0)) {
      throw new WeakToStrongError("unsupported", "confirm: there is no vault: the parts were drawn without one.");
    }
    const candidates = [...books.submissions.values()].filter(
      (one) => one.result?.hidden.scores && !one.released.baseline && standingOf(one) !== "disqualified",
    );
    if (candidates.length === 0) {
      throw new WeakToStrongError(
        "not_found",
        "confirm: there is no submission that ran through and is not disqualified; the vault stays closed.",
      );
    }
    const { level, rows } = confirmed(opening, books, submitting, candidates, top);
    return books.append("confirmation", { by, level }, { rows });
  }

  return {
    answer: async (op, asked) => (answers[op] as (asked: unknown) => unknown)(parseAsked(op, asked)),
    async [Symbol.asyncDispose]() {
      await ledger[Symbol.asyncDispose]();
    },
  };
}

type Seals = Readonly<Record<string, { hash: string; parts: SealedOnWire["parts"] }>>;

function sealsOf({ testbeds }: Opening): Seals {
  return Object.fromEntries(
    testbeds.map((testbed) => [testbed.name, { hash: contentHash(testbed), parts: testbed.parts }]),
  );
}

/** A ledger goes on about the same truth, with the same feedback: numbers that cannot be compared must not stand in one. */
function checkSame(opening: Opening, now: Seals, books: Books): void {
  const before = books.opened.hidden.testbeds;
  const other = Object.keys({ ...before, ...now }).find((name) => before[name]?.hash !== now[name]?.hash);
  if (other !== undefined) {
    throw new WeakToStrongError(
      "bad_input",
      `The ledger in ${opening.dir} is of another testbed "${other}" than the one given now (other rows, parts, seeds, truth, teacher or ceiling): their numbers cannot be compared. Give the same testbeds as before, or another folder.`,
    );
  }
  const { feedback } = books.opened.released.about;
  if (feedback === opening.feedback) return;
  throw new WeakToStrongError(
    "bad_input",
    `The ledger in ${opening.dir} was begun with feedback "${feedback}"; now it is "${opening.feedback}". Give back what it was, or another folder.`,
  );
}
