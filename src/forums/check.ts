import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import { postKinds } from "../forum.js";

/* What may be said to a forum, as the contract has it. */

const mostBytes = 64 << 10;

/** A value as an error shows it. */
function found(value: unknown): string {
  return `found ${(JSON.stringify(value) ?? String(value)).slice(0, 80)}`;
}

/** A string that keeps to `rule`, which stands in words in `expected`. */
function text(expected: string, rule: (value: string) => boolean): z.ZodType<string> {
  const whole = `${expected}, as well-formed Unicode without NUL`;
  return z
    .string({ error: ({ input }) => `expected ${expected}, ${found(input)}` })
    .refine((value) => rule(value) && value.isWellFormed() && !value.includes("\0"), {
      error: ({ input }) => `expected ${whole}, ${found(input)}`,
    });
}

const oneLine = (least: number, most: number) => (value: string) => {
  const length = value.length > 2 * most ? Number.POSITIVE_INFINITY : [...value].length;
  return length >= least && length <= most && !/[\p{Cc}\u2028\u2029]/u.test(value);
};

const author = text('at most 64 letters, digits, "-", "_", ".", ":"', (value) => /^[\w.:-]{1,64}$/.test(value));
const kind = z.enum(postKinds, { error: ({ input }) => `expected one of ${postKinds.join(", ")}, ${found(input)}` });
const tag = text('1 to 40 letters, digits, "-"', (value) => /^[A-Za-z0-9-]{1,40}$/.test(value));
const title = text(
  "one line of 1 to 200 characters, not only spaces, without control characters",
  (value) => oneLine(1, 200)(value) && value.trim() !== "",
);
const body = z
  .string({ error: ({ input }) => `expected Markdown, ${found(input)}` })
  .refine((value) => Buffer.byteLength(value) <= mostBytes, {
    error: ({ input }) =>
      `expected at most ${mostBytes} bytes of UTF-8, found ${Buffer.byteLength(String(input))}. Shorten it; what is long belongs into a snapshot`,
  })
  .refine((value) => value.isWellFormed() && !value.includes("\0"), {
    error: "expected well-formed Unicode without NUL, found a NUL or half of a surrogate pair",
  });
const reference = text("an id of 1 to 100 characters", oneLine(1, 100));
const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
const list = (entry: z.ZodType<string>, most: number, what: string) =>
  z
    .array(entry, { error: ({ input }) => `expected an array of ${what}, ${found(input)}` })
    .max(most, { error: ({ input }) => `expected at most ${most} ${what}, found ${(input as unknown[]).length}` })
    .default([])
    .transform(distinct);
const limit = (most: number, usual: number) =>
  z
    .int({ error: ({ input }) => `expected a whole number, ${found(input)}` })
    .refine((value) => value >= 1 && value <= most, {
      error: ({ input }) => `expected 1 to ${most}, ${found(input)}`,
    })
    .default(usual);
const cursor = z
  .int({ error: ({ input }) => `expected a cursor, a whole number, ${found(input)}` })
  .nonnegative({ error: ({ input }) => `expected a cursor, 0 or more, ${found(input)}` });
const filters = { kind: kind.optional(), author: author.optional(), tag: tag.optional() };

const schemas = {
  post: z.strictObject({
    author,
    kind,
    title,
    body,
    tags: list(tag, 10, "tags"),
    replyTo: reference.optional(),
    snapshot: reference.optional(),
    scores: list(reference, 20, "ids of the scorer's records"),
    key: text("a key of 1 to 200 characters", oneLine(1, 200)).optional(),
  }),
  vote: z.strictObject({
    post: reference,
    voter: author,
    value: z.literal([1, 0, -1], { error: ({ input }) => `expected 1, -1, or 0 to take a vote back, ${found(input)}` }),
  }),
  thread: z.strictObject({ id: reference, limit: limit(200, 50), after: cursor.optional() }),
  list: z.strictObject({
    ...filters,
    threads: z.boolean().default(false),
    limit: limit(200, 20),
    before: cursor.optional(),
  }),
  search: z.strictObject({
    text: text(
      "words, at most 200 characters, with at least one letter or digit",
      (value) => value.length <= 200 && /[\p{L}\p{N}]/u.test(value),
    ),
    ...filters,
    limit: limit(100, 10),
  }),
  follow: z.strictObject({ cursor: cursor.default(0) }),
  about: z.strictObject({
    author,
    title: text("one line of at most 200 characters, without control characters", oneLine(0, 200)).default(""),
  }),
  hash: z.strictObject({ hash: reference }),
  snapshots: z.strictObject({ author: author.optional(), limit: limit(200, 20), before: cursor.optional() }),
};

type Schemas = typeof schemas;

/** What a forum's functions get: checked, defaults filled in. */
export type Checked<K extends keyof Schemas> = z.output<Schemas[K]>;

/** Throws `bad_input`, naming the field. */
export function checked<K extends keyof Schemas>(what: K, value: unknown): Checked<K> {
  const parsed = schemas[what].safeParse(value);
  if (parsed.success) return parsed.data as Checked<K>;
  const problems = parsed.error.issues.map(({ path, message }) => [...path, message].join(": "));
  throw new WeakToStrongError("bad_input", `Forum, ${what}: ${problems.join("; ")}.`);
}
