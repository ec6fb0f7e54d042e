import { setTimeout as sleep } from "node:timers/promises";
import type { Anthropic } from "@anthropic-ai/sdk";
import type { ModelUsage } from "../../agent.js";
import { failure, retryAfter, wordsOf } from "./failures.js";
import type { Tokens } from "./prices.js";
import { type Answer, BrokenStream, readAnswer } from "./stream.js";

/** The body of a request, as the SDK takes it. */
export type RequestBody = Anthropic.Beta.Messages.MessageCreateParamsStreaming;

/** What comes of asking: an answer, or an attempt that was paid for and broke off. */
export type Reply = { readonly answer: Answer } | { readonly broken: string };

export interface Asking {
  readonly client: Anthropic;
  readonly body: RequestBody;
  /** Seconds without a sign of life after which an attempt is given up. */
  readonly idleTimeout: number;
  /** Seconds for which a failing API is tried again. */
  readonly patience: number;
  readonly signal: AbortSignal;
  readonly priced: (tokens: Tokens) => ModelUsage;
  pay(usage: ModelUsage): void;
  notice(message: string): void;
}

/**
 * Asks until there is an answer. What costs nothing (a rate limit, an overloaded API, a connection that fails) is tried
 * again here, after the time that the API names. An attempt that was paid for and broke off is returned: asking again needs
 * money that has not been reserved.
 */
export async function ask(asking: Asking): Promise<Reply> {
  const { signal, idleTimeout, patience, priced, pay, notice } = asking;
  const started = performance.now();
  for (let attempt = 0; ; attempt++) {
    const watch = new Watch(idleTimeout, signal);
    try {
      const { answer, tokens } = await send(asking, watch);
      pay(priced(tokens));
      return { answer };
    } catch (error) {
      const broken = error instanceof BrokenStream ? error : undefined;
      if (broken?.tokens) pay(priced(broken.tokens));
      signal.throwIfAborted();
      const why = watch.stalled ? `nothing came for ${idleTimeout} s` : wordsOf(error);
      if (broken?.tokens) return { broken: why };
      const wait = broken || watch.stalled ? retryAfter(undefined, attempt) : retryAfter(error, attempt);
      const spent = (performance.now() - started) / 1000;
      if (wait === undefined || spent + wait > patience) throw failure(asking.body.model, error, why, attempt + 1);
      notice(`The API did not answer (${why}); asked again in ${wait.toFixed(1)} s.`);
      await sleep(wait * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
    } finally {
      watch.stop();
    }
  }
}

async function send({ client, body }: Asking, watch: Watch): Promise<{ answer: Answer; tokens: Tokens }> {
  // Retries are ours, so that each attempt is seen; the watch is the time-out.
  const options = { signal: watch.signal, maxRetries: 0, timeout: 2 ** 31 - 1 };
  const response = await client.beta.messages.create(body, options).asResponse();
  watch.heard();
  return readAnswer(response, () => watch.heard());
}

/** Ends an attempt that shows no sign of life. */
class Watch {
  readonly signal: AbortSignal;
  stalled = false;
  readonly #timer: NodeJS.Timeout;

  constructor(seconds: number, outer: AbortSignal) {
    const controller = new AbortController();
    this.signal = AbortSignal.any([outer, controller.signal]);
    this.#timer = setTimeout(() => {
      this.stalled = true;
      controller.abort();
    }, seconds * 1000);
  }

  heard(): void {
    this.#timer.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
