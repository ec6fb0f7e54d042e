import type { ModelUsage, Spend } from "../../agent.js";
import { WeakToStrongError } from "../../errors.js";

/** US dollars per million tokens. */
export interface Prices {
  readonly input: number;
  readonly output: number;
  /** Input that was read from the cache. Default: 0.1 of `input`. */
  readonly cacheRead?: number;
  /** Input that was written to the cache for 5 minutes. Default: 1.25 of `input`. */
  readonly cacheWrite?: number;
  /** Input that was written to the cache for an hour. Default: twice `input`. */
  readonly cacheWrite1h?: number;
  /** For requests with more than `above` tokens of input, `times` each price. */
  readonly long?: { readonly above: number; readonly times: number };
}

/** Tokens of one request, as the API counts them. */
export interface Tokens {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
}

export const pricesAsOf = "2026-11-21";

const opus4 = { input: 5, output: 25 };
const opus5_5 = { input: 4, output: 20, cacheRead: 0.2 };
const sonnet4 = { input: 3, output: 15 };
const haiku4_5 = { input: 1, output: 5 };
const mythos5 = { input: 10, output: 50 };

/**
 * List prices as of {@link pricesAsOf}, from https://platform.claude.com/docs/en/about-claude/pricing and the models' own
 * pages there. Batch, priority, fast and regional prices are others.
 */
export const listPrices: Readonly<Record<string, Prices>> = {
  "claude-fable-5-1": { ...mythos5, cacheRead: 0.25 },
  "claude-mythos-5-1": { ...mythos5, cacheRead: 0.25 },
  "claude-fable-5": mythos5,
  "claude-mythos-5": mythos5,
  "claude-opus-5-5": opus5_5,
  "claude-opus-5": opus4,
  "claude-opus-4-8": opus4,
  "claude-opus-4-7": opus4,
  "claude-opus-4-6": opus4,
  "claude-opus-4-5": opus4,
  "claude-opus-4-5-20251101": opus4,
  "claude-sonnet-5-5": { input: 2, output: 10, cacheRead: 0.1 },
  "claude-sonnet-5": { input: 2, output: 10 },
  "claude-sonnet-4-6": sonnet4,
  "claude-sonnet-4-5": sonnet4,
  "claude-sonnet-4-5-20250929": sonnet4,
  "claude-haiku-5-5": { input: 0.1, output: 0.5, long: { above: 100_000, times: 5 } },
  "claude-haiku-4-5": haiku4_5,
  "claude-haiku-4-5-20251001": haiku4_5,
};

/** Models that cannot sum up a conversation; later ones can. */
const before4_6: ReadonlySet<string> = new Set([
  "claude-opus-4-5",
  "claude-opus-4-5-20251101",
  "claude-sonnet-4-5",
  "claude-sonnet-4-5-20250929",
  "claude-haiku-4-5",
  "claude-haiku-4-5-20251001",
]);

/** The API can sum up a conversation with this model; one that the table lacks is taken for a later one. */
export function compacts(model: string): boolean {
  return !before4_6.has(model);
}

/** The prices of a model. Throws `bad_input`, saying how to give them, for one that the table lacks. */
export function pricesOf(model: string, given?: Prices): Prices {
  const prices = given ?? (Object.hasOwn(listPrices, model) ? listPrices[model] : undefined);
  if (!prices) {
    throw new WeakToStrongError(
      "bad_input",
      `claude({ model: "${model}" }): its price is not known, so its cost could not be held to a budget. Give it in dollars per million tokens: claude({ model: "${model}", prices: { input: 5, output: 25 } }). Known by ${pricesAsOf}: ${Object.keys(listPrices).join(", ")}.`,
    );
  }
  for (const [name, price] of Object.entries({ ...prices, long: prices.long?.times ?? 1 })) {
    if (Number.isFinite(price) && price >= 0) continue;
    throw new WeakToStrongError(
      "bad_input",
      `claude({ prices: { ${name} } }): expected dollars per million tokens, found ${price}.`,
    );
  }
  return prices;
}

/** What an answer cost that took these requests. The API's last count does not say for how long the cache keeps. */
export function usageOf(prices: Prices, requests: readonly Tokens[], cacheFor: "5m" | "1h"): ModelUsage {
  const total = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, usd: 0 };
  for (const { input, output, cacheRead, cacheWrite } of requests) {
    const dollars =
      input * prices.input +
      output * prices.output +
      cacheRead * (prices.cacheRead ?? 0.1 * prices.input) +
      cacheWrite * writePrice(prices, cacheFor);
    total.inputTokens += input;
    total.outputTokens += output;
    total.cacheReadTokens += cacheRead;
    total.cacheWriteTokens += cacheWrite;
    total.usd += (dollars * timesFor(prices, input + cacheRead + cacheWrite)) / 1e6;
  }
  return total;
}

/** The most that a request can cost: all of its input written to the cache, all of its output used. */
export function maximumOf(prices: Prices, tokens: { input: number; output: number }, cacheFor: "5m" | "1h"): Spend {
  const dollars = tokens.input * Math.max(prices.input, writePrice(prices, cacheFor)) + tokens.output * prices.output;
  return { usd: (dollars * timesFor(prices, tokens.input)) / 1e6, tokens: tokens.input + tokens.output };
}

function writePrice(prices: Prices, cacheFor: "5m" | "1h"): number {
  if (cacheFor === "1h") return prices.cacheWrite1h ?? 2 * prices.input;
  return prices.cacheWrite ?? 1.25 * prices.input;
}

function timesFor({ long }: Prices, input: number): number {
  return long && input > long.above ? long.times : 1;
}
