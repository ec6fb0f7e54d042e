import * as z from "zod";
import type { Code } from "../../clean-room.js";
import { contentHash } from "../../data/canonical.js";
import { checkSnapshotPath, snapshot } from "../../data/snapshot.js";
import { WeakToStrongError } from "../../errors.js";

/** Files and bytes of a submission: code, not data. */
const limits = { files: 200, bytes: 4 << 20 };

const option = z.union([z.string().max(1000), z.number(), z.boolean()]);
const program = z.object({ type: z.literal("program"), file: z.string().min(1).max(1000) });
const library = z.object({
  type: z.literal("library"),
  name: z.string().min(1).max(80),
  options: z.record(z.string(), option),
});
const file = { path: z.string(), executable: z.boolean() };
/** Counted before each is looked at. */
const few = z.custom<unknown[]>(
  (value) => !Array.isArray(value) || value.length <= limits.files,
  `a submission has at most ${limits.files} files`,
);

/** Submitted code as it comes from a caller, with the form of code and no more. */
export const codeSchema = z.discriminatedUnion("type", [
  program.extend({
    snapshot: z.object({
      hash: z.string(),
      files: few.pipe(z.array(z.object({ ...file, content: z.instanceof(Uint8Array) }))),
    }),
  }),
  library,
]);

/** Submitted code as JSON has it. */
export const codeOnWire = z.discriminatedUnion("type", [
  program.extend({ files: few.pipe(z.array(z.object({ ...file, base64: z.base64() }))) }),
  library,
]);

export type CodeOnWire = z.infer<typeof codeOnWire>;

export function toWire(code: Code): CodeOnWire {
  if (code.type === "library") return { type: code.type, name: code.name, options: { ...code.options } };
  const files = code.snapshot.files.map(({ path, executable, content }) => ({
    path,
    executable,
    base64: Buffer.from(content).toString("base64"),
  }));
  return { type: code.type, file: code.file, files };
}

/** Throws `bad_input` for paths that leave the snapshot, a file that is not in it, and more than code has. */
export function fromWire(code: CodeOnWire): Code {
  if (code.type === "library") return code;
  const { file } = code;
  const files = code.files.map(({ path, executable, base64 }) => ({
    path,
    executable,
    content: new Uint8Array(Buffer.from(base64, "base64")),
  }));
  checkSnapshotPath(file);
  if (!files.some(({ path }) => path === file)) {
    throw new WeakToStrongError(
      "bad_input",
      `submit: code.file: expected one of the snapshot's ${files.length} files, found ${JSON.stringify(file.slice(0, 200))}.`,
    );
  }
  return { type: code.type, file, snapshot: snapshot(files, limits) };
}

/** Names code by its content: the files and which of them is run, or a library method with its options. */
export function codeHash(code: Code): string {
  return code.type === "program"
    ? contentHash(["program", code.snapshot.hash, code.file])
    : contentHash(["library", code.name, code.options]);
}
