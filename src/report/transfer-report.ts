import type { TransferRecord } from "../transfer/record.js";
import { type Formats, writeInFormat } from "./write.js";

/** What draws is loaded only when it is asked for. */
const formats: Formats<TransferRecord> = {
  ".html": async (record) => (await import("./transfer-html.js")).toTransferHtml(record),
  ".svg": async (record) => (await import("./transfer-svg.js")).toTransferSvg(record),
  ".json": async (record) => `${JSON.stringify(record, null, 2)}\n`,
};

/**
 * Writes a transfer's results to a file, in the format of its ending: `.html`, `.svg` or `.json`.
 *
 * @throws WeakToStrongError with code `bad_input` for another ending, `storage` where it cannot be written.
 */
export async function writeTransferReport(record: TransferRecord, path: string): Promise<void> {
  await writeInFormat(formats, record, path);
}
