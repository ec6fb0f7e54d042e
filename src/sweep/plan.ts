import { WeakToStrongError } from "../errors.js";
import { type ExperimentOptions, type Plan, planOf } from "../experiment/plan.js";
import type { ModelSpec } from "../models/model.js";

/** What a sweep measures, and with what: an experiment's options, with a ladder of models in place of one pair. */
export interface SweepOptions extends Omit<ExperimentOptions, "teacher" | "student"> {
  /**
   * The ladder, by names of your own, from the weakest model to the strongest; at least two. Each teaches every one that
   * stands after it.
   */
  readonly models: Readonly<Record<string, ModelSpec>>;
}

/** A weaker model and a stronger one, by their names. */
export interface PairNames {
  readonly teacher: string;
  readonly student: string;
}

/** The options with every default filled in: one plan a pair. */
export interface SweepPlan {
  readonly models: readonly { readonly name: string; readonly model: ModelSpec }[];
  /** Teachers from the weakest on, each with its students from the weakest on. */
  readonly pairs: readonly (PairNames & { readonly plan: Plan })[];
}

/** Checks the options and makes a plan for each pair. */
export function sweepPlanOf(options: SweepOptions): SweepPlan {
  const { models, ...rest } = options;
  const odd = ["teacher", "student"].find((key) => Object.hasOwn(options, key));
  if (odd !== undefined) throw bad(`unknown option "${odd}"; a sweep takes all its teachers and students from models.`);
  const ladder = ladderOf(models);
  return {
    models: ladder,
    pairs: ladder.flatMap((teacher, rank) =>
      ladder.slice(rank + 1).map((student) => ({
        teacher: teacher.name,
        student: student.name,
        plan: planOf({ ...rest, teacher: teacher.model, student: student.model }),
      })),
    ),
  };
}

function ladderOf(models: SweepOptions["models"]): SweepPlan["models"] {
  if (typeof models !== "object" || models === null || Array.isArray(models)) {
    throw bad(
      `models: expected models by name, from weakest to strongest, as { small: linear(pixels()), large: linear(patches()) }, found ${Array.isArray(models) ? "a list" : typeof models}.`,
    );
  }
  const ladder = Object.entries(models).map(([name, model]) => ({ name, model }));
  if (ladder.length < 2) throw bad(`models: expected at least two, a teacher and a student, found ${ladder.length}.`);
  for (const { name, model } of ladder) {
    // JavaScript moves such keys to the front, whatever order they were written in.
    if (/^\d+$/.test(name))
      throw bad(`models: the name "${name}" is a number, which loses its place; write "m${name}".`);
    if (name.trim() === "")
      throw bad("models: a name is empty; give each model one that tables and pictures can show.");
    if (model?.type !== "linear" && model?.type !== "huggingface") {
      throw bad(
        `models.${name}: expected a model, such as linear(patches()) or huggingFace({ path }), found ${model === undefined ? "nothing" : (JSON.stringify(model)?.slice(0, 60) ?? typeof model)}.`,
      );
    }
  }
  return ladder;
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `Sweep: ${message}`);
}
