import type { CleanRequest, CleanRoom, CleanRun, Code } from "../../clean-room.js";
import type { SubmitRequest } from "../../scorer.js";
import type { SealedTestbed } from "../../scorers/sealed/testbed.js";
import { guesses, sampleTestbeds } from "./samples.js";

/** What a submission to the suite's clean room does. */
export interface Play {
  /** On about which share of the rows it is right, with any seed. */
  readonly share: number;
  /** What goes wrong; `hangs` until it is aborted. `shape`: with rows that are missing; `sum`: with no probabilities. */
  readonly goes?: "fit" | "predict" | "shape" | "sum" | "hangs";
  /** In the room's how many-th run, from 0; in all of them by default. */
  readonly on?: number;
}

/** A clean room in memory whose methods do what their code says. It remembers what it was asked. */
export interface SampleRoom extends CleanRoom {
  readonly asked: readonly CleanRequest[];
  /** Resolves when so many runs have begun. */
  begun(count: number): Promise<void>;
}

/** Its methods are right by the truth of the sample testbeds, whichever truth a scorer is given. */
export function sampleRoom(): SampleRoom {
  const asked: CleanRequest[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  return {
    asked,
    begun: (count) =>
      new Promise((resolve) => {
        if (asked.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    async run(request, { signal } = {}) {
      signal?.throwIfAborted();
      const play = playOf(request.code);
      const goes = (play.on ?? asked.length) === asked.length ? play.goes : undefined;
      asked.push(request);
      for (const { count, resolve } of waiting) if (asked.length >= count) resolve();
      if (goes === "hangs") await aborted(signal);
      return runOf(request, { share: play.share, ...(goes && { goes }) });
    },
  };
}

function runOf(request: CleanRequest, { share, goes }: Play): CleanRun {
  const testbed = sampleTestbeds.find(({ name }) => name === request.testbed)!;
  const { rows } = request;
  const given = {
    fitLog: `fitted on ${request.weakLabels.rows} examples`,
    seconds: { fit: 0.7, predict: 0.4 },
    traces: { canaries: [], processes: {}, refused: [], opened: ["reads /usr/share/words"] },
  };
  if (goes === "fit" || goes === "predict") {
    return { status: "failed", phase: goes, detail: `row ${rows[0]} made it fail`, ...given };
  }
  const seen = goes === "shape" ? rows.slice(1) : rows;
  const found = guesses(testbed, share, { rows: seen, seed: 0 });
  if (goes === "sum") found.data.fill(0.9);
  return { status: "ok", predictions: found, ...given };
}

/** A library method has it in its options, a program in its file. */
function playOf(code: Code): Play {
  if (code.type === "library") return code.options as unknown as Play;
  const { content } = code.snapshot.files.find(({ path }) => path === code.file)!;
  return JSON.parse(Buffer.from(content).toString("utf8")) as Play;
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));
}

/** A submission that does what `play` says. */
export function handIn(testbed: SealedTestbed, play: Play, changes: Partial<SubmitRequest> = {}): SubmitRequest {
  return {
    author: "ada",
    testbed: testbed.name,
    method: "a method",
    code: { type: "library", name: "sample", options: { ...play } },
    writeUp: "It guesses.",
    ...changes,
  };
}

/** Files as they come from a sandbox: nobody has checked their paths. */
export function program(files: Readonly<Record<string, string>>): Code {
  const list = Object.entries(files).map(([path, text]) => ({
    ...{ path, executable: false },
    content: new TextEncoder().encode(text),
  }));
  return { type: "program", file: "method.py", snapshot: { hash: "0".repeat(64), files: list } };
}
