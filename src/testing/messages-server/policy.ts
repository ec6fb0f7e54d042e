import type { RequestMessage } from "./request.js";

/** What a policy answers to. Messages before a compaction are left out, as the model does not see them either. */
export interface PolicyRequest {
  /** The key that the request came with: with one key an agent, it tells who asks. */
  readonly apiKey: string;
  readonly model: string;
  readonly system: string;
  readonly messages: readonly RequestMessage[];
  readonly tools: readonly string[];
  /** Answers that the conversation holds already. */
  readonly turn: number;
  /** Results of the tool calls in the last answer, in their order. */
  readonly results: readonly { readonly content: string; readonly isError: boolean }[];
}

export type PolicyBlock =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string }
  | {
      readonly type: "tool_use";
      readonly name: string;
      /** An object; a string is sent as it is, for input that is no valid JSON (streamed answers only). */
      readonly input: unknown;
      /** Default: made of the request's number. */
      readonly id?: string;
    };

/** A text, blocks, or blocks with the reason why they end there (default `tool_use` or `end_turn`). */
export type PolicyAnswer =
  | string
  | readonly PolicyBlock[]
  | {
      readonly content: readonly PolicyBlock[];
      readonly stopReason?: string;
      readonly stopDetails?: { readonly category: string | null; readonly explanation: string | null };
    };

/** Stands for the model. */
export type Policy = (request: PolicyRequest) => PolicyAnswer | Promise<PolicyAnswer>;

/** Something that goes wrong with one request. */
export type Fault =
  /** An answer with a status in place of a message: 429, 500, 529. Nothing is charged. */
  | { readonly type: "status"; readonly status: number; readonly retryAfter?: number; readonly message?: string }
  /** The connection is cut after so many events. */
  | { readonly type: "cut"; readonly after: number }
  /** Nothing comes after so many events, and the connection stays open. */
  | { readonly type: "stall"; readonly after: number }
  /** The event with this number is no JSON; the others follow. */
  | { readonly type: "malformed"; readonly at: number }
  /** After so many events comes one that says that the API is overloaded. */
  | { readonly type: "overloaded"; readonly after: number };
