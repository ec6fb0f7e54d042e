/** How many examples an example's group has, averaged over the examples; a negative number is a group of its own. */
export function groupSizeOf(n: number, groups: Int32Array | undefined): number {
  if (!groups) return 1;
  const sizes = new Map<number, number>();
  for (const group of groups) if (group >= 0) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  return groups.reduce((sum, group) => sum + (sizes.get(group) ?? 1), 0) / n;
}
