import { randomUUID } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { WeakToStrongError } from "../errors.js";

/** How the text of each kind of file is made, by its ending. */
export type Formats<Kept> = Readonly<Record<string, (record: Kept) => Promise<string>>>;

/**
 * Writes a record in the format of the path's ending. Folders are made; the file is replaced whole or not at all.
 *
 * @throws WeakToStrongError with code `bad_input` for another ending, `storage` where it cannot be written.
 */
export async function writeInFormat<Kept>(formats: Formats<Kept>, record: Kept, path: string): Promise<void> {
  const format = formats[extname(path).toLowerCase()];
  if (format === undefined) {
    const known = Object.keys(formats).join(", ");
    throw new WeakToStrongError("bad_input", `The ending of "path" must be one of ${known}, found "${path}".`);
  }
  const text = await format(record);
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeDurably(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    const why = cause instanceof Error ? cause.message : String(cause);
    const message = `The report could not be written to "${path}" (${why}). Name a folder with space that you may write to.`;
    throw new WeakToStrongError("storage", message, { cause });
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(text, "utf8");
    await file.sync();
  } finally {
    await file.close();
  }
}
