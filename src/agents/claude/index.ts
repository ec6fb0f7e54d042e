import { Anthropic } from "@anthropic-ai/sdk";
import type { Agent } from "../../agent.js";
import { WeakToStrongError } from "../../errors.js";
import { defineAgent } from "../define.js";
import type { RequestBody } from "./ask.js";
import { converse } from "./converse.js";
import { compacts, type Prices, pricesOf } from "./prices.js";

export { listPrices, type Prices, pricesAsOf } from "./prices.js";

export interface ClaudeOptions {
  /** Default `claude-opus-5-5`. */
  readonly model?: string;
  /** Its own vague starting direction, put into its briefing. */
  readonly direction?: string;
  /** Default: `ANTHROPIC_API_KEY`, and where that is missing whatever else the SDK finds. */
  readonly apiKey?: string;
  /** Default: `ANTHROPIC_BASE_URL` or Anthropic's own. */
  readonly baseURL?: string;
  /** A client of the SDK that is set up otherwise (a cloud's, a proxy), in place of key and address. */
  readonly client?: Anthropic;
  /** Dollars per million tokens, for a model that the table lacks or a price that was agreed. */
  readonly prices?: Prices;
  /** The most tokens of one answer, thinking included; that many are reserved for each. Default 16,000. */
  readonly maxTokens?: number;
  /** Passed to the API as it is. Default: the model's own. */
  readonly thinking?: Anthropic.Beta.Messages.BetaThinkingConfigParam;
  /** How much the model thinks and writes. Default: the model's own. */
  readonly effort?: "low" | "medium" | "high" | "xhigh" | "max";
  /** How long the API keeps the conversation for a cheaper reading: an hour pays where tools run for long. Default `5m`. */
  readonly cacheFor?: "5m" | "1h";
  /**
   * Input tokens at which the API sums up the conversation, from 50,000; `false`: never. Default 150,000, and `false` for
   * models before 4.6, which cannot.
   */
  readonly compactAt?: number | false;
  /** Seconds without a sign of life after which an attempt is given up and made again, at most 300: Node's own limit. Default 120. */
  readonly idleTimeout?: number;
  /** Seconds for which an API that fails is asked again before the agent fails. Default 1,800. */
  readonly patience?: number;
}

/**
 * Claude as a researcher, through the Messages API. It talks until it calls `finish`, answers twice without a tool call, or
 * its budget is spent; what it costs is held to the assignment's budget, call by call (docs/claude.md).
 *
 * @throws WeakToStrongError `bad_input` for a model whose price is not known, or an option out of its range.
 */
export function claude(options: ClaudeOptions = {}): Agent {
  const { model = "claude-opus-5-5", direction, maxTokens = 16_000, thinking, effort } = options;
  const { idleTimeout = 120, patience = 1800, cacheFor = "5m" } = options;
  const { compactAt = compacts(model) ? 150_000 : false } = options;
  check("maxTokens", maxTokens, 1, 1_000_000);
  check("idleTimeout", idleTimeout, 0.001, 300);
  check("patience", patience, 0, 86_400);
  if (compactAt !== false) check("compactAt", compactAt, 50_000, 10_000_000);
  if (compactAt !== false && !compacts(model)) {
    throw new WeakToStrongError(
      "bad_input",
      `claude({ compactAt }): the API cannot sum up a conversation with ${model}, only with models from 4.6 on; found ${compactAt}. Leave it out, or take a later model.`,
    );
  }
  const prices = pricesOf(model, options.prices);
  const thought = thinking?.type === "enabled" ? thinking.budget_tokens : 0;
  const passed: Partial<RequestBody> = { ...(thinking && { thinking }), ...(effort && { output_config: { effort } }) };
  let client = options.client;
  return defineAgent({
    name: "claude",
    model,
    ...(direction !== undefined && { direction }),
    run: (assignment, context) =>
      converse(assignment, context, {
        client: () => {
          client ??= connect(options);
          return client;
        },
        model,
        prices,
        maxTokens,
        closingTokens: Math.min(maxTokens, thought + 2000),
        cacheFor,
        compactAt: compactAt === false ? undefined : compactAt,
        idleTimeout,
        patience,
        options: passed,
      }),
  });
}

function connect({ apiKey, baseURL }: ClaudeOptions): Anthropic {
  // The library never prints: what the SDK would log comes out as notices and errors. Spans cost a tenth of a millisecond a
  // call; who wants them hands in a client.
  const quiet = { logLevel: "off", openTelemetry: false } as const;
  return new Anthropic({ ...quiet, ...(apiKey !== undefined && { apiKey }), ...(baseURL && { baseURL }) });
}

function check(name: string, value: number, least: number, most: number): void {
  if (Number.isFinite(value) && value >= least && value <= most) return;
  throw new WeakToStrongError(
    "bad_input",
    `claude({ ${name} }): expected a number from ${least} to ${most}, found ${value}.`,
  );
}
