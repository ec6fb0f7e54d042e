/** The final answer of a generated worked solution: what stands after its last `A:`. */
export function finalAnswer(solution: string): string {
  return solution.slice(solution.lastIndexOf("A:") + 2).trim();
}

/**
 * The planted shortcut "the most frequent answer": for each row, whether its answer is more frequent in its group than
 * any other (none is where two are equally so).
 *
 * @param groups one a row, as in `Split.groups`.
 * @param answers one a row: a final answer, or what {@link programOf} makes of a snippet.
 */
export function isMostFrequent(groups: ArrayLike<number>, answers: readonly string[]): boolean[] {
  const rows = Map.groupBy(answers.keys(), (row) => groups[row]!);
  const most = new Map([...rows].map(([group, members]) => [group, winner(members.map((row) => answers[row]!))]));
  return answers.map((answer, row) => answer === most.get(groups[row]!));
}

function winner(answers: readonly string[]): string | undefined {
  const [first, second] = [...Map.groupBy(answers, (answer) => answer).values()].sort((a, b) => b.length - a.length);
  return first!.length === second?.length ? undefined : first![0];
}
