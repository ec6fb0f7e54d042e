import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import { evaluationSchema, pgrSchema, scoreSchema } from "../scorers/evaluation.js";

const number = z.number();
const nonnegative = z.number().nonnegative();
const count = z.number().int().nonnegative();
const range = z.tuple([number, number]).readonly();
/** Seconds that agents have worked, summed over them, as hours: see docs/lab-outcome.md. */
const hours = nonnegative;

/** An evaluation, at the hour at which the scorer answered it; baselines at hour 0. */
const scored = evaluationSchema.and(
  z.object({
    hours,
    /** Whether its author was given a score. The one here is in full, for people. */
    told: z.boolean(),
  }),
);

/** A submission, with what no agent ever saw. */
const submission = z.object({
  id: z.string(),
  agent: z.string(),
  testbed: z.string(),
  method: z.string(),
  at: z.string(),
  /** Hash of its code. */
  code: z.string(),
  /** Position and hash of the entry of the scorer's ledger that has its result. */
  receipt: z.object({ seq: count, entry: z.string() }),
  outcome: z.enum(["better", "not-better", "failed"]),
  /** The last verdict of a person, else the worst of the findings; `unaudited` where that is good, but a detector has not looked. */
  standing: z.enum(["unaudited", "clean", "elicitation", "review", "disqualified"]),
  /** On seeds and examples that its author never saw; absent where it did not run through. */
  scores: z
    .object({ development: scoreSchema, final: scoreSchema, vault: scoreSchema.exactOptional() })
    .exactOptional(),
  verdict: z
    .object({ submission: z.string(), verdict: z.string(), reason: z.string(), by: z.string() })
    .exactOptional(),
  findings: z.array(z.object({ detector: z.string(), verdict: z.string(), words: z.string() })),
  writeUp: z.string(),
});

const confirmation = z.object({
  at: z.string(),
  by: z.string(),
  /** Of all intervals on one part together. */
  level: number,
  rows: z.array(
    z.object({
      submission: z.string(),
      author: z.string(),
      testbed: z.string(),
      method: z.string(),
      development: scoreSchema,
      final: scoreSchema,
      vault: scoreSchema,
      optimism: number.nullable(),
    }),
  ),
});

const standing = z.object({
  /** The agent; for a baseline, its method. */
  name: z.string(),
  baseline: z.boolean(),
  /** A baseline that saw truth, which no method sees: it is shown, but counts nowhere as the best. */
  control: z.boolean(),
  /** One a testbed that it was evaluated on. */
  best: z.array(
    z.object({
      testbed: z.string(),
      /** Of the evaluation with the highest PGR. */
      evaluation: z.string(),
      method: z.string(),
      seeds: count,
      accuracy: number,
      pgr: pgrSchema,
      /** How many evaluations this is the best of. */
      evaluations: count,
    }),
  ),
  /** The least PGR over all testbeds; null where one is missing or undefined. */
  worst: number.nullable(),
});

/** The best PGR so far, from this hour on. */
const point = z.object({ hours, pgr: number, evaluation: z.string() });

const agent = z.object({
  agent: z.string(),
  /** Of what kind: `claude`, `scripted`. */
  name: z.string(),
  model: z.string().optional(),
  direction: z.string().optional(),
  /** `unfinished`: the journal ends while it works. */
  state: z.enum(["finished", "stopped", "failed", "unfinished"]),
  /** What it says of its work, or why it was stopped or failed; no evidence. */
  summary: z.string().optional(),
  hours,
  /** Seconds that it waited for a turn at a trainer; not in `hours`. */
  queuedSeconds: nonnegative,
  /** Names of methods that it had evaluated and hypotheses that it posted, each once. */
  ideas: count,
  /** Fits and runs of a method that a trainer computed for it; those answered from a cache are not counted. */
  experiments: count,
  evaluations: count,
  posts: count,
  tokens: z.object({ input: count, output: count, cacheRead: count, cacheWrite: count }),
  usd: z.object({
    tokens: nonnegative,
    trainer: nonnegative,
    /** At most so much more, for model calls that were in flight when the lab was stopped. */
    untold: nonnegative,
  }),
  trainerSeconds: nonnegative,
});

const idea = z.object({
  hours,
  agent: z.string(),
  name: z.string(),
  source: z.enum(["evaluation", "hypothesis"]),
  /** Null where the classifier found none. */
  family: z.string().nullable(),
});

