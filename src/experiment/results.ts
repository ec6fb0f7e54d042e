import { toCsv } from "../report/csv.js";
import { formatTable } from "../report/table.js";
import { headline } from "../report/words.js";
import type { ExperimentRecord, ResultRow, ResultRun } from "./record.js";

/** What an experiment found. Printing it shows a table. */
export class Results {
  /** Everything, as plain data. */
  readonly record: ExperimentRecord;

  constructor(record: ExperimentRecord) {
    this.record = record;
  }

  /** One row a method over all seeds; `weak` is the first, `ceiling` the last. */
  get rows(): readonly ResultRow[] {
    return this.record.rows;
  }

  /** One a method, seed and split. */
  get runs(): readonly ResultRun[] {
    return this.record.runs;
  }

  /** What was found, in one sentence. */
  get headline(): string {
    return headline(this.record);
  }

  toJSON(): ExperimentRecord {
    return this.record;
  }

  /** One line a run, with a header (RFC 4180). */
  toCsv(): string {
    return toCsv(this.record);
  }

  /** Accuracy and PGR with their intervals, as a picture. */
  async toSvg(): Promise<string> {
    const { toSvg } = await import("../report/svg.js");
    return toSvg(this.record);
  }

  /**
   * Writes the results to a file, in the format of its ending: `.html` (one self-contained page), `.svg`, `.csv` or
   * `.json`. The file is replaced whole.
   *
   * Errors: `bad_input` for another ending, `storage` where it cannot be written.
   */
  async writeReport(path: string): Promise<void> {
    const { writeReport } = await import("../report/index.js");
    await writeReport(this.record, path);
  }

  /** The table that printing shows. */
  toString(): string {
    return formatTable(this.record);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
