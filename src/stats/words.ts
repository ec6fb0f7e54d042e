/** A figure for a sentence: three decimals, more only where those would hide it. */
export function shown(value: number): string {
  return value !== 0 && Math.abs(value) < 0.01 ? String(Number(value.toPrecision(2))) : value.toFixed(3);
}

/** "95%", "99.9%". */
export function percent(level: number): string {
  return `${Number((100 * level).toPrecision(6))}%`;
}

/** "5 seeds", or each list's number where they differ. */
export function seedsInWords(names: readonly string[], counts: readonly number[]): string {
  const first = counts[0];
  if (counts.every((count) => count === first)) return first === 1 ? "one seed" : `${first} seeds`;
  return `${names.map((name, k) => `${counts[k]} (${name})`).join(", ")} seeds`;
}

/** What an interval takes as given: a single seed cannot show how results vary over seeds. */
export function conditions(names: readonly string[], counts: readonly number[]): readonly string[] {
  const single = names.filter((_, k) => counts[k] === 1);
  if (single.length === 0) return [];
  const whose = counts.every((count) => count === 1) ? "" : ` of ${single.join(" and ")}`;
  return [`the one seed${whose}: how results vary over seeds is not in the interval`];
}
