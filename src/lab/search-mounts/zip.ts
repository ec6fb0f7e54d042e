import { open } from "node:fs/promises";
import { Unread } from "./unread.js";

/** Where the bytes of one member of an archive lie in its file. */
export interface Entry {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly deflated: boolean;
}

const endBytes = 22;
const mostEntries = 100_000;

/** The members of a zip archive (APPNOTE 6.3.10) by its central directory; zip64 and encrypted ones are {@link Unread}. */
export async function zipEntries(path: string): Promise<Entry[]> {
  await using file = await open(path);
  const { size } = await file.stat();
  const read = async (from: number, length: number): Promise<Buffer> => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, length)), 0, Math.max(0, length), from);
    return buffer.subarray(0, bytesRead);
  };
  const tailFrom = Math.max(0, size - endBytes - 0xffff);
  const tail = await read(tailFrom, size - tailFrom);
  const end = tail.lastIndexOf("PK\x05\x06", undefined, "latin1");
  if (end < 0 || end + endBytes > tail.length) throw new Unread("a zip archive without its end");
  const count = tail.readUInt16LE(end + 10);
  const length = tail.readUInt32LE(end + 12);
  const from = tail.readUInt32LE(end + 16);
  if (count === 0xffff || from === 0xffffffff || count > mostEntries)
    throw new Unread("a zip archive in the zip64 format");
  const directory = await read(from, length);
  const entries: Entry[] = [];
  for (let at = 0; at + 46 <= directory.length && entries.length < count; ) {
    if (directory.toString("latin1", at, at + 4) !== "PK\x01\x02") throw new Unread("a damaged zip archive");
    const encrypted = (directory.readUInt16LE(at + 8) & 1) === 1;
    const method = directory.readUInt16LE(at + 10);
    if (encrypted || (method !== 0 && method !== 8))
      throw new Unread("a zip archive that is encrypted or packed in another way");
    const compressed = directory.readUInt32LE(at + 20);
    const header = directory.readUInt32LE(at + 42);
    const local = await read(header, 30);
    if (local.length < 30) throw new Unread("a damaged zip archive");
    const start = header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    entries.push({ start, end: start + compressed, deflated: method === 8 });
    at += 46 + directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}
