import { setTimeout as sleep } from "node:timers/promises";
import type { Anthropic } from "@anthropic-ai/sdk";
import type { ModelUsage } from "../../agent.js";
import { failure, retryAfter, wordsOf } from "./failures.js";
import type { Tokens } from "./prices.js";
import { type Answer, BrokenStream, readAnswer } from "./stream.js";

/** The body of a request, as the SDK takes it. */
export type RequestBody = Anthropic.Beta.Messages.MessageCreateParamsStreaming;

/** What comes of asking: an answer, or why an attempt that was paid for broke off. */
export type Reply = { readonly answer: Answer } | { readonly broken: string };

/** What has gone wrong in a row, over several calls of {@link ask}. */
export class Trouble {
  attempts = 0;
  /** When it began. */
  since: number | undefined;
  /** Seconds until it makes sense to ask again. */
  wait = 0;
}

export interface Asking {
  readonly client: Anthropic;
  readonly body: RequestBody;
  /** Seconds without a sign of life after which an attempt is given up. */
  readonly idleTimeout: number;
  /** Seconds for which a failing API is tried again. */
  readonly patience: number;
  /** Brought up to date here; a new one is due after an answer. */
  readonly trouble: Trouble;
  readonly signal: AbortSignal;
  /** What an answer costs, one request or several. */
  readonly priced: (tokens: readonly Tokens[]) => ModelUsage;
  /** What one costs at most that broke off before it was counted; of `tokens` the input is known. */
  readonly pricedAtMost: (tokens: Tokens) => ModelUsage;
  pay(usage: ModelUsage): void;
  notice(message: string): void;
}

/**
 * Asks until there is an answer. What costs nothing (a rate limit, an overloaded API, a connection that fails) is tried
 * again here, after the time that the API names. An attempt that was paid for and broke off is returned: asking again needs
 * money that has not been reserved. That call then waits first.
 */
export async function ask(asking: Asking): Promise<Reply> {
  const { signal, idleTimeout, patience, trouble, notice } = asking;
  for (;;) {
    if (trouble.wait > 0) {
      await sleep(trouble.wait * 1000, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
    const watch = new Watch(idleTimeout, signal);
    try {
      const { answer, tokens } = await send(asking, watch);
      asking.pay(asking.priced(tokens));
      return { answer };
    } catch (error) {
      const broken = error instanceof BrokenStream ? error : undefined;
      if (broken?.tokens)
        asking.pay(broken.counted ? asking.priced(broken.tokens) : asking.pricedAtMost(broken.tokens[0]));
      signal.throwIfAborted();
      const why = watch.stalled ? `nothing came for ${idleTimeout} s` : wordsOf(error);
      trouble.since ??= performance.now();
      const wait = retryAfter(broken || watch.stalled ? undefined : error, trouble.attempts++);
      const spent = (performance.now() - trouble.since) / 1000;
      if (wait === undefined || spent + wait > patience) throw failure(asking.body.model, error, why, trouble.attempts);
      trouble.wait = wait;
      const again = `asked again in ${wait.toFixed(1)} s`;
      if (!broken?.tokens) notice(`The API did not answer (${why}); ${again}.`);
      else {
        notice(`An answer broke off (${why}); it is paid for, and ${again}.`);
        return { broken: why };
      }
    } finally {
      watch.stop();
    }
  }
}

async function send({ client, body }: Asking, watch: Watch): Promise<{ answer: Answer; tokens: Tokens[] }> {
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
