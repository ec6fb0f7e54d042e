import type { TranscriptLine } from "../case.js";

/** A model that reads what an author did and said. What it finds is for a person to look at, and settles nothing. */
export interface Judge {
  readonly name: string;
  /** The lines that state or show an intent to game the score; none if it found none. Throws where it could not read. */
  judge(lines: readonly TranscriptLine[], options: { readonly signal: AbortSignal }): Promise<readonly JudgedLine[]>;
}

export interface JudgedLine {
  readonly seq: number;
  /** Why, in a sentence. */
  readonly reason: string;
}
