import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { WeakToStrongError } from "../errors.js";

/** Lower-case hexadecimal SHA-256 of a string (as UTF-8) or of bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/**
 * SHA-256 over the canonical JSON (RFC 8785) of plain data. A typed array, which JSON would write as an object, enters
 * as its type, length and the hash of its little-endian bytes. Throws `bad_input`, naming the place, for what JSON cannot
 * hold: NaN, infinities, half a surrogate pair.
 */
export function contentHash(value: unknown): string {
  return sha256(canonicalize(hashable(value, "")) ?? "null");
}

function hashable(value: unknown, path: string): unknown {
  if ((typeof value === "number" && !Number.isFinite(value)) || (typeof value === "string" && !value.isWellFormed())) {
    const found =
      typeof value === "number"
        ? String(value)
        : `${JSON.stringify(value.slice(0, 40))}, with half of a surrogate pair`;
    throw new WeakToStrongError(
      "bad_input",
      `${path || "value"}: expected something that JSON can hold, found ${found}.`,
    );
  }
  if (ArrayBuffer.isView(value)) {
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    return { $array: value.constructor.name, bytes: value.byteLength, sha256: sha256(bytes) };
  }
  if (Array.isArray(value)) return value.map((entry, index) => hashable(entry, `${path}[${index}]`));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, hashable(entry, path ? `${path}.${key}` : key)]),
    );
  }
  return value;
}
