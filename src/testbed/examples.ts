import * as z from "zod";
import type { Input, Kind } from "../data/dataset.js";

/** An example as its source gives it, the truth included. */
export interface SourceExample {
  readonly input: Input;
  /** Index of the right class. */
  readonly label: number;
  /** Examples of one group never lie in different splits (one document, one problem, one author). */
  readonly group?: string;
  /** Verification: the final answer that `choice` gives; two choices of one group with different answers cannot both be right. */
  readonly answer?: string;
  /** Part of the test split to report on apart. */
  readonly subset?: string;
  /** Where it stands, for messages: `train_label.jsonl line 3`. */
  readonly where: string;
}

const text = z
  .string()
  .refine((value) => value.trim() !== "", "expected a text, found an empty one")
  .refine((value) => value.isWellFormed(), "expected well-formed Unicode, found half of a surrogate pair");
const optional = {
  id: z.union([z.string(), z.number()]).optional(),
  subset: z.string().optional(),
  difficulty: z.union([z.string(), z.number()]).optional(),
  group: z.union([z.string(), z.number()]).optional(),
};
const image = z
  .array(z.array(z.number().min(0).max(1)).min(1))
  .min(1)
  .refine((rows) => rows.every((row) => row.length === rows[0]!.length), "expected rows of equal length");

const classNumber = z.int("expected a class number 0, 1, ...").min(0, "expected a class number 0, 1, ...");

/** The formats of JSON lines, one a kind. Unknown fields are ignored. */
const formats = {
  classification: z.union([
    z.object({ text, label: classNumber, ...optional }),
    z.object({ image, label: classNumber, ...optional }),
  ]),
  preference: z.object({
    prompt: z.string(),
    first: text,
    second: text,
    label: z.enum(["A", "B"], 'expected "A" or "B"'),
    ...optional,
  }),
  verification: z.object({
    question: text,
    choice: text,
    label: z.boolean("expected true or false"),
    consistency_id: z.union([z.string(), z.number()]).optional(),
    consistency_key: z.union([z.string(), z.number()]).optional(),
    ...optional,
  }),
} as const;

/** What a row of any kind may say besides. */
export interface RowFields {
  readonly id?: string | number | undefined;
  /** Examples of one group are never cut apart. */
  readonly group?: string | number | undefined;
  /** Part of the test split to report on apart. */
  readonly subset?: string | undefined;
  readonly difficulty?: string | number | undefined;
}

/** One line of a testbed's file, or one element of an array, in the format of its kind. */
export type ExampleRow = RowFields &
  (
    | { readonly text: string; readonly label: number }
    | { readonly image: readonly (readonly number[])[]; readonly label: number }
    | { readonly prompt: string; readonly first: string; readonly second: string; readonly label: "A" | "B" }
    | {
        readonly question: string;
        readonly choice: string;
        readonly label: boolean;
        /** The problem that it is an answer to: a group. */
        readonly consistency_id?: string | number | undefined;
        /** The final answer that `choice` gives. */
        readonly consistency_key?: string | number | undefined;
      }
  );

/** The kind that a row's fields are those of; undefined if none. */
export function kindOf(row: unknown): Kind | undefined {
  if (typeof row !== "object" || row === null) return undefined;
  if ("prompt" in row || "first" in row) return "preference";
  if ("question" in row || "choice" in row) return "verification";
  if ("text" in row || "image" in row) return "classification";
  return undefined;
}

/** The example that a row in the format of `kind` describes; a list of what is wrong with it otherwise. */
export function parseExample(kind: Kind, row: unknown, where: string): SourceExample | string[] {
  // A union's error says only that nothing matched; the one alternative that is meant says what is wrong.
  const schema = kind === "classification" ? formats[kind].options["image" in (row as object) ? 1 : 0] : formats[kind];
  const parsed = schema.safeParse(row);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => {
      const field = issue.path.join(".") || "the line";
      const found = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], row);
      if (found === undefined && issue.path.length > 0) return `field \`${field}\` is missing`;
      const shown = typeof found === "number" ? String(found) : (JSON.stringify(found) ?? "nothing").slice(0, 60);
      return `field \`${field}\`: ${issue.message.replace(/^Invalid input: /, "")}; found ${shown}`;
    });
  }
  const data = parsed.data;
  const group = ("consistency_id" in data ? data.consistency_id : undefined) ?? data.group;
  const common = {
    where,
    ...(group !== undefined && { group: String(group) }),
    ...(data.subset !== undefined && { subset: data.subset }),
  };
  if ("text" in data) return { input: { text: data.text }, label: data.label, ...common };
  if ("image" in data) return { input: { image: data.image }, label: data.label, ...common };
  if ("prompt" in data) {
    const { prompt, first, second } = data;
    return { input: { prompt, first, second }, label: data.label === "A" ? 0 : 1, ...common };
  }
  const { question, choice, consistency_key: answer } = data;
  return {
    input: { question, choice },
    label: data.label ? 1 : 0,
    ...(answer !== undefined && { answer: String(answer) }),
    ...common,
  };
}
