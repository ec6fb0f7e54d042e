import type { SweepRecord } from "../sweep/record.js";
import { type Formats, writeInFormat } from "./write.js";

/** What draws is loaded only when it is asked for. */
const formats: Formats<SweepRecord> = {
  ".html": async (record) => (await import("./sweep-html.js")).toSweepHtml(record),
  ".svg": async (record) => (await import("./sweep-svg.js")).toSweepSvg(record),
  ".csv": async (record) => (await import("./sweep-csv.js")).toSweepCsv(record),
  ".json": async (record) => `${JSON.stringify(record, null, 2)}\n`,
};

/**
 * Writes a sweep's results to a file, in the format of its ending: `.html`, `.svg`, `.csv` or `.json`.
 *
 * @throws WeakToStrongError with code `bad_input` for another ending, `storage` where it cannot be written.
 */
export async function writeSweepReport(record: SweepRecord, path: string): Promise<void> {
  await writeInFormat(formats, record, path);
}
