import { argmax, type Matrix } from "../data/matrix.js";
import type { AuditCase, AuditHoldout } from "./case.js";
import type { Change } from "./perturbations.js";

/** Methods of the library that learn from weak labels with the student, each in a way of its own. */
const referenceMethods = ["naive", "confidence"] as const;

/** What the references predict with a run's own labels and with others; one that fails is left out. */
export async function referenceChanges(
  { references, rerun }: Pick<AuditCase | AuditHoldout, "references" | "rerun">,
  run: number,
  weakLabels: Matrix,
): Promise<readonly Change[]> {
  const own = references[run]!.weakLabels;
  const changes = await Promise.all(
    referenceMethods.map(async (reference) => {
      const [before, after] = await Promise.all([
        rerun({ run, weakLabels: own, reference }),
        rerun({ run, weakLabels, reference }),
      ]);
      return before && after ? [{ before: argmax(before), after: argmax(after) }] : [];
    }),
  );
  return changes.flat();
}
