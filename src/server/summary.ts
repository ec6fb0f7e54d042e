import type { Json } from "../agent.js";

/** Plain data for the journal: arrays as their shapes, inputs as their number. */
export function summaryOf(value: unknown): Json {
  if (typeof value !== "object" || value === null) return (value ?? null) as Json;
  if (ArrayBuffer.isView(value)) return `[${(value as Float32Array).length}]`;
  if ("columns" in value && "rows" in value) return `[${value.rows} x ${value.columns}]`;
  if (Array.isArray(value)) return value.length > 20 ? `[${value.length}]` : value.map(summaryOf);
  const entries = Object.entries(value).map(([key, entry]) => [
    key,
    key === "inputs" ? `[${(entry as unknown[]).length} inputs]` : summaryOf(entry),
  ]);
  return Object.fromEntries(entries) as Json;
}
