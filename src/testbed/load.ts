import { createReadStream, existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { WeakToStrongError } from "../errors.js";
import { createTestbed, LocatedRow, type RowSource, type TestbedOptions } from "./create.js";
import type { ExampleRow } from "./examples.js";
import { splitNames, type Testbed } from "./testbed.js";

/** Everything that {@link createTestbed} takes, but for the rows, which come from the folder. */
export type LoadOptions = Partial<Omit<TestbedOptions, "train_label" | "train_unlabel" | "test">>;

/**
 * Loads a testbed from a folder with `train_label.jsonl`, `train_unlabel.jsonl` and `test.jsonl` in the formats of
 * docs/own-data.md. Its name is the folder's unless one is given.
 *
 * Errors: `not_found` for a missing file; `bad_input`, naming file, line and field, for what is in them.
 */
export function loadTestbed(folder: string, options: LoadOptions = {}): Promise<Testbed> {
  const [train_label, train_unlabel, test] = splitNames.map((split) => readRows(join(folder, `${split}.jsonl`)));
  return createTestbed({
    name: basename(resolve(folder)),
    description: `the JSON lines of the folder ${basename(resolve(folder))}`,
    ...options,
    train_label: train_label!,
    train_unlabel: train_unlabel!,
    test: test!,
  });
}

/** The rows of a file, each knowing its line; what they hold is checked by {@link createTestbed}. */
function readRows(path: string): RowSource {
  return readJsonLines(path) as AsyncIterable<unknown> as AsyncIterable<ExampleRow>;
}

async function* readJsonLines(path: string): AsyncGenerator<LocatedRow> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 0;
  for await (const bytes of readLines(path)) {
    const where = `${basename(path)} line ${++line}`;
    let content: string;
    try {
      content = decoder.decode(bytes);
    } catch (cause) {
      throw new WeakToStrongError(
        "bad_input",
        `${where}: not valid UTF-8. Convert the file, for instance with iconv.`,
        { cause },
      );
    }
    if (content.trim() === "") continue;
    let row: unknown;
    try {
      row = JSON.parse(content);
    } catch (cause) {
      const end = content.length > 40 ? `…${content.slice(-40)}` : content;
      throw new WeakToStrongError(
        "bad_input",
        `${where}: expected one JSON object a line, found text that is not JSON (${(cause as Error).message}). It ends in ${JSON.stringify(end)}; if it breaks off there, the file was cut short: copy it again.`,
        { cause },
      );
    }
    yield new LocatedRow(row, where);
  }
}

async function* readLines(path: string): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path)) {
      let bytes: Buffer = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer);
      for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10)) {
        yield bytes.subarray(0, end);
        bytes = bytes.subarray(end + 1);
      }
      rest = bytes;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new WeakToStrongError(
      (cause as NodeJS.ErrnoException).code === "ENOENT" ? "not_found" : "bad_input",
      `${resolve(path)} cannot be read (${(cause as NodeJS.ErrnoException).code}${existsSync(dirname(path)) ? "" : ": the folder does not exist"}). A testbed's folder has train_label.jsonl, train_unlabel.jsonl and test.jsonl.`,
      { cause },
    );
  }
  if (rest.length > 0) yield rest;
}
