/** The trainer's calls that agents can make. */
export type HelperCall = "fit" | "predict" | "embed" | "score";

/** What a call is expected to take. */
export interface Quote {
  /** Device seconds; null while no call like it has been made. */
  readonly seconds: number | null;
  /** At this many seconds it would be stopped. */
  readonly most: number;
  /** How many earlier calls `seconds` is scaled from. */
  readonly calls: number;
}

/** Learns from finished calls what the next will take: seconds an example (and epoch), by kind of call. */
export interface Estimates {
  add(kind: string, examples: number, seconds: number): void;
  /** Expected seconds for so many examples; null while there is nothing to go by. */
  expect(kind: string, examples: number): { readonly seconds: number | null; readonly calls: number };
}

/** So many calls of a kind are remembered. */
const remembered = 20;

export function estimates(): Estimates {
  const kinds = new Map<string, { readonly examples: number; readonly seconds: number }[]>();
  return {
    add(kind, examples, seconds) {
      kinds.set(kind, [...(kinds.get(kind) ?? []), { examples, seconds }].slice(-remembered));
    },
    expect(kind, examples) {
      const calls = kinds.get(kind) ?? [];
      const sum = (what: "examples" | "seconds"): number => calls.reduce((total, call) => total + call[what], 0);
      const seconds = calls.length > 0 ? (examples * sum("seconds")) / Math.max(1, sum("examples")) : null;
      return { seconds, calls: calls.length };
    },
  };
}
