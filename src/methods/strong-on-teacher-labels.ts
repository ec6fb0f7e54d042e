import { WeakToStrongError } from "../errors.js";
import { type Method, named } from "./method.js";

/**
 * Control: the student is trained on the very labels that the teacher was trained on, without a teacher.
 *
 *     CE(y, f) over the teacher's examples
 *
 * Where this beats weak-to-strong methods, a weak teacher adds nothing to the labels that it took to train it (asked
 * for by users of openai/weak-to-strong, issue 24). It sees truth, so it is a control and not a method.
 */
export function strongOnTeacherLabels(): Method {
  return named(
    "strong-on-teacher-labels",
    ({ teacherLabels, fit }) => {
      if (!teacherLabels)
        throw new WeakToStrongError("bad_input", "strong-on-teacher-labels: its context has no teacher's labels.");
      return fit({ on: "teacher examples", targets: teacherLabels });
    },
    { control: true },
  );
}
