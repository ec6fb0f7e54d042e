import type { ReviewItem } from "../audit/review/queue.js";
import { pgrBriefly, short } from "./lab-words.js";
import { grid, wrapped } from "./terminal.js";
import { plain, plural, sentence } from "./text.js";

type Submission = ReviewItem["submission"];

const WIDTH = 100;

/** What waits for a person, a line each. `all`: every submission there is. */
export function formatQueue(queue: readonly ReviewItem[], all: readonly Submission[]): string {
  const submissions = all.length;
  if (queue.length === 0) {
    const known = all.map(({ id, method, standing }) => `\n  ${id} ${short(method, 40)}: ${standing}`).join("");
    return `Nothing waits for review; there are ${plural(submissions, "submission")}.${known}`;
  }
  const rows = queue.map(({ submission, findings }) => {
    const against = findings.filter(({ verdict }) => verdict !== "clean").map(({ detector }) => detector);
    const { id, author, testbed, method, standing, scores } = submission;
    return [
      id,
      short(author, 16),
      short(testbed, 16),
      short(method, 28),
      scores ? pgrBriefly(scores.final.pgr) : "failed",
      standing,
      against.join(", "),
    ];
  });
  const heads = ["", "author", "testbed", "method", "final PGR", "standing", "raised by"];
  const table = grid(heads.map((head, at) => ({ cells: [head, ...rows.map((row) => row[at]!)] })));
  return `${plural(queue.length, "submission")} of ${submissions} ${queue.length === 1 ? "waits" : "wait"} for review:\n${table}`;
}

/** One submission: its scores, what the detectors found with their evidence, the write-up, and the code as a diff. */
export function formatReview({ submission, findings, earlier, diff }: ReviewItem): string {
  const { id, author, testbed, method, at, standing, verdict, writeUp, program } = submission;
  const decided = verdict
    ? wrapped("verdict   ", `${verdict.verdict}, by ${plain(verdict.by)}: ${plain(verdict.reason)}`, WIDTH)
    : "";
  const head = [
    `${id}: ${plain(method)}, by ${plain(author)} on ${plain(testbed)}, ${at.slice(0, 16).replace("T", " ")} UTC`,
    `standing  ${standing}`,
    decided,
    ...scoreLines(submission),
  ];
  const since = earlier ? `changes since ${earlier}` : "all of it is new";
  const code =
    program.type === "library"
      ? `Method of the library: ${program.name} ${plain(JSON.stringify(program.options))}`
      : `Code (${program.file}; ${since}):\n${diff === "" ? "no change" : diff.split("\n").map(visible).join("\n")}`;
  return [
    head.filter((line) => line !== "").join("\n"),
    findings.length === 0 ? "No audit has looked at it." : findings.map(findingText).join("\n\n"),
    `Write-up:\n${writeUp.split("\n").map(visible).join("\n")}`,
    code,
  ].join("\n\n");
}

/** What a verdict has changed, and where it stands. */
export function formatDecision(
  { submission, verdict, by }: NonNullable<Submission["verdict"]>,
  before: Submission["standing"],
  { seq, entry }: Submission["receipt"],
): string {
  return `${submission} was ${before} and is now ${verdict}, by ${plain(by)}: entry ${seq} of the ledger, ${entry}.`;
}

function scoreLines({ scores, runs, outcome }: Submission): string[] {
  if (!scores) {
    const failures = runs.flatMap(({ teacherSeed, failure }) =>
      failure === undefined ? [] : [wrapped("failed    ", `teacher seed ${teacherSeed}: ${plain(failure)}`, WIDTH)],
    );
    return failures.length > 0 ? failures : [`outcome   ${outcome}`];
  }
  const { development, final, vault } = scores;
  return [
    `PGR       development ${pgrBriefly(development.pgr)}, final ${pgrBriefly(final.pgr)}${vault ? `, vault ${pgrBriefly(vault.pgr)}` : ""}`,
    `runs      ${plural(runs.length, "seed")}; to its author: ${outcome}`,
  ];
}

function findingText({ detector, verdict, words, evidence }: ReviewItem["findings"][number]): string {
  const lead = `${verdict.toUpperCase()}  ${detector}: `;
  return [
    wrapped(lead, sentence(words), WIDTH),
    ...evidence.map(({ what, value }) => wrapped(`    ${what}: `, plain(value), WIDTH + 20)),
  ].join("\n");
}

/** A line with its indentation, and nothing in it that steers a terminal. */
function visible(line: string): string {
  const [indent] = /^[ +-]?[ \t]*/.exec(line)!;
  return indent.replaceAll("\t", "    ") + plain(line.slice(indent.length));
}
