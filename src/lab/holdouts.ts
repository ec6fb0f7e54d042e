import { existsSync } from "node:fs";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { Holdout } from "../transfer/plan.js";
import type { OpenedBefore } from "../transfer/record.js";
import type { LabPlan } from "./plan.js";

/** The holdouts of a lab, fitted with its own pair where one names no other. One that is a testbed of the lab does not open. */
export function holdoutsOf({
  holdouts = [],
  teacher,
  teacherExamples,
  student,
  testbeds,
}: LabPlan): readonly Holdout[] {
  const pair = {
    ...(teacher && { teacher }),
    ...(teacherExamples !== undefined && { teacherExamples }),
    ...(student && { student }),
  };
  return holdouts.map((holdout) => ({
    ...pair,
    ...holdout,
    async open() {
      const testbed = await holdout.open();
      const known = testbeds.find(({ hash }) => hash === testbed.hash);
      if (!known) return testbed;
      throw new WeakToStrongError(
        "bad_input",
        `it is the lab's own testbed "${known.name}", on which agents have worked. Take one that they have not seen.`,
      );
    },
  }));
}

/** Where a lab keeps what it fits on holdouts, for audits and for the transfer, so that neither repeats the other. */
export function holdoutFolder({ dir }: Pick<LabPlan, "dir">): string {
  return join(dir, "transfer");
}

const openedSchema = z.object({ for: z.string(), at: z.iso.datetime() });

const openedFile = (plan: LabPlan): string => join(holdoutFolder(plan), "opened.json");

/** Notes that audits open the holdouts, before the first of them is; the first time stays. */
export async function noteOpening(plan: LabPlan): Promise<void> {
  const file = openedFile(plan);
  if (existsSync(file)) return;
  await mkdir(holdoutFolder(plan), { recursive: true });
  const opened: OpenedBefore = { for: "audits", at: new Date().toISOString() };
  await writeFile(`${file}.tmp`, JSON.stringify(opened), { flush: true });
  await rename(`${file}.tmp`, file);
}

/** Undefined where no life of the lab has opened them for audits. */
export async function openedBefore(plan: LabPlan): Promise<OpenedBefore | undefined> {
  const file = openedFile(plan);
  return existsSync(file) ? openedSchema.parse(JSON.parse(await readFile(file, "utf8"))) : undefined;
}
