import type { ModelUsage } from "../agent.js";

/** All tokens of an attempt, in and out, cached ones too. */
export function tokensOf({
  inputTokens,
  outputTokens,
  cacheReadTokens = 0,
  cacheWriteTokens = 0,
}: Omit<ModelUsage, "cacheReadTokens" | "cacheWriteTokens"> & {
  readonly cacheReadTokens?: number | undefined;
  readonly cacheWriteTokens?: number | undefined;
}): number {
  return inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens;
}
