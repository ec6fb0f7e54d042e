import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Dataset, Rows } from "../../data/dataset.js";
import type { Blob } from "../../data/frame.js";
import { untilAborted } from "../../run.js";
import type { Calling } from "../define.js";
import type { Ask } from "../wire/calls.js";
import { DatasetMissing, failure, tooLargeTogether } from "../wire/failures.js";
import { encodeMessage, parseReply } from "../wire/messages.js";
import { type Address, exchange } from "./exchange.js";
import { gaveUp, Lost, tooLarge } from "./failures.js";

interface Answer {
  readonly body: unknown;
  readonly blobs: readonly Blob[];
}

/** How long a server that never answered is tried, in milliseconds: it may be starting this moment. */
const firstPatience = 1_000;
const longestPause = 5_000;
/** After a connection that held this long, the next pause is the shortest again. */
const steady = 5_000;
/** How often the other side may have lost datasets (a restart, its bounded memory) before that is an error. */
const putAttempts = 3;
const cancelAttempts = 4;

/** Asks a trainer server, and asks again where the connection breaks: the call goes on there, and its answer is kept. */
export class Client {
  readonly #address: Address;
  readonly #patience: number;
  readonly #closing = new AbortController();
  readonly #cancelling = new Set<Promise<void>>();
  readonly #put = new Map<string, Promise<void>>();
  #mostBytes: Promise<number> | undefined;
  #reached = false;

  /** `patience`: how long a connection that was lost is tried to be restored, in milliseconds. */
  constructor(address: Address, patience: number) {
    this.#address = address;
    this.#patience = patience;
  }

  ask: Ask = async (op, body, rows: readonly Rows[], calling) => {
    const datasets = [...new Map(rows.map(({ dataset }) => [dataset.hash, dataset])).values()];
    for (let attempt = 1; ; attempt++) {
      calling.signal.throwIfAborted();
      try {
        await untilAborted(Promise.all(datasets.map((dataset) => this.#give(dataset))), calling.signal);
        const answer = await this.#call(op, body, calling);
        return { body: parseReply(op, answer.body, this.#address.sender), blobs: answer.blobs };
      } catch (error) {
        if (!(error instanceof DatasetMissing)) throw error;
        if (attempt === putAttempts) throw tooLargeTogether("the server keeps", error);
        this.#put.clear();
      }
    }
  };

  /** Cancels what is under way, and waits until the server has been told. */
  async close(reason: unknown): Promise<void> {
    this.#closing.abort(reason);
    while (this.#cancelling.size > 0) await Promise.all(this.#cancelling);
  }

  /** A dataset travels once, for whichever call needs it first: no single call's abort stops it. */
  #give({ hash, inputs }: Dataset): Promise<void> {
    let put = this.#put.get(hash);
    if (!put) {
      const calling = { signal: this.#closing.signal, emit: () => undefined };
      put = this.#call("put", { hash, inputs }, calling).then(() => undefined);
      this.#put.set(hash, put);
      put.catch(() => this.#put.delete(hash));
    }
    return put;
  }

  async #call(op: string, body: object, calling: Calling): Promise<Answer> {
    const frame = Buffer.concat(encodeMessage({ id: 1, op, body }));
    const mostBytes = await untilAborted(this.#hello(), calling.signal);
    if (frame.length > mostBytes) throw tooLarge(frame.length, mostBytes, this.#address.who);
    const path = `v1/calls/${randomUUID()}`;
    try {
      return await this.#insist(calling.signal, (alive) => this.#receive(path, frame, calling, alive));
    } catch (error) {
      if (calling.signal.aborted) this.#cancel(path);
      throw error;
    }
  }

  /** One attempt; undefined where the answer ends too early. */
  async #receive(
    path: string,
    frame: Buffer<ArrayBuffer>,
    { signal, emit }: Calling,
    alive: () => void,
  ): Promise<Answer | undefined> {
    let answer: Answer | undefined;
    try {
      // Read to its end, so that the connection serves the next call.
      for await (const { message, blobs } of exchange(this.#address, "POST", path, frame, signal)) {
        alive();
        if (message.type === "event") emit(message.body);
        else if (message.type === "result") answer = { body: message.body, blobs };
        else if (message.type === "error") throw failure(message.body);
      }
    } catch (error) {
      if (!answer) throw error;
    }
    return answer;
  }

  /** Repeats an attempt until it has an answer. Gives up where the server has not been `alive` for too long. */
  async #insist<T>(signal: AbortSignal, attempt: (alive: () => void) => Promise<T | undefined>): Promise<T> {
    let lastSign = performance.now();
    for (let failed = 0; ; failed++) {
      const begun = performance.now();
      try {
        const answer = await attempt(() => {
          lastSign = performance.now();
        });
        if (answer !== undefined) return answer;
        throw new Lost("the answer was cut off.");
      } catch (error) {
        if (!(error instanceof Lost)) throw error;
        if (lastSign - begun > steady) failed = 0;
        const patience = this.#reached ? this.#patience : Math.min(firstPatience, this.#patience);
        const left = lastSign + patience - performance.now();
        if (left <= 0) throw gaveUp(this.#address.who, error, this.#patience / 1000, this.#reached);
        const pause = Math.min(longestPause, 100 * 2 ** failed) * (0.5 + Math.random() / 2);
        await untilAborted(sleep(Math.min(pause, left), undefined, { signal }), signal);
      }
    }
  }

  /** Meets the server, before anything large is sent to what may be something else. */
  #hello(): Promise<number> {
    if (!this.#mostBytes) {
      const { signal } = this.#closing;
      this.#mostBytes = this.#insist(signal, async () => {
        for await (const { message } of exchange(this.#address, "GET", "v1/hello", undefined, signal)) {
          if (message.type === "hello") return message.body.mostBytes ?? Number.POSITIVE_INFINITY;
          if (message.type === "error") throw failure(message.body);
        }
        return undefined;
      });
      this.#mostBytes.then(
        () => {
          this.#reached = true;
        },
        () => {
          this.#mostBytes = undefined;
        },
      );
    }
    return this.#mostBytes;
  }

  /** Tells the server that nobody wants the answer. Where it cannot be told, the call goes on there to its end. */
  #cancel(path: string): void {
    const tell = async (): Promise<void> => {
      for (let attempt = 0; attempt < cancelAttempts; attempt++) {
        try {
          for await (const _ of exchange(this.#address, "DELETE", path, undefined, AbortSignal.timeout(3_000)));
          return;
        } catch {
          await sleep(100 * 2 ** attempt);
        }
      }
    };
    const told = tell().finally(() => this.#cancelling.delete(told));
    this.#cancelling.add(told);
  }
}
