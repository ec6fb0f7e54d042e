import { toLabCsv } from "../report/lab-csv.js";
import { formatLab } from "../report/lab-table.js";
import { labHeadline } from "../report/lab-words.js";
import { type LabAgentRecord, type LabRecord, type LabStanding, parseLabRecord } from "./record.js";

/** What a lab came to. Printing it shows tables. */
export class LabOutcome {
  /** Everything, as plain data. */
  readonly record: LabRecord;

  constructor(record: LabRecord) {
    this.record = record;
  }

  /**
   * An outcome whose JSON was written before, to draw its report again.
   *
   * @throws WeakToStrongError with code `bad_input`, naming the field, for what is none.
   */
  static fromJSON(value: unknown): LabOutcome {
    return new LabOutcome(parseLabRecord(value));
  }

  /** Best first, agents and baselines, from the scorer's records alone; all PGRs are of the development split. */
  get standings(): readonly LabStanding[] {
    return this.record.standings;
  }

  /** What each agent did and used. */
  get agents(): readonly LabAgentRecord[] {
    return this.record.agents;
  }

  /** What was found, in a few sentences. */
  get headline(): string {
    return labHeadline(this.record);
  }

  toJSON(): LabRecord {
    return this.record;
  }

  /** One line an evaluation, with a header (RFC 4180). */
  toCsv(): string {
    return toLabCsv(this.record);
  }

  /** PGR, diversity and complexity over research hours, as a picture. */
  async toSvg(): Promise<string> {
    const { toLabSvg } = await import("../report/lab-svg.js");
    return toLabSvg(this.record);
  }

  /**
   * Writes the outcome to a file, in the format of its ending: `.html` (one self-contained page), `.svg`, `.csv` or
   * `.json`. The file is replaced whole.
   *
   * Errors: `bad_input` for another ending, `storage` where it cannot be written.
   */
  async writeReport(path: string): Promise<void> {
    const { writeLabReport } = await import("../report/lab-report.js");
    await writeLabReport(this.record, path);
  }

  /** The tables that printing shows. */
  toString(): string {
    return formatLab(this.record);
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
}
