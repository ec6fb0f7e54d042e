import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Input } from "../../data/dataset.js";
import type { SnapshotFile } from "../../data/snapshot.js";

const algorithms = ["md5", "sha1", "sha256", "sha512", "blake2b512"] as const;

/** Bytes of a file that are searched; one that is longer asks for a look anyway. */
const searched = 4 << 20;

/**
 * How many of `inputs` have a digest of their text among the files: MD5, SHA-1, SHA-2, BLAKE2b (its first eight hexadecimal
 * digits or more, or as a decimal number) or CRC-32. By chance a number of eight hexadecimal digits is one of 100,000
 * digests once in 43,000 times. A digest with a salt, or of a text made up otherwise, is not recognised.
 */
export function recognised(inputs: readonly Input[], files: readonly SnapshotFile[]): number {
  const tokens = new Set<string>();
  for (const { content } of files) {
    const text = Buffer.from(content.subarray(0, searched)).toString("latin1");
    for (const [run] of text.matchAll(/(?<![0-9a-zA-Z])(0x)?[0-9a-fA-F]{8,128}(?![0-9a-zA-Z])/g)) {
      tokens.add(run.replace(/^0x/, "").slice(0, 8).toLowerCase());
    }
    for (const [run] of text.matchAll(/(?<![0-9a-zA-Z])\d{8,20}(?![0-9a-zA-Z])/g)) {
      const hex = BigInt(run).toString(16);
      tokens.add(hex.padStart(hex.length > 8 ? 16 : 8, "0").slice(0, 8));
    }
  }
  if (tokens.size === 0) return 0;
  return inputs.filter((input) => textsOf(input).some((text) => digestsOf(text).some((start) => tokens.has(start))))
    .length;
}

function digestsOf(text: string): string[] {
  const full = algorithms.map((name) => createHash(name).update(text).digest("hex").slice(0, 8));
  return [...full, crc32(text).toString(16).padStart(8, "0")];
}

/** The texts by which a program would know an input: each field, and all of them joined. */
function textsOf(input: Input): string[] {
  const fields = Object.values(input).filter((value): value is string => typeof value === "string");
  const joined = ["", " ", "\n", "\t", "|", "||"].map((between) => fields.join(between));
  return [...new Set([...fields, ...(fields.length > 1 ? joined : []), JSON.stringify(input)])];
}
