import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import { tool } from "./tool.js";

const path = z.string().min(1).max(1000).describe("Absolute, or relative to /work.");
const mostShown = 2000;

export const readFile = tool({
  name: "read_file",
  description: "Shows lines of a text file in your sandbox, each with its number.",
  input: z.strictObject({
    path,
    from: z.int().min(1).default(1).describe("First line, from 1."),
    lines: z.int().min(1).max(mostShown).default(400),
  }),
  async run({ path, from, lines }, { sandbox, signal }) {
    const text = new TextDecoder().decode(await (await sandbox()).files.read(path, { signal }));
    const all = text.split("\n");
    if (all.at(-1) === "") all.pop();
    const shown = all.slice(from - 1, from - 1 + lines).map((line, index) => `${from + index}\t${line}`);
    const rest = all.length - (from - 1 + shown.length);
    if (rest > 0) shown.push(`(${rest} more lines; the file has ${all.length})`);
    return shown.join("\n") || `(no line ${from}: the file has ${all.length})`;
  },
});

export const writeFile = tool({
  name: "write_file",
  description: "Writes a text file in your sandbox, whole; folders above it are made. What was there is replaced.",
  input: z.strictObject({ path, content: z.string().max(4 << 20) }),
  async run({ path, content }, { sandbox, signal }) {
    await (await sandbox()).files.write(path, content, { signal });
    return `Wrote ${Buffer.byteLength(content)} bytes to ${path}.`;
  },
});

export const editFile = tool({
  name: "edit_file",
  description: "Replaces one passage of a text file in your sandbox. `old` must appear in it exactly once.",
  input: z.strictObject({ path, old: z.string().min(1), new: z.string() }),
  async run({ path, old, new: replacement }, { sandbox, signal }) {
    const { files } = await sandbox();
    const text = new TextDecoder().decode(await files.read(path, { signal }));
    const found = text.split(old).length - 1;
    if (found !== 1) {
      throw new WeakToStrongError(
        "bad_input",
        `\`old\` appears ${found} times in ${path}; it must appear exactly once. ${found ? "Give more of what is around it." : "Read the file again: it must match to the character."}`,
      );
    }
    await files.write(
      path,
      text.replace(old, () => replacement),
      { signal },
    );
    return `Replaced it in ${path}.`;
  },
});

export const listFiles = tool({
  name: "list_files",
  description: "Lists a folder of your sandbox.",
  input: z.strictObject({ path: path.default("/work") }),
  async run({ path }, { sandbox, signal }) {
    const entries = await (await sandbox()).files.list(path, { signal });
    const lines = entries.map(({ name, type, bytes }) =>
      type === "file" ? `${name}  ${bytes} bytes` : `${name}${type === "folder" ? "/" : `  (${type})`}`,
    );
    return lines.join("\n") || "(empty)";
  },
});
