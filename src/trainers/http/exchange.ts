import { type Blob, FrameReader } from "../../data/frame.js";
import { WeakToStrongError } from "../../errors.js";
import { type Message, parseMessage } from "../wire/messages.js";
import { connectionFailure, Lost, otherProtocol, refusal } from "./failures.js";

/** Where the server is, and how to speak of it: messages never hold the token. */
export interface Address {
  /** Ends with a slash. */
  readonly url: URL;
  readonly token: string;
  /** "the trainer server at http://127.0.0.1:8000/". */
  readonly who: string;
  /** The same at the beginning of a sentence. */
  readonly sender: string;
  /** Longest silence, in milliseconds. */
  readonly idle: number;
}

const frames = "application/x-w2s-frames";
const protocol = "1";
/** A link slower than this makes an upload look like a silence: bytes a millisecond. */
const slowest = 100;

/**
 * One HTTP request: yields the messages of its answer as they come. Throws {@link Lost} where the connection breaks or
 * falls silent, and `signal.reason`.
 */
export async function* exchange(
  address: Address,
  method: "GET" | "POST" | "DELETE",
  path: string,
  body: Uint8Array<ArrayBuffer> | undefined,
  signal: AbortSignal,
): AsyncGenerator<{ readonly message: Message; readonly blobs: readonly Blob[] }> {
  const silence = new AbortController();
  const silent = (): void =>
    silence.abort(new Lost(`nothing came for ${Math.round(address.idle / 1000)} s, not even a sign of life.`));
  let timer = setTimeout(silent, address.idle + (body?.length ?? 0) / slowest);
  try {
    const response = await fetch(new URL(path, address.url), {
      method,
      headers: { authorization: `Bearer ${address.token}`, ...(body && { "content-type": frames }) },
      ...(body && { body }),
      redirect: "manual",
      signal: AbortSignal.any([signal, silence.signal]),
    });
    const spoken = response.headers.get("w2s-protocol");
    if (spoken !== null && spoken !== protocol) throw otherProtocol(address.who, spoken);
    if (response.headers.get("content-type") !== frames) throw await refusal(response, address.who);
    const reader = new FrameReader();
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(silent, address.idle);
      for (const frame of read(reader, chunk, address.who)) {
        yield { message: parseMessage(frame, address.sender), blobs: frame.blobs };
      }
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw connectionFailure(silence.signal.aborted ? silence.signal.reason : cause, address.who);
  } finally {
    clearTimeout(timer);
  }
}

function read(reader: FrameReader, chunk: Uint8Array, who: string): ReturnType<FrameReader["push"]> {
  try {
    return reader.push(chunk);
  } catch (cause) {
    if (!WeakToStrongError.isInstance(cause)) throw cause;
    throw new WeakToStrongError("protocol", `What ${who} sent is no frame of the protocol. ${cause.message}`, {
      cause,
    });
  }
}
