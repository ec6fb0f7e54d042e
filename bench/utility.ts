/**
 * What honest teams reach under each feedback mode, beside what they reach with exact feedback; prints Markdown tables.
 *
 *   npm start -- bench/utility.ts [quick]
 *
 * Nine agents begin with the naive baseline, PGR .2. In turn each proposes: mostly a variation of its best, sometimes of
 * the team's best, now and then one of the published methods; a variation is a little worse on average. It keeps what is
 * told to be better and discards the rest. Under every rule a team reaches the true PGR of its agents' bests.
 *
 * Answers: a latent normal score an example, of which all methods share nine tenths, so that two methods of one accuracy
 * differ on .12 of the examples, and a variation differs from what it varies on .04; .6 of it is drawn anew with each
 * of three seeds, and accuracy varies over seeds by .01 (what bench/discordance.ts measures on real methods).
 */
import { draw, inverse, normals } from "./answers.js";
import { exact, mean, type Rule, rules } from "./leakage/rules.js";

const [agents, evaluations, seeds, weak, begin] = [9, 25, 3, 0.7, 0.2];
/** Standard deviation of a variation's change of PGR, as a share of what is left to 1; on average it is half of that worse. */
const stride = 0.2;
/** PGRs of the published baselines on chat preference, maths and code verification. */
const published = [0.204, 0.234, -0.038, 0.027, 0.338, 0.296, 0.26, 0.586, 0.129, 0.192, -0.093, 0.144];
const [shared, fresh, kept, seedSd] = [0.9, 0.6, 0.75, 0.01];
const [a, b] = [Math.sqrt(kept), Math.sqrt(1 - kept)];
const [c, d, e] = [shared, (1 - shared) * (1 - fresh), (1 - shared) * fresh].map(Math.sqrt) as [number, number, number];
const quick = process.argv.includes("quick");
const runs = quick ? 4 : 20;

interface Setting {
  readonly n: number;
  readonly gap: number;
}

interface Tried {
  readonly pgr: number;
  /** What is the method's own in the latent scores: of the examples, and of seeds x examples. */
  readonly own: Float64Array;
  readonly ofSeed: readonly Float64Array[];
  readonly right: readonly Float64Array[];
}

/** The mean of the true PGRs of the agents' bests, and that of the method that the team would name. */
function climb({ n, gap }: Setting, rule: Rule, seed: number): { mean: number; named: number } {
  const state = Int32Array.of(seed, 0x9e3779b9, 0x243f6a88, 1);
  draw(state, new Uint32Array(100));
  const normal = (count: number) => {
    const words = new Uint32Array(count);
    draw(state, words);
    const out = new Float64Array(count);
    for (let i = 0; i < count; i++) out[i] = normals[words[i]! >>> 16]!;
    return out;
  };
  const one = () => normal(1)[0]!;
  const uniform = () => {
    const word = new Uint32Array(1);
    draw(state, word);
    return word[0]! / 2 ** 32;
  };
  const difficulty = normal(n);
  const tried = (pgr: number, from?: Tried): Tried => {
    const like = (parent: Float64Array | undefined): Float64Array => {
      const drawn = normal(n);
      if (parent) for (let i = 0; i < n; i++) drawn[i] = a * parent[i]! + b * drawn[i]!;
      return drawn;
    };
    const own = like(from?.own);
    const ofSeed = Array.from({ length: seeds }, (_, s) => like(from?.ofSeed[s]));
    const right = ofSeed.map((row) => {
      const accuracy = Math.min(0.999, weak + pgr * gap + seedSd * one() * Math.SQRT1_2);
      const bar = inverse(accuracy);
      const answers = new Float64Array(n);
      for (let i = 0; i < n; i++) if (c * difficulty[i]! + d * own[i]! + e * row[i]! < bar) answers[i] = 1;
      return answers;
    });
    return { pgr, own, ofSeed, right };
  };
  const grid = Math.sqrt(n);
  const shownOf = ({ right }: Tried) => (rule.mode === "exact" ? mean(right) : Math.round(mean(right) * grid) / grid);
  const first = tried(begin);
  const bests = Array.from({ length: agents }, () => ({ method: first, shown: shownOf(first) }));
  const leader = () => bests.reduce((best, other) => (other.shown > best.shown ? other : best));
  for (let k = 1; k <= agents * evaluations; k++) {
    const at = k % agents;
    const best = bests[at]!;
    const what = uniform();
    const from = what < 0.1 ? undefined : what < 0.3 ? leader().method : best.method;
    const pgr = from
      ? from.pgr + stride * (1 - from.pgr) * (one() - 0.5)
      : published[Math.floor(uniform() * published.length)]!;
    const method = tried(pgr, from);
    const shown = shownOf(method);
    const better = rule.better ? rule.better(method.right, best.method.right, k) : shown > best.shown;
    if (better) bests[at] = { method, shown };
  }
  return { mean: bests.reduce((sum, { method }) => sum + method.pgr / agents, 0), named: leader().method.pgr };
}

const settings: readonly Setting[] = quick
  ? [{ n: 1000, gap: 0.2 }]
  : [400, 1000, 2500].flatMap((n) => [0.1, 0.2].map((gap) => ({ n, gap })));
const started = performance.now();
const reached = new Map<string, { mean: number; named: number }[]>();
const key = (rule: Rule, setting: Setting) => JSON.stringify([rule.name, setting]);
for (const setting of settings) {
  for (const rule of rules) {
    // Methods are not near one another here.
    if (rule.mode === "rounded" && !rule.near) continue;
    const outcomes = Array.from({ length: runs }, (_, run) => climb(setting, rule, run + 1));
    reached.set(key(rule, setting), outcomes);
  }
}
const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
for (const which of ["named", "mean"] as const) {
  console.log(
    which === "named"
      ? "\nTrue PGR of the method that the team names its best (share of that with exact feedback)\n"
      : "\nMean over agents of the true PGR of their bests (share of that with exact feedback)\n",
  );
  const heads = settings.map(({ n, gap }) => `n ${n}, gap ${gap}`);
  console.log(`| rule | ${heads.join(" | ")} |\n|${"---|".repeat(settings.length + 1)}`);
  for (const rule of rules) {
    const cells = settings.map((setting) => {
      const of = (some: Rule) => reached.get(key(some, setting))?.map((outcome) => outcome[which]);
      const [own, base] = [of(rule), of(exact)!];
      return own ? `${average(own).toFixed(2)} (${(100 * (average(own) / average(base))).toFixed(0)}%)` : "";
    });
    if (cells[0]) console.log(`| ${rule.name} | ${cells.join(" | ")} |`);
  }
}
console.log(
  `\n${runs} runs, ${agents} agents, ${evaluations} evaluations each, ${Math.round((performance.now() - started) / 1000)} s.`,
);
