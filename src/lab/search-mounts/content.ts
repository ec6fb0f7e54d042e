import { closeSync, createReadStream, openSync, readSync } from "node:fs";
import { pipeline, Readable, type Transform } from "node:stream";
import { createGunzip, createInflateRaw, createZstdDecompress } from "node:zlib";
import { Unread } from "./unread.js";
import { type Entry, zipEntries } from "./zip.js";

/** Bytes that one file may unfold into. */
const mostUnfolded = 1 << 30;
/** How deep archives may lie in one another. */
const mostDepth = 3;

/**
 * Gives the content of a file in blocks, unfolded where it is compressed; `begin` is called before each part's first
 * block. Plain files are read into `block`, so that each is only good until the next is asked for. Throws {@link Unread}.
 */
export async function* contentOf(path: string, block: Buffer, begin: () => void): AsyncGenerator<Uint8Array> {
  const descriptor = openSync(path, "r");
  let zip: boolean;
  try {
    const length = readSync(descriptor, block, 0, block.length, 0);
    const kind = kindOf(block.subarray(0, length));
    if (kind === "plain") {
      begin();
      for (let from = 0, read = length; read > 0; read = readSync(descriptor, block, 0, block.length, from)) {
        from += read;
        yield block.subarray(0, read);
        if (read < block.length) return;
      }
      return;
    }
    if (kind === "skip") return;
    zip = kind === "zip";
  } finally {
    closeSync(descriptor);
  }
  const budget = { left: mostUnfolded };
  if (zip) {
    let first: Unread | undefined;
    for (const entry of await zipEntries(path)) {
      try {
        yield* zipEntry(path, entry, begin, budget);
      } catch (error) {
        if (!(error instanceof Unread)) throw error;
        first ??= error; // the other members are looked at all the same
      }
    }
    if (first) throw first;
  } else yield* unfolded(createReadStream(path), begin, 0, budget);
}

async function* zipEntry(
  path: string,
  { start, end, deflated }: Entry,
  begin: () => void,
  budget: { left: number },
): AsyncGenerator<Uint8Array> {
  if (end <= start) return;
  const raw = createReadStream(path, { start, end: end - 1 });
  yield* unfolded(deflated ? through(raw, createInflateRaw()) : raw, begin, 1, budget);
}

async function* unfolded(
  source: Readable,
  begin: () => void,
  depth: number,
  budget: { left: number },
): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const { value: first, done } = await iterator.next();
  if (done) return;
  const all = Readable.from(after(first, iterator), { objectMode: false });
  const kind = kindOf(first);
  if (kind === "gzip" || kind === "zstd") {
    if (depth >= mostDepth) throw new Unread(`compressed more than ${mostDepth} times over`);
    yield* unfolded(through(all, kind === "gzip" ? createGunzip() : createZstdDecompress()), begin, depth + 1, budget);
    return;
  }
  if (kind === "zip") throw new Unread("a zip archive inside another archive");
  if (kind === "skip") return;
  begin();
  for await (const block of all as AsyncIterable<Buffer>) {
    budget.left -= block.length;
    if (budget.left < 0) throw new Unread(`more than ${mostUnfolded} bytes when unfolded`);
    yield block;
  }
}

async function* after(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

function through(source: Readable, transform: Transform): Readable {
  return pipeline(source, transform, () => undefined); // an error reaches whoever reads
}

/** By the first bytes. Throws {@link Unread} for what only other programs can open. */
function kindOf(bytes: Buffer | Uint8Array): "plain" | "gzip" | "zip" | "zstd" | "skip" {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(8, bytes.byteLength)).toString("latin1");
  if (start.startsWith("\x1f\x8b")) return "gzip";
  if (start.startsWith("PK\x03\x04")) return "zip";
  if (start.startsWith("\x28\xb5\x2f\xfd")) return "zstd";
  if (start.startsWith("\x7fELF")) return "skip";
  for (const [magic, name] of Object.entries(closed)) {
    if (start.startsWith(magic)) throw new Unread(`it is ${name}, which is not opened`);
  }
  return "plain";
}

const closed = {
  BZh: "bzip2",
  "\xfd7zXZ": "xz",
  "7z\xbc\xaf": "7z",
  PAR1: "Parquet",
  ARROW1: "Arrow",
  "\x89HDF": "HDF5",
};
