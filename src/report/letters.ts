/**
 * Compact letter display: one or more letters for each of `count` items, so that two items share a letter exactly where
 * `apart` does not hold between them. Insert and absorb (Piepho 2004, J. Comput. Graph. Stat. 13), then every letter
 * that the others make superfluous is swept away. Letters begin with the items that come first.
 */
export function letters(count: number, apart: (i: number, j: number) => boolean): string[] {
  let columns = [new Set(Array.from({ length: count }, (_, i) => i))];
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) if (apart(i, j)) columns = absorbed(columns.flatMap((one) => split(one, i, j)));
  }
  const sorted = swept(columns, count).map((column) => [...column].sort((a, b) => a - b));
  sorted.sort((a, b) => a[0]! - b[0]! || a.length - b.length || a.at(-1)! - b.at(-1)!);
  return Array.from({ length: count }, (_, i) =>
    sorted.map((column, k) => (column.includes(i) ? letter(k) : "")).join(""),
  );
}

type Column = ReadonlySet<number>;

/** A column that holds both items is put twice, once without either. */
function split(column: Set<number>, i: number, j: number): Set<number>[] {
  if (!column.has(i) || !column.has(j)) return [column];
  return [i, j].map((out) => new Set([...column].filter((item) => item !== out)));
}

/** Without columns that lie in another. */
function absorbed(columns: Set<number>[]): Set<number>[] {
  return columns.filter((one, k) =>
    columns.every(
      (other, m) => m === k || [...one].some((item) => !other.has(item)) || (one.size === other.size && k < m),
    ),
  );
}

/** Without columns all of whose pairs, and items, stand in other columns too. */
function swept(columns: readonly Column[], count: number): Column[] {
  const kept = [...columns];
  for (const column of columns) {
    const others = kept.filter((one) => one !== column);
    const covered = (i: number, j: number) => others.some((one) => one.has(i) && one.has(j));
    const items = [...column].filter((item) => item < count);
    if (items.every((i) => items.every((j) => covered(i, j)))) kept.splice(kept.indexOf(column), 1);
  }
  return kept;
}

/** a … z, then A … Z, then a sign that stands for any further one. */
function letter(k: number): string {
  return "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[k] ?? "*";
}
