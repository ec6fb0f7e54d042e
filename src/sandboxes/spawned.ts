import type { SandboxProcess } from "../sandbox.js";
import type { HelperConnection } from "./connection.js";
import { answers, broken } from "./wire.js";

type StreamName = "stdout" | "stderr";

/** Bytes of a stream that may be on their way before any has been read (`WINDOW` of python/w2s_sandbox/output.py). */
const windowBytes = 1 << 18;
/** Bytes of one write; the next waits until the program has taken them. */
const pieceBytes = 1 << 16;

/** Starts a program and gives its streams. No more is under way than the other side has room for. */
export async function spawnInside(connection: HelperConnection, body: object): Promise<SandboxProcess> {
  const exit = Promise.withResolvers<Awaited<SandboxProcess["exit"]>>();
  exit.promise.catch(() => undefined); // nobody has to wait for it
  const outputs = new Map<StreamName, Output>();
  let of = 0;
  let open = 3;
  const ended = (): void => {
    if (--open === 0) connection.unlisten(of);
  };
  for (const stream of ["stdout", "stderr"] as const) {
    outputs.set(
      stream,
      new Output({
        credit: (bytes) => connection.tell("credit", { of, stream, bytes }),
        drop: () => connection.tell("drop", { of, stream }),
      }),
    );
  }
  const begin = (id: number): void => {
    of = id;
    connection.listen(id, {
      take(header, payload) {
        if ("exit" in header) {
          exit.resolve(header.exit);
          ended();
        } else if (header.end) {
          outputs.get(header.of)!.end();
          ended();
        } else {
          outputs.get(header.of)!.add(payload);
        }
      },
      fail(error) {
        exit.reject(error);
        for (const output of outputs.values()) output.fail(error);
      },
    });
  };
  try {
    await connection.ask("spawn", answers.spawn, body, { what: "spawn", asked: begin });
  } catch (error) {
    connection.unlisten(of);
    throw error;
  }
  const closeInput = (): void => connection.tell("stdin-end", { of });
  return {
    stdout: outputs.get("stdout")!.stream,
    stderr: outputs.get("stderr")!.stream,
    stdin: new WritableStream<Uint8Array>({
      async write(chunk) {
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          const payload = chunk.subarray(at, at + pieceBytes);
          await connection.ask("stdin", answers.nothing, { of }, { payload, what: "standard input" });
        }
      },
      close: closeInput,
      abort: closeInput,
    }),
    exit: exit.promise,
    async kill(signal = "SIGKILL") {
      connection.tell("kill", { of, signal });
    },
  };
}

/** One stream of a program. What has been read here is room for as much again. */
class Output {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #taken = 0;
  #room = windowBytes;

  constructor(tell: { credit(bytes: number): void; drop(): void }) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => {
          if (this.#taken > 0) tell.credit(this.#taken);
          this.#room += this.#taken;
          this.#taken = 0;
        },
        cancel: () => {
          this.#controller = undefined;
          tell.drop();
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 2 * pieceBytes }),
    );
  }

  add(payload: Buffer): void {
    this.#room -= payload.length;
    if (this.#room < 0) throw broken("more output than there was room for");
    this.#taken += payload.length;
    this.#controller?.enqueue(new Uint8Array(payload));
  }

  end(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }

  fail(error: unknown): void {
    this.#controller?.error(error);
    this.#controller = undefined;
  }
}
