import { APIConnectionError, APIError } from "@anthropic-ai/sdk";
import { type ErrorCode, WeakToStrongError } from "../../errors.js";
import { BrokenStream } from "./stream.js";

/** Seconds after which asking again makes sense: what the API says, else twice as long each time. Undefined: never. */
export function retryAfter(error: unknown, attempt: number): number | undefined {
  // Jitter, so that a team that was refused together does not come back together.
  const usual = Math.min(60, 0.5 * 2 ** attempt) * (0.75 + 0.25 * Math.random());
  if (error === undefined || error instanceof APIConnectionError) return usual;
  if (!(error instanceof APIError)) return undefined;
  const headers: Headers | undefined = error.headers;
  const advice = headers?.get("x-should-retry");
  const status: number | undefined = error.status;
  const worth = status === 408 || status === 409 || status === 429 || (status !== undefined && status >= 500);
  if (advice === "false" || (advice !== "true" && !worth)) return undefined;
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (milliseconds > 0) return milliseconds / 1000;
  const named = headers?.get("retry-after") ?? "";
  const seconds = /^[\d.]+$/.test(named) ? Number.parseFloat(named) : (Date.parse(named) - Date.now()) / 1000;
  return seconds > 0 ? seconds : usual;
}

/** What went wrong. It names the API's request, which its support asks for. */
export function wordsOf(error: unknown): string {
  if (!(error instanceof APIError) || error.status === undefined) return (error as Error).message;
  const request = error.requestID ? ` (request ${error.requestID})` : "";
  return `${error.status} ${error.apiMessage ?? error.message}${request}`;
}

/** The error that a run ends with. */
export function failure(model: string, cause: unknown, why: string, attempts: number): WeakToStrongError {
  const status: number | undefined = cause instanceof APIError ? cause.status : undefined;
  const [code, advice] =
    status !== undefined
      ? meaning(status)
      : cause instanceof BrokenStream
        ? later
        : cause instanceof APIConnectionError
          ? unreachable
          : notAsked;
  const tried = attempts > 1 ? ` after ${attempts} attempts` : "";
  return new WeakToStrongError(code, `${model} gave no answer${tried}: ${why.replace(/\.$/, "")}. ${advice}`, {
    cause,
  });
}

const later: [ErrorCode, string] = [
  "worker_died",
  "Start again later: what was done is in the journal. claude({ patience }) says how long to try.",
];

const unreachable: [ErrorCode, string] = [
  "worker_died",
  "Is the network up, and the address right? Start again later: what was done is in the journal.",
];

/** The SDK refuses to ask where it finds no key. */
const notAsked: [ErrorCode, string] = [
  "bad_input",
  "Nothing was asked. Give a key: claude({ apiKey }) or ANTHROPIC_API_KEY; then start again.",
];

function meaning(status: number): [ErrorCode, string] {
  if (status === 401 || status === 403)
    return ["bad_input", "Give a key that may use this model: claude({ apiKey }) or ANTHROPIC_API_KEY."];
  if (status === 402) return ["failed", "The account has no credit left."];
  if (status === 404) return ["not_found", "Is the model's name right, and is it offered to this account?"];
  if (status === 408 || status === 409 || status === 429 || status >= 500) return later;
  return ["bad_input", "The model may not know an option that was given (thinking, effort, compactAt)."];
}
