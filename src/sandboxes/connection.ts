import type { Readable, Writable } from "node:stream";
import type * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import { broken, encodeRequest, HelperFrames, type HelperHeader } from "./wire.js";

/**
 * The helper of one sandbox, started: what a backend has to bring. The helper is `python -I -S -B w2s_sandbox`
 * (python/w2s_sandbox), and everything that runs in the sandbox runs below it.
 */
export interface HelperProcess {
  /** The helper's standard input. Its end ends the helper and everything inside. */
  readonly stdin: Writable;
  /** The helper's standard output, and nothing else. */
  readonly stdout: Readable;
  /** Whether its handles are to keep this process running. */
  hold(active: boolean): void;
  /** Ends the helper and everything inside, and gives back what belongs to it; resolves once all is gone. */
  end(): Promise<void>;
  /** Resolves once it has gone, with how, for a message: `was killed by SIGKILL`. Never rejects. */
  readonly gone: Promise<string>;
}

/** An answer of the helper, with the bytes that came with it. */
export interface Answer<T> {
  readonly result: T;
  readonly payload: Buffer;
}

/** Takes what the helper tells of a spawned program, besides answers. */
export interface StreamListener {
  /** Throws `protocol` for what the helper may not send: the connection closes. */
  take(header: Extract<HelperHeader, { stream: number }>, payload: Buffer): void;
  /** Nothing more will come. */
  fail(error: WeakToStrongError): void;
}

export interface AskOptions {
  readonly payload?: Uint8Array;
  /** Bytes that may come with the answer. Default 0. */
  readonly most?: number;
  readonly signal?: AbortSignal | undefined;
  /** Put before a refusal's message. */
  readonly what?: string;
  /** Called with the id that the request got. */
  readonly asked?: (id: number) => void;
}

interface Pending {
  readonly most: number;
  readonly what: string;
  resolve(answer: { readonly result: unknown; readonly payload: Buffer }): void;
  reject(error: unknown): void;
}

/** Bytes of one piece of a stream. */
const pieceBytes = 1 << 16;

/** Requests to the helper, and its answers. Once it has gone, every request fails with the same error. */
export class HelperConnection {
  readonly #helper: HelperProcess;
  readonly #sandbox: string;
  readonly #pending = new Map<number, Pending>();
  readonly #streams = new Map<number, StreamListener>();
  #nextId = 1;
  #ended: WeakToStrongError | undefined;

  constructor(helper: HelperProcess, sandbox: string) {
    this.#helper = helper;
    this.#sandbox = sandbox;
    const frames = new HelperFrames((header) => {
      if ("ok" in header) return this.#pending.get(header.id)?.most ?? 0;
      return "of" in header && this.#streams.has(header.stream) ? pieceBytes : 0;
    });
    helper.stdin.on("error", () => undefined); // its death is told below
    helper.stdout.on("error", () => undefined);
    helper.stdout.on("data", (chunk: Buffer) => {
      if (this.#ended) return;
      try {
        for (const { header, payload } of frames.push(chunk)) this.#receive(header, payload);
      } catch (error) {
        this.close(WeakToStrongError.isInstance(error) ? error : broken("what cannot be read"));
        void helper.end();
      }
    });
    void helper.gone.then((how) => this.close(died(sandbox, how)));
    helper.hold(false);
  }

  /** Asks and waits. An abort rejects at once with its reason; what the request began, the caller ends. */
  ask<T>(op: string, answer: z.ZodType<T>, body: object = {}, options: AskOptions = {}): Promise<Answer<T>> {
    const { signal, what = op } = options;
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<Answer<T>>();
    const abort = (): void => settle(() => reject(signal!.reason));
    const settle = (then: () => void): void => {
      // An answer that comes after an abort is read over: `#pending` keeps the id until then.
      signal?.removeEventListener("abort", abort);
      then();
    };
    this.#pending.set(id, {
      what,
      most: options.most ?? 0,
      resolve: (found) => {
        const parsed = answer.safeParse(found.result);
        settle(() =>
          parsed.success ? resolve({ result: parsed.data, payload: found.payload }) : reject(broken(`no ${op} answer`)),
        );
      },
      reject: (error) => settle(() => reject(error)),
    });
    signal?.addEventListener("abort", abort, { once: true });
    this.#helper.hold(true);
    options.asked?.(id);
    this.#write({ ...body, op, id }, options.payload);
    return promise;
  }

  /** Tells the helper something that it does not answer. */
  tell(op: string, body: object): void {
    if (!this.#ended) this.#write({ ...body, op, id: 0 });
  }

  /** Takes what comes for a spawned program until its streams and itself have ended. */
  listen(id: number, listener: StreamListener): void {
    this.#streams.set(id, listener);
    this.#hold();
  }

  unlisten(id: number): void {
    this.#streams.delete(id);
    this.#hold();
  }

  /** From now on everything fails with this error. */
  close(error: WeakToStrongError): void {
    if (this.#ended) return;
    this.#ended = error;
    for (const pending of [...this.#pending.values()]) pending.reject(error);
    for (const listener of this.#streams.values()) listener.fail(error);
    this.#pending.clear();
    this.#streams.clear();
    this.#hold();
  }

  /** Why nothing can be asked any more. */
  get ended(): WeakToStrongError | undefined {
    return this.#ended;
  }

  #receive(header: HelperHeader, payload: Buffer): void {
    if ("stream" in header) {
      this.#streams.get(header.stream)?.take(header, payload);
      return;
    }
    const pending = this.#pending.get(header.id);
    if (!pending) throw broken("an answer to nothing");
    this.#pending.delete(header.id);
    this.#hold();
    if ("ok" in header) {
      pending.resolve({ result: header.ok, payload });
    } else {
      const { code, message } = header.error;
      pending.reject(new WeakToStrongError(code, `Sandbox ${this.#sandbox}, ${pending.what}: ${message}`));
    }
  }

  #write(header: object, payload?: Uint8Array): void {
    const { stdin } = this.#helper;
    if (!stdin.writable) return; // its death is under way, and will be told
    stdin.cork();
    for (const part of encodeRequest(header, payload)) stdin.write(part);
    stdin.uncork();
  }

  #hold(): void {
    this.#helper.hold(this.#pending.size + this.#streams.size > 0);
  }
}

function died(sandbox: string, how: string): WeakToStrongError {
  return new WeakToStrongError(
    "worker_died",
    `Sandbox ${sandbox} has ended: its helper ${how}. Everything that ran in it has ended too; its work folder is kept. ` +
      "Dispose of it and create it again.",
  );
}
