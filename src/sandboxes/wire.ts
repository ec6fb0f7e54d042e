import * as z from "zod";
import { WeakToStrongError } from "../errors.js";

/*
 * Frames between the host and the helper inside (python/w2s_sandbox/wire.py): lengths of header and payload (uint32,
 * little-endian), a JSON header, bytes. The helper runs where an agent does, so nothing that it says is taken on trust.
 */

const prefixBytes = 8;
const headerLimit = 32 << 20;

const id = z.number().int().nonnegative();
const exit = z.object({ exitCode: z.number().int().nullable(), signal: z.string().max(20).nullable() });

const helperHeader = z.union([
  z.object({ id, ok: z.record(z.string(), z.json()) }),
  z.object({
    id,
    error: z.object({
      code: z.enum(["bad_input", "not_found", "storage", "failed"]),
      message: z.string().max(2000),
    }),
  }),
  z.object({ stream: id, of: z.enum(["stdout", "stderr"]), end: z.boolean().optional() }),
  z.object({ stream: id, exit }),
]);

/** What a frame from the helper says, besides its payload. */
export type HelperHeader = z.infer<typeof helperHeader>;

/** What the helper answers to each request. */
export const answers = {
  start: z.object({ python: z.string().max(50) }),
  nothing: z.object({}),
  spawn: z.object({ pid: z.number().int().positive() }),
  exec: exit.extend({
    outputBytes: z.number().int().nonnegative(),
    /** Bytes of the payload that are the output's beginning; the rest is its end. */
    head: z.number().int().nonnegative(),
    timedOut: z.boolean(),
    duration: z.number().nonnegative(),
    notices: z.array(z.string().max(500)).max(20),
    programs: z.record(z.string().max(100), z.number().int().positive()),
  }),
  list: z.object({
    entries: z
      .array(
        z.object({
          name: z.string().max(1024),
          type: z.enum(["file", "folder", "link", "other"]),
          bytes: z.number().nonnegative(),
        }),
      )
      .max(10_000),
  }),
  snapshot: z.object({
    files: z.array(
      z.object({ path: z.string().max(4096), executable: z.boolean(), bytes: z.number().int().nonnegative() }),
    ),
    skipped: z.array(z.string()).max(1000),
  }),
} as const;

/** A request, in bytes. */
export function encodeRequest(header: object, payload: Uint8Array = new Uint8Array()): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(header), "utf8");
  if (payload.length > 0xffff_ffff) throw new WeakToStrongError("bad_input", "More than 4 GiB for a sandbox at once.");
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32LE(text.length, 0);
  prefix.writeUInt32LE(payload.length, 4);
  return payload.length > 0 ? [prefix, text, payload] : [prefix, text];
}

/** Cuts the helper's bytes into frames. `limit` gives the largest payload that may follow a header. */
export class HelperFrames {
  readonly #limit: (header: HelperHeader) => number;
  #chunks: Buffer[] = [];
  #length = 0;
  #header: { readonly value: HelperHeader; readonly payload: number } | undefined;
  #needed = prefixBytes;

  constructor(limit: (header: HelperHeader) => number) {
    this.#limit = limit;
  }

  /** Takes more bytes and returns the frames that they complete. Throws `protocol` for what is none. */
  push(chunk: Buffer): { readonly header: HelperHeader; readonly payload: Buffer }[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: { header: HelperHeader; payload: Buffer }[] = [];
    while (this.#length >= this.#needed) {
      const bytes = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#length);
      if (this.#header) {
        const { value, payload } = this.#header;
        frames.push({ header: value, payload: bytes.subarray(0, payload) });
        this.#header = undefined;
        this.#rest(bytes.subarray(payload), prefixBytes);
        continue;
      }
      const headerBytes = bytes.readUInt32LE(0);
      const payload = bytes.readUInt32LE(4);
      if (headerBytes > headerLimit) throw broken(`a header of ${headerBytes} bytes`);
      const end = prefixBytes + headerBytes;
      if (bytes.length < end) {
        this.#rest(bytes, end);
        continue;
      }
      const value = parseHeader(bytes.toString("utf8", prefixBytes, end));
      if (payload > this.#limit(value)) throw broken(`${payload} bytes where fewer were asked for`);
      this.#header = { value, payload };
      this.#rest(bytes.subarray(end), payload);
    }
    return frames;
  }

  #rest(bytes: Buffer, needed: number): void {
    this.#chunks = [bytes];
    this.#length = bytes.length;
    this.#needed = needed;
  }
}

function parseHeader(text: string): HelperHeader {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw broken("a header that is no JSON");
  }
  const parsed = helperHeader.safeParse(value);
  if (!parsed.success) throw broken(`a header of no known form (${text.slice(0, 100)})`);
  return parsed.data;
}

export function broken(what: string): WeakToStrongError {
  return new WeakToStrongError("protocol", `The helper inside the sandbox sent ${what}. Dispose of the sandbox.`);
}
