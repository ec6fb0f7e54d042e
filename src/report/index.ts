import type { ExperimentRecord } from "../experiment/record.js";
import { type Formats, writeInFormat } from "./write.js";

/** How each kind of file is made; what draws is loaded only when it is asked for. */
const formats: Formats<ExperimentRecord> = {
  ".html": async (record) => (await import("./html.js")).toHtml(record),
  ".svg": async (record) => (await import("./svg.js")).toSvg(record),
  ".csv": async (record) => (await import("./csv.js")).toCsv(record),
  ".json": async (record) => `${JSON.stringify(record, null, 2)}\n`,
};

/**
 * Writes the results to a file, in the format of its ending: `.html`, `.svg`, `.csv` or `.json`. Folders are made; the
 * file is replaced whole or not at all.
 *
 * @throws WeakToStrongError with code `bad_input` for another ending, `storage` where it cannot be written.
 */
export async function writeReport(record: ExperimentRecord, path: string): Promise<void> {
  await writeInFormat(formats, record, path);
}
