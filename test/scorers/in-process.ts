import { untilAborted } from "../../src/run.js";
import { type Answer, type Op, ops, parseMessage } from "../../src/scorers/sealed/messages.js";
import { openServing, type Serving } from "../../src/scorers/sealed/serving.js";
import type { Opening } from "../../src/scorers/sealed/testbed.js";

/**
 * Stands in for the scorer's process, without one: quick to make, and to break.
 *
 *     vi.mock("../../src/scorers/sealed/child.js", () => import("./in-process.js"));
 */
export class ScorerProcess {
  readonly #opened: Promise<Serving>;

  constructor(opening: Opening) {
    this.#opened = openServing(opening);
    this.#opened.catch(() => undefined);
  }

  async ask<O extends Op>(op: O, body: object, signal: AbortSignal | undefined): Promise<Answer<O>> {
    signal?.throwIfAborted();
    const asked = this.#opened.then((serving) => {
      signal?.throwIfAborted();
      return serving.answer(op, body);
    });
    return parseMessage<unknown>(ops[op].answer, await (signal ? untilAborted(asked, signal) : asked)) as Answer<O>;
  }

  async stop(): Promise<void> {
    const serving = await this.#opened.catch(() => undefined);
    await serving?.[Symbol.asyncDispose]();
  }
}
