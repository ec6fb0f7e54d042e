/**
 * How many of 1,000 balanced labels the best of several attacks reads out of the feedback on predictions, and what it
 * gains on examples that nobody has seen; prints Markdown tables.
 *
 *   npm start -- bench/leakage.ts [quick]
 *
 * Each attack is tried with several sizes on some grounds; the best attack and size is then run on others, so that the
 * figure is no winner's luck. Alone, with eight authors who pool what they learn and share the queries, and with
 * 1,000 queries each. Beginning with nothing (chance is 50%), and with a model that is right on 75% where the baseline is
 * on 65%. `evolution of a model` reads no labels but searches for a model that the features support.
 * The default, which tells hardly anything, is also tried on 40 grounds by every attack and size.
 */
import { releasedBits } from "../src/scorers/sealed/feedback.js";
import { average } from "./answers.js";
import { type Attack, evolution, type Found, readers, voteOf } from "./leakage/attacks.js";
import { type Ground, groundOf, norm, Scorer } from "./leakage/ground.js";
import { exact, type Rule, rules, usual, usualScoringNear } from "./leakage/rules.js";

interface Setting {
  readonly queries: number;
  readonly authors: number;
  readonly knowing: boolean;
  /** Grounds that sizes and attacks are chosen on, and grounds that the figure is of. */
  readonly repeats: readonly [choose: number, report: number];
}

interface Outcome {
  /** Share of the labels that are believed rightly, less what the attacker's own model has. */
  readonly recovered: number;
  readonly gained: number;
  /** Gain in accuracy on unseen examples, by how far the own model is moved in the direction that was learnt. */
  readonly final: readonly number[];
  readonly shown: number;
}

const quick = process.argv.includes("quick");
const moves = [0, 0.1, 0.2, 0.5, 1, 1e9];

function tryOnce(rule: Rule, attack: Attack, size: number, setting: Setting, seed: number): Outcome {
  const ground = groundOf(seed, setting.knowing ? { baseline: 0.65, own: 0.75 } : {});
  const scorer = new Scorer(ground, rule);
  const found = attack.run(scorer, setting.queries, setting.authors, size);
  const share = (labels: Uint8Array) => average(labels.map((label, i) => Number(label === ground.labels[i])));
  const recovered = share(voteOf(found));
  return { recovered, gained: recovered - share(ground.own), final: finalGains(ground, found), shown: scorer.shown };
}

function finalGains(ground: Ground, found: Found): number[] {
  const vote = voteOf(found);
  const learnt = found.weights ?? ground.direction(Float64Array.from(vote, (label, i) => label - ground.own[i]!));
  const [own, far] = [norm(ground.weights), norm(learnt)];
  const before = ground.final(ground.weights);
  return moves.map((move) => {
    const moved = ground.weights.map((weight, j) => weight / own + (move * learnt[j]!) / far);
    return ground.final(found.weights && move > 0 ? found.weights : moved) - before;
  });
}

interface Row {
  readonly attack: Attack;
  readonly size: number;
  readonly outcomes: readonly Outcome[];
}

const finalOf = (outcomes: readonly Outcome[]) =>
  Math.max(...moves.map((_, k) => average(outcomes.map(({ final }) => final[k]!))));
const recoveredOf = (outcomes: readonly Outcome[]) => average(outcomes.map(({ recovered }) => recovered));
const bestOf = (rows: readonly Row[], value: Value) =>
  rows.reduce((one, other) => (value(other.outcomes) > value(one.outcomes) ? other : one));
const gainedOf = (outcomes: readonly Outcome[]) => average(outcomes.map(({ gained }) => gained));

type Value = (outcomes: readonly Outcome[]) => number;

function times(rule: Rule, attack: Attack, size: number, setting: Setting, from: number, count: number): Outcome[] {
  return Array.from({ length: count }, (_, r) => tryOnce(rule, attack, size, setting, from + r));
}

const applicable = ({ mode }: Rule, attacks: readonly Attack[]) =>
  attacks.filter(({ modes }) => modes === undefined || modes.includes(mode));

/** A row a size. */
function rowsOf(rule: Rule, attack: Attack, setting: Setting, count: number, from = 1): Row[] {
  return attack.sizes.map((size) => ({ attack, size, outcomes: times(rule, attack, size, setting, from, count) }));
}

/** The best of the attacks and sizes by each of `values`, on other grounds than it was chosen on. */
function best(rule: Rule, setting: Setting, among: readonly Attack[], values: readonly Value[]): Row[] {
  const [choose, report] = setting.repeats;
  const tried = applicable(rule, among).flatMap((attack) => rowsOf(rule, attack, setting, choose));
  return values.map((value) => {
    const { attack, size } = bestOf(tried, value);
    return { attack, size, outcomes: times(rule, attack, size, setting, 1000, report) };
  });
}

