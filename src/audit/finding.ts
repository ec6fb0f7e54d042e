import type { AuditFinding } from "../scorer.js";

/** How many places of a kind are shown; that there are more is said. */
const shown = 8;

/** Evidence of one kind, an entry a place; the last one counts those that were left out. */
export function places(what: string, values: readonly string[]): AuditFinding["evidence"] {
  const rest = values.length - shown;
  return [
    ...values.slice(0, shown).map((value) => ({ what, value })),
    ...(rest > 0 ? [{ what, value: `and ${rest} more` }] : []),
  ];
}

/** One thing that a detector looked at. */
export interface Found {
  /** Why a person should look. */
  readonly reason?: string;
  readonly evidence: AuditFinding["evidence"];
}