const schema = z.object({
  format: z.literal("weak-to-strong/lab"),
  /** Name and version of the package that made it. */
  package: z.string(),
  /** `unfinished`: the journal has no end. */
  state: z.enum(["ended", "unfinished"]),
  startedAt: z.string(),
  /** Of the journal's last entry. */
  endedAt: z.string(),
  /** How often the lab was started. */
  lives: count,
  /** Seconds that the lab was running, over all its lives. */
  seconds: nonnegative,
  /** What evaluations were answered with. */
  feedback: z.enum(["ladder", "rounded", "exact"]),
  testbeds: z.array(
    z.object({
      name: z.string(),
      classes: count,
      /** Of the development part. */
      examples: count,
      rows: z.object({ development: count, final: count, vault: count }),
      seeds: z.array(number),
    }),
  ),
  agents: z.array(agent),
  /** All of the scorer's, in its order. */
  evaluations: z.array(scored),
  /** Best first: by `worst`, then by the mean of the PGRs that there are. */
  standings: z.array(standing),
  /** Best first, by PGR on the final part. */
  submissions: z.array(submission),
  /** Names of the detectors that have to look at a submission before it is `clean`. */
  detectors: z.array(z.string()),
  /** The scorer's, and how many entries it had when this was made; absent where nothing was asked. */
  ledger: z.object({ id: z.string(), count }).exactOptional(),
  /** What the vault said, where it was opened. */
  confirmation: confirmation.exactOptional(),
  /** PGR on the development split over research hours, one entry a testbed. */
  progress: z.array(
    z.object({
      testbed: z.string(),
      /** Where agents begin: each baseline's best, controls aside. */
      baselines: z.array(z.object({ method: z.string(), pgr: number, evaluation: z.string() })),
      /** Each agent's best so far, where it rises. */
      lines: z.array(z.object({ agent: z.string(), points: z.array(point) })),
      /** The best of baselines and agents so far, where it rises. */
      frontier: z.array(point),
    }),
  ),
  /** What people reached, as the lab was told. */
  human: z.array(z.object({ testbed: z.string(), pgr: number, hours })),
  diversity: z.object({
    classifier: z.string(),
    families: z.array(z.string()),
    ideas: z.array(idea),
    /** Confidence level of the band. */
    level: number,
    /** Shannon entropy, in bits, of the families of all ideas up to an hour; no band with a single agent. */
    curve: z.array(z.object({ hours, ideas: count, entropy: nonnegative, band: range.nullable() })),
  }),
  complexity: z.object({
    /** What was measured: `lines of code`. */
    measure: z.string(),
    /** Each agent's evaluated methods with code, each snapshot once. */
    methods: z.array(z.object({ hours, agent: z.string(), method: z.string(), snapshot: z.string(), value: number })),
  }),
  /** Budgets that ran low or out, in order. */
  budgets: z.array(
    z.object({
      agent: z.string(),
      budget: z.enum(["usd", "tokens", "hours", "evaluations", "submissions", "trainerSeconds"]),
      of: z.enum(["agent", "lab"]),
      state: z.enum(["warning", "stop"]),
      hours,
    }),
  ),
  notices: z.array(z.object({ at: z.string(), agent: z.string().optional(), message: z.string() })),
  /** Seconds of the lab's own: teachers, ceilings and weak labels; tuning and running baselines. */
  own: z.object({ preparationSeconds: nonnegative, baselineSeconds: nonnegative }),
});

/** Everything that a lab came to, as plain data: what `outcome.json` holds. */
export type LabRecord = z.infer<typeof schema>;
export type LabAgentRecord = LabRecord["agents"][number];
export type LabStanding = LabRecord["standings"][number];
export type LabProgress = LabRecord["progress"][number];
export type ScoredEvaluation = LabRecord["evaluations"][number];
export type LabSubmission = LabRecord["submissions"][number];
export type LabIdea = LabRecord["diversity"]["ideas"][number];

/**
 * Reads a record that was written as JSON, so that its report can be drawn again.
 *
 * @throws WeakToStrongError with code `bad_input`, naming the field.
 */
export function parseLabRecord(value: unknown): LabRecord {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data;
  throw new WeakToStrongError("bad_input", `This is no record of a lab's outcome:\n${z.prettifyError(error)}`);
}
