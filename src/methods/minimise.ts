/** A function's value and its gradient. */
export type Objective = (x: Float64Array) => { readonly value: number; readonly gradient: Float64Array };

/** A local minimum of a smooth function of a few variables (BFGS with a backtracking line search). */
export function minimise(objective: Objective, start: Float64Array, steps = 200): Float64Array {
  const n = start.length;
  const inverse = Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));
  let x = start;
  let { value, gradient } = objective(x);
  for (let step = 0; step < steps && Math.sqrt(dot(gradient, gradient)) > 1e-6 * (1 + Math.abs(value)); step++) {
    const direction = Float64Array.from(inverse, (line) => -dot(line, gradient));
    const slope = dot(direction, gradient);
    let rate = step === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = x;
    let found = { value: Number.POSITIVE_INFINITY, gradient };
    for (; rate > 1e-12 && !(found.value <= value + 1e-4 * rate * slope); rate /= 2) {
      const length = rate;
      next = x.map((at, i) => at + length * direction[i]!);
      found = objective(next);
    }
    if (!(found.value < value)) break;
    update(
      inverse,
      next.map((at, i) => at - x[i]!),
      found.gradient.map((at, i) => at - gradient[i]!),
    );
    x = next;
    ({ value, gradient } = found);
  }
  return x;
}

/** Brings the inverse Hessian's estimate to map the change of the gradient to the step that caused it. */
function update(inverse: Float64Array[], moved: Float64Array, change: Float64Array): void {
  const curvature = dot(moved, change);
  if (curvature <= 1e-12) return;
  const bent = Float64Array.from(inverse, (line) => dot(line, change));
  const factor = (1 + dot(change, bent) / curvature) / curvature;
  for (const [i, line] of inverse.entries())
    for (let j = 0; j < line.length; j++)
      line[j]! += factor * moved[i]! * moved[j]! - (bent[i]! * moved[j]! + moved[i]! * bent[j]!) / curvature;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
