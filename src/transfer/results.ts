import type { TransferDomain, TransferRecord } from "./record.js";
import { type Trial, trial } from "./trial.js";

/** What a transfer found. */
export class TransferResults {
  /** Everything, as plain data. */
  readonly record: TransferRecord;

  constructor(record: TransferRecord) {
    this.record = record;
  }

  /** One a held-out testbed, in the order given. */
  get domains(): readonly TransferDomain[] {
    return this.record.domains;
  }

  /** {@link trial} of a method against a baseline that was named beforehand. */
  trial(names: { readonly method: string; readonly baseline: string }): Trial {
    return trial(this.record, names);
  }

  toJSON(): TransferRecord {
    return this.record;
  }

  /** Bars of PGR with intervals on each held-out testbed, and the best baseline there as a dashed line. */
  async toSvg(): Promise<string> {
    const { toTransferSvg } = await import("../report/transfer-svg.js");
    return toTransferSvg(this.record);
  }

  /**
   * Writes the results to a file, in the format of its ending: `.html` (one self-contained page), `.svg` or `.json`. The
   * file is replaced whole.
   *
   * Errors: `bad_input` for another ending, `storage` where it cannot be written.
   */
  async writeReport(path: string): Promise<void> {
    const { writeTransferReport } = await import("../report/transfer-report.js");
    await writeTransferReport(this.record, path);
  }
}
