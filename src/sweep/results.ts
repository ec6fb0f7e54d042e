import { toSweepCsv } from "../report/sweep-csv.js";
import { formatSweep } from "../report/sweep-table.js";
import type { SweepMethod, SweepModel, SweepPair, SweepRecord } from "./record.js";

/** What a sweep found. Printing it shows tables. */
export class SweepResults {
  /** Everything, as plain data. */
  readonly record: SweepRecord;

  constructor(record: SweepRecord) {
    this.record = record;
  }

  /** The ladder, from the weakest model to the strongest, each trained on the truth. */
  get models(): readonly SweepModel[] {
    return this.record.models;
  }

  /** Each method's median PGR, and over how many pairs. */
  get methods(): readonly SweepMethod[] {
    return this.record.methods;
  }

  /** Teachers from the weakest on, each with its students from the weakest on. */
  get pairs(): readonly SweepPair[] {
    return this.record.pairs;
  }

  toJSON(): SweepRecord {
    return this.record;
  }

  /** One line a pair and run, with a header (RFC 4180). */
  toCsv(): string {
    return toSweepCsv(this.record);
  }

  /** Each method's scores by student, one line a teacher, below the dashed line of the ceilings. */
  async toSvg(): Promise<string> {
    const { toSweepSvg } = await import("../report/sweep-svg.js");
    return toSweepSvg(this.record);
  }

  /**
   * Writes the results to a file, in the format of its ending: `.html` (one self-contained page), `.svg`, `.csv` or
   * `.json`. The file is replaced whole.
   *
   * Errors: `bad_input` for another ending, `storage` where it cannot be written.
   */
  async writeReport(path: string): Promise<void> {
    const { writeSweepReport } = await import("../report/sweep-report.js");
    await writeSweepReport(this.record, path);
  }

  /** The tables that printing shows. */
  toString(): string {
    return formatSweep(this.record);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
