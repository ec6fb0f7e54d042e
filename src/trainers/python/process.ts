import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { delimiter } from "node:path";
import type { Dataset } from "../../data/dataset.js";
import { type Blob, FrameReader } from "../../data/frame.js";
import { WeakToStrongError } from "../../errors.js";
import { untilAborted } from "../../run.js";
import type { TrainerEvent } from "../../trainer.js";
import { DatasetMissing, failure, tooLargeTogether } from "../wire/failures.js";
import { encodeMessage, type Message, type Op, parseMessage, parseReply, type Reply } from "../wire/messages.js";
import { missingPython } from "./failures.js";

/** How a worker is started. */
export interface WorkerOptions {
  readonly python: string;
  /** The folder that holds the package `w2s_trainer`. */
  readonly source: string;
  readonly home: string;
  readonly device: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute paths of Python files that the worker runs when it starts. */
  readonly plugins: readonly string[];
}

interface Pending {
  readonly emit: (event: TrainerEvent) => void;
  readonly resolve: (answer: { body: unknown; blobs: readonly Blob[] }) => void;
  readonly reject: (error: unknown) => void;
}

/** A worker that has not stopped this long after it was asked to is replaced. */
const patience = 3_000;
/** Importing numpy from a cold disk can take a while; a worker silent for longer is not coming. */
const helloTimeout = 120_000;
/** What a dead worker has left in its pipes comes within this time; a process that it started may hold them open for ever. */
const lastWordsTimeout = 500;
const lastWords = 20;
const sender = "The Python worker";

/**
 * One warm Python process. Started by the first request and again by the first one after its death; it ends with this
 * process, and does not keep it alive while nothing is asked.
 */
