import type { LabRecord } from "../lab/record.js";
import { type Formats, writeInFormat } from "./write.js";

/** What draws is loaded only when it is asked for. */
const formats: Formats<LabRecord> = {
  ".html": async (record) => (await import("./lab-html.js")).toLabHtml(record),
  ".svg": async (record) => (await import("./lab-svg.js")).toLabSvg(record),
  ".csv": async (record) => (await import("./lab-csv.js")).toLabCsv(record),
  ".json": async (record) => `${JSON.stringify(record, null, 2)}\n`,
};

/**
 * Writes a lab's outcome to a file, in the format of its ending: `.html`, `.svg`, `.csv` or `.json`.
 *
 * @throws WeakToStrongError with code `bad_input` for another ending, `storage` where it cannot be written.
 */
export async function writeLabReport(record: LabRecord, path: string): Promise<void> {
  await writeInFormat(formats, record, path);
}