function percent(values: readonly number[]): string {
  const middle = average(values);
  const spread = Math.sqrt(average(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
  return `${(100 * middle).toFixed(1)} ± ${(100 * spread).toFixed(1)}`;
}

function table(title: string, heads: readonly string[], rows: Iterable<readonly string[]>): void {
  console.log(`\n${title}\n\n| ${heads.join(" | ")} |\n|${"---|".repeat(heads.length)}`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
}

const named = ({ attack, size }: Row) => (attack.sizes.length > 1 ? `${attack.name}, ${size}` : attack.name);
const cell = (row: Row) => `${percent(row.outcomes.map(({ recovered }) => recovered))} (${named(row)})`;
const started = performance.now();
const alone: Setting = { queries: 1000, authors: 1, knowing: false, repeats: quick ? [1, 3] : [2, 8] };
const shared: Setting = { ...alone, authors: 8 };
const each: Setting = { ...shared, queries: 8000, repeats: [1, 4] };
const some = quick ? [exact, usual] : rules;
const mostBits = (rule: Rule, { outcomes }: Row) =>
  releasedBits(rule.mode, { n: 1000, queries: 1000, shown: Math.max(...outcomes.map(({ shown }) => shown)) }).toFixed(
    0,
  );

table(
  "Labels believed rightly, % ± standard error (best attack, its size), beginning with nothing; 50 is chance",
  ["rule", "alone, 1,000 queries", "bits at most", "8 authors, 1,000 queries", "bits at most"],
  some.values().map((rule) => [
    rule.name,
    ...[alone, shared].flatMap((setting) => {
      const row = best(rule, setting, readers, [recoveredOf])[0]!;
      return [cell(row), mostBits(rule, row)];
    }),
  ]),
);
table(
  "Each attack alone, 1,000 queries, at its best size",
  ["attack", exact.name, usual.name],
  readers
    .values()
    .filter(({ name }) => name !== "edge of the grid")
    .map((attack) => [
      attack.name,
      ...[exact, usual].map((rule) =>
        attack.modes && !attack.modes.includes(rule.mode) ? "" : cell(best(rule, alone, [attack], [recoveredOf])[0]!),
      ),
    ]),
);
table(
  "8 authors, 1,000 queries, who know a model of 75%: gains in points",
  ["rule", "labels", "final, from labels", "final, by evolution"],
  some
    .values()
    .filter(({ near, mode }) => mode !== "rounded" || near)
    .map((rule) => {
      const knowing = { ...shared, knowing: true };
      const [labels, indirect] = best(rule, knowing, readers, [gainedOf, finalOf]) as [Row, Row];
      const direct = best(rule, knowing, [evolution], [finalOf])[0]!;
      return [
        rule.name,
        `${percent(labels.outcomes.map(({ gained }) => gained))} (${named(labels)})`,
        ...[indirect, direct].map((row) => `${(100 * finalOf(row.outcomes)).toFixed(1)} (${named(row)})`),
      ];
    }),
);
if (!quick) {
  // Hardly anything is told by the default: on few grounds no attack is better than another. That near ones are scored
  // tells more, not less, and spares comparing every two queries.
  const rule = usualScoringNear;
  const count = 40;
  table(
    `${rule.name}, on ${count} grounds: points above the coins begun with (the best of its sizes there; grounds on which anything was told)`,
    ["attack", "alone, 1,000 queries", "8 authors, 1,000 queries"],
    applicable(rule, readers).map((attack) => [
      attack.name,
      ...[alone, shared].map((setting) => {
        const row = bestOf(rowsOf(rule, attack, setting, count, 3000), gainedOf);
        const told = row.outcomes.filter(({ shown }) => shown > 0).length;
        return `${percent(row.outcomes.map(({ gained }) => gained))} (${named(row)}; ${told})`;
      }),
    ]),
  );
  const evolved = bestOf(rowsOf(rule, evolution, { ...shared, knowing: true }, count, 3000), finalOf);
  const gains = evolved.outcomes.map(({ final }) => final.at(-1)!);
  console.log(
    `\nThere, points of final accuracy by evolution from a model of 75%: ${percent(gains)} (${named(evolved)}).`,
  );
  console.log(`\n8 authors with 1,000 queries each: ${cell(best(rule, each, readers, [recoveredOf])[0]!)}.`);
}
console.log(`\n${Math.round((performance.now() - started) / 1000)} s.`);