export class WorkerProcess {
  readonly #options: WorkerOptions;
  #child: ChildProcess | undefined;
  #ready: Promise<void> = Promise.resolve();
  #pending = new Map<number, Pending>();
  #sent = new Set<string>();
  #errors: string[] = [];
  #ended: unknown;
  #asking = 0;
  #nextId = 1;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  /**
   * Sends a request and waits for its answer; the datasets it refers to go along where the worker lacks them. When
   * `signal` aborts, the worker is asked to stop, and is killed if it does not.
   */
  async request<O extends Op>(
    op: O,
    body: object,
    datasets: readonly Dataset[],
    options: { readonly signal: AbortSignal; readonly emit: (event: TrainerEvent) => void },
  ): Promise<{ body: Reply<O>; blobs: readonly Blob[] }> {
    this.#asking++;
    try {
      for (let attempt = 0; ; attempt++) {
        options.signal.throwIfAborted();
        const ready = this.#start();
        this.#hold();
        await untilAborted(ready, options.signal);
        try {
          for (const { hash, inputs } of datasets) {
            if (this.#sent.has(hash)) continue;
            await this.#send("put", { hash, inputs }, options);
            this.#sent.add(hash);
          }
          const answer = await this.#send(op, body, options);
          return { body: parseReply(op, answer.body, sender), blobs: answer.blobs };
        } catch (error) {
          if (!(error instanceof DatasetMissing)) throw error;
          // The worker forgets the datasets used longest ago. Where one is missing that has just been put together with
          // the others, they push each other out, however often they are put.
          if (attempt > 0) throw tooLargeTogether("the worker keeps (512 MB)", error);
          this.#sent.clear();
        }
      }
    } finally {
      this.#asking--;
      this.#hold();
    }
  }

  /** Ends the process and waits until it has gone. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    child.ref();
    child.stdin?.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), patience);
    await gone;
    clearTimeout(kill);
  }

  #start(): Promise<void> {
    if (this.#child) return this.#ready;
    const { python, source, home, device, env, plugins } = this.#options;
    if (python.includes("/") && !existsSync(python)) throw missingPython(python);
    this.#sent = new Set();
    this.#errors = [];
    let child: ChildProcess;
    try {
      const own = plugins.flatMap((plugin) => ["--plugin", plugin]);
      child = spawn(python, ["-u", "-m", "w2s_trainer", "worker", "--home", home, "--device", device, ...own], {
        stdio: ["pipe", "pipe", "pipe"],
        env: {
          ...process.env,
          ...env,
          PYTHONPATH: [source, env.PYTHONPATH ?? process.env.PYTHONPATH].filter(Boolean).join(delimiter),
        },
      });
    } catch (cause) {
      throw this.#death(`could not be started: ${(cause as Error).message}`, cause);
    }
    this.#child = child;
    const hello = Promise.withResolvers<void>();
    const timeout = setTimeout(() => {
      child.kill("SIGKILL");
      hello.reject(this.#death(`said nothing for ${helloTimeout / 1000} seconds after its start`));
    }, helloTimeout);
    timeout.unref();
    const reader = new FrameReader();
    let prelude: Buffer | undefined = Buffer.alloc(0);
    child.stdout!.on("data", (chunk: Buffer) => {
      try {
        let bytes = chunk;
        if (prelude) {
          prelude = Buffer.concat([prelude, chunk]);
          const start = helloStart(prelude);
          if (start < 0) return;
          bytes = prelude.subarray(start);
          prelude = undefined;
        }
        for (const frame of reader.push(bytes)) {
          const message = parseMessage(frame, sender);
          if (message.type === "hello") hello.resolve();
          else if (message.type === "alive") continue;
          else if (message.type === "error" && message.id === 0) throw failure(message.body);
          else this.#receive(message, frame.blobs);
        }
      } catch (error) {
        hello.reject(error);
        this.#end(child, error);
        child.kill("SIGKILL");
      }
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#errors = [...this.#errors, ...text.split("\n").filter((line) => line.trim() !== "")].slice(-lastWords);
    });
    // A write into a pipe whose reader has died; the exit is reported below.
    child.stdin!.on("error", () => undefined);
    child.once("error", (cause) => {
      const error =
        (cause as NodeJS.ErrnoException).code === "ENOENT"
          ? missingPython(python)
          : this.#death(`could not be started: ${cause.message}`, cause);
      hello.reject(error);
      this.#end(child, error);
    });
    child.once("exit", (code, signal) => {
      const report = (): void => {
        clearTimeout(wait);
        child.off("close", report);
        for (const pipe of child.stdio) pipe?.destroy();
        const error = this.#death(signal ? `was killed by ${signal}` : `exited with code ${code}`);
        hello.reject(error);
        this.#end(child, error);
      };
      const wait = setTimeout(report, this.#asking > 0 ? lastWordsTimeout : 0);
      child.once("close", report);
    });
    this.#ready = hello.promise.finally(() => clearTimeout(timeout));
    this.#ready.catch(() => undefined);
    return this.#ready;
  }

  #send(
    op: string,
    body: object,
    { signal, emit }: { readonly signal: AbortSignal; readonly emit: (event: TrainerEvent) => void },
  ): Promise<{ body: unknown; blobs: readonly Blob[] }> {
    const child = this.#child;
    if (!child) throw this.#ended;
    signal.throwIfAborted();
    const id = this.#nextId++;
    const frame = encodeMessage({ id, op, body });
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#write(child, encodeMessage({ id: 0, op: "cancel", body: { id } }));
        const kill = setTimeout(() => child.kill("SIGKILL"), patience);
        kill.unref();
        const settle = (): void => {
          clearTimeout(kill);
          finish();
          reject(signal.reason);
        };
        this.#pending.set(id, { emit: () => undefined, resolve: settle, reject: settle });
      };
      const finish = (): void => {
        signal.removeEventListener("abort", abort);
        this.#pending.delete(id);
      };
      this.#pending.set(id, {
        emit,
        resolve: (answer) => {
          finish();
          resolve(answer);
        },
        reject: (error) => {
          finish();
          reject(error);
        },
      });
      signal.addEventListener("abort", abort, { once: true });
      this.#write(child, frame);
    });
  }

  #write(child: ChildProcess, frame: readonly Uint8Array[]): void {
    child.stdin!.cork();
    for (const part of frame) child.stdin!.write(part);
    child.stdin!.uncork();
  }

  #receive(message: Exclude<Message, { type: "hello" | "alive" }>, blobs: readonly Blob[]): void {
    const pending = this.#pending.get(message.id);
    if (!pending) return;
    if (message.type === "event") pending.emit(message.body);
    else if (message.type === "result") pending.resolve({ body: message.body, blobs });
    else pending.reject(failure(message.body));
  }

  /** The child is of no more use: whoever waits for it learns why, and the next request starts another. */
  #end(child: ChildProcess, error: unknown): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    this.#ended = error;
    for (const pending of [...this.#pending.values()]) pending.reject(error);
  }

  /** While something is asked the process stays up for the answer; an idle worker keeps nobody up. */
  #hold(): void {
    const child = this.#child;
    if (!child) return;
    for (const handle of [child, ...child.stdio] as (ChildProcess | Socket | null)[]) {
      if (this.#asking > 0) handle?.ref();
      else handle?.unref();
    }
  }

  #death(how: string, cause?: unknown): WeakToStrongError {
    const words =
      this.#errors.length > 0 ? `Its last words:\n  ${this.#errors.join("\n  ")}\n` : "It left no message. ";
    const hint = /killed by SIGKILL/.test(how)
      ? "If it was not you who killed it, the machine ran out of memory: use fewer examples at once, a smaller model or a machine with more."
      : "`npx weak-to-strong doctor` tests the Python environment.";
    return new WeakToStrongError(
      "worker_died",
      `The Python worker (${this.#options.python}, device ${this.#options.device}) ${how}. ${words}${hint} The next call starts a new one.`,
      { cause },
    );
  }
}

/**
 * Where the worker's first frame begins, or -1. Before the worker's own code runs and moves standard output away, a
 * `sitecustomize` or a `.pth` file may already have printed to it.
 */
function helloStart(bytes: Buffer): number {
  for (let at = bytes.indexOf("W2S1"); at >= 0 && at + 16 <= bytes.length; at = bytes.indexOf("W2S1", at + 1)) {
    const blobs = bytes.readBigUInt64LE(at + 8);
    if (bytes.readUInt32LE(at + 4) < 4096 && blobs === 0n) return at;
  }
  return -1;
}
