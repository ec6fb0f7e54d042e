import { WeakToStrongError } from "../../errors.js";

export function missingPython(python: string): WeakToStrongError {
  return new WeakToStrongError(
    "missing_dependency",
    `There is no Python at ${python}. Run \`npx weak-to-strong setup\` to make this project's Python environment, or name another interpreter with pythonTrainer({ python }) or $W2S_PYTHON.`,
  );
}
