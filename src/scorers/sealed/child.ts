import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { encodeFrame, FrameReader } from "../../data/frame.js";
import { WeakToStrongError } from "../../errors.js";
import { packagePath, packageRoot } from "../../package-root.js";
import { untilAborted } from "../../run.js";
import { type Answer, type Op, ops, parseFrame, parseMessage, type Reply, reply } from "./messages.js";
import type { Opening } from "./testbed.js";

interface Pending {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** One that has not ended this long after it was asked to is killed, in milliseconds. */
const patience = 3_000;

/** The scorer's process, seen from the lab. It is started once and not again. */
export class ScorerProcess {
  readonly #child: ChildProcess;
  readonly #pending = new Map<number, Pending>();
  readonly #opened: Promise<unknown>;
  #ended: unknown;
  #lastWords = "";
  #nextId = 1;

  constructor(opening: Opening) {
    // Its arguments and its environment, which other processes can read, tell nothing.
    const child = spawn(process.execPath, entry(), {
      stdio: ["pipe", "ignore", "pipe", "pipe"],
      env: {},
      cwd: packageRoot(),
    });
    this.#child = child;
    const reader = new FrameReader();
    child.stdio[3]!.on("data", (chunk: Buffer) => {
      try {
        for (const frame of reader.push(chunk)) this.#receive(parseFrame(reply, frame));
      } catch (error) {
        this.#end(error);
        child.kill("SIGKILL");
      }
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-4000);
    });
    // A write into a pipe whose reader has died; its end is reported below.
    child.stdin!.on("error", () => undefined);
    child.once("error", (cause) => this.#end(death(`could not be started: ${cause.message}`, cause)));
    child.once("close", (code, signal) =>
      this.#end(
        death(signal ? `was killed by ${signal}` : `exited with code ${code}`, new Error(this.#lastWords.trim())),
      ),
    );
    this.#opened = this.#send("open", opening);
    this.#opened.catch(() => undefined);
  }

  async ask<O extends Op>(op: O, body: object, signal: AbortSignal | undefined): Promise<Answer<O>> {
    signal?.throwIfAborted();
    const asked = this.#opened.then(() => {
      signal?.throwIfAborted();
      return this.#send(op, body);
    });
    return parseMessage<unknown>(ops[op].answer, await (signal ? untilAborted(asked, signal) : asked)) as Answer<O>;
  }

  /** Ends the process, once it has answered what it was asked. */
  async stop(): Promise<void> {
    const child = this.#child;
    await this.#opened.catch(() => undefined);
    if (this.#ended) return;
    const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
    this.#hold(true);
    child.stdin!.end();
    const kill = setTimeout(() => child.kill("SIGKILL"), patience);
    await gone;
    clearTimeout(kill);
  }

  #send(op: Op, body: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended);
      const id = this.#nextId++;
      const frame = encodeFrame({ id, op, body });
      this.#pending.set(id, { resolve, reject });
      this.#hold(true);
      for (const part of frame) this.#child.stdin!.write(part);
    });
  }

  #receive(message: Reply): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (this.#pending.size === 0) this.#hold(false);
    if (message.type === "result") pending?.resolve(message.body);
    else pending?.reject(new WeakToStrongError(message.body.code, message.body.message));
  }

  #end(error: unknown): void {
    this.#ended ??= error;
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }

  /** While something is asked the process stays up for the answer; an idle scorer keeps nobody up. */
  #hold(busy: boolean): void {
    for (const handle of [this.#child, ...this.#child.stdio] as (ChildProcess | Socket | null)[]) {
      if (busy) handle?.ref();
      else handle?.unref();
    }
  }
}

/** TypeScript in a checkout, `dist/` in the package. */
function entry(): string[] {
  return import.meta.filename.endsWith(".ts")
    ? ["--conditions=w2s-source", "--import=tsx", packagePath("src", "scorers", "sealed", "process.ts")]
    : [packagePath("dist", "scorers", "sealed", "process.js")];
}

function death(how: string, cause: Error): WeakToStrongError {
  return new WeakToStrongError(
    "worker_died",
    `The scorer's process ${how}. What it had answered stands in its records: make the scorer again on the same folder and ask again, with the same keys.`,
    { cause },
  );
}
