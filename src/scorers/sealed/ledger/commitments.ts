import { createHmac, randomBytes } from "node:crypto";
import * as z from "zod";
import type { Json } from "../../../agent.js";
import { canonicalCopy, canonicalJson } from "./json.js";

/**
 * One line of `hidden.jsonl`: what opens the commitment of entry `seq`. The salt is what hides: without it, whoever sees
 * the commitment to an accuracy would find it by trying all thousand.
 */
export interface Opening {
  readonly seq: number;
  /** 32 random bytes, in hexadecimal digits. */
  readonly salt: string;
  readonly value: Json;
}

export const openingSchema = z.strictObject({
  seq: z.int().min(0),
  salt: z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits"),
  value: z.unknown(),
});

/** The opening of a new commitment, which keeps a copy of `value`. */
export function hide(seq: number, value: Json): Opening {
  return canonicalCopy({ seq, salt: randomBytes(32).toString("hex"), value }, "hidden") as Opening;
}

/** HMAC-SHA-256 with the salt as its key, over the canonical JSON of the value: it hides the value and binds to it. */
export function commitmentTo({ salt, value }: Opening): string {
  return createHmac("sha256", Buffer.from(salt, "hex")).update(canonicalJson(value)).digest("hex");
}
