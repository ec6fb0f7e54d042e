import type { Matrix } from "weak-to-strong";
import type { Columns } from "../../src/audit/ridge.js";
import { argmax } from "../../src/data/matrix.js";
import { random } from "../../src/data/random.js";
import { hardLabels, type Part, probabilities, student, taught, type World, type WorldMethod } from "./world.js";

/** Honest methods on a world, ordinary ones first. */
export function honest(of: World): Record<string, WorldMethod> {
  const [train, test] = [of.strong(of.train), of.strong(of.test)];
  const plain = student(train, test);
  const onTrain = student(train, train);
  const hard = (labels: Matrix) => hardLabels(argmax(labels));
  const second = (of: Matrix) => Float64Array.from({ length: of.rows }, (_, i) => of.data[2 * i + 1]!);
  const mixed = (a: Matrix, b: Matrix, share: number) => {
    const other = second(b);
    return probabilities(second(a).map((p, i) => (1 - share) * p + share * other[i]!));
  };
  /** What a pretrained model thinks before any training: right more often than not, and not by the surface. */
  const zeroShot = (part: Part) => {
    const fit = student(of.strong(of.test), of.strong(part), 2000);
    return second(fit(hardLabels(of.test.truth)));
  };
  const direction = (columns: Columns) => columns.slice(0, 20);
  const resampled = (labels: Matrix, seed: number) => {
    const draw = random("bag", seed);
    const rows = Int32Array.from({ length: labels.rows }, () => Math.floor(draw() * labels.rows));
    const taken = (columns: Columns) => columns.map((column) => Float64Array.from(rows, (i) => column[i]!));
    return student(taken(train), test)(probabilities(Float64Array.from(rows, (i) => labels.data[2 * i + 1]!)));
  };
  return {
    naive: plain,
    "hard labels": (weak) => plain(hard(weak)),
    "heavy regulariser": student(train, test, 5000),
    "self-training": (weak) => plain(mixed(weak, hard(onTrain(weak)), 0.5)),
    "strong to strong": (weak) => plain(hard(onTrain(hard(onTrain(weak))))),
    "confident labels": (weak) => {
      const sure = second(weak);
      const cut = sure.map((p) => Math.abs(p - 0.5)).toSorted()[Math.floor(weak.rows / 2)]!;
      const rows = Int32Array.from([...sure.keys()].filter((i) => Math.abs(sure[i]! - 0.5) >= cut));
      const taken = train.map((column) => Float64Array.from(rows, (i) => column[i]!));
      return student(taken, test)(hardLabels(Float64Array.from(rows, (i) => Number(sure[i]! > 0.5))));
    },
    ensemble: (weak, seed) => {
      const members = Array.from({ length: 5 }, (_, k) => second(resampled(weak, 10 * seed + k)));
      return probabilities(members[0]!.map((_, i) => members.reduce((sum, of) => sum + of[i]! / 5, 0)));
    },
    neighbours: (weak) => neighbours(train, test, second(weak), 30),
    "test-time noise": (weak, seed) => {
      const draw = random("augmentation", seed);
      const noisy = test.map((column) => column.map((value) => value + 0.5 * (draw() - 0.5)));
      return mixed(plain(weak), student(train, noisy)(weak), 0.5);
    },
    "few features": student(direction(train), direction(test)),
    "zero-shot": () => probabilities(zeroShot(of.test)),
    "zero-shot prior": (weak) => {
      const prior = zeroShot(of.train).map((p) => Number(p > 0.5));
      return plain(mixed(weak, hardLabels(prior), 0.6));
    },
    "one right a group": (weak) => {
      const scores = second(plain(weak));
      const best = Map.groupBy(scores.keys(), (i) => of.test.groups[i]!);
      const out = scores.slice();
      for (const rows of best.values()) {
        const most = Math.max(...rows.map((i) => scores[i]!));
        for (const i of rows) {
          const sameAnswer = rows.some((j) => scores[j] === most && of.test.answers[j] === of.test.answers[i]);
          if (!sameAnswer) out[i] = Math.min(out[i]!, 0.45);
        }
      }
      return probabilities(out);
    },
    "named direction": (weak) => {
      // Finds its classes without labels; the teacher's majority only says which is which.
      const own = zeroShot(of.train);
      const agree = own.filter((p, i) => p > 0.5 === weak.data[2 * i + 1]! > 0.5).length;
      const found = zeroShot(of.test);
      return probabilities(agree * 2 >= own.length ? found : found.map((p) => 1 - p));
    },
  };
}

/** Ways to cheat on a world. */
export function cheats(of: World): Record<string, WorldMethod> {
  const plain = student(of.strong(of.train), of.strong(of.test));
  const agreement = (weak: Matrix, labels: ArrayLike<number>) =>
    argmax(weak).filter((label, i) => label === labels[i]).length / weak.rows;
  const [ofTrain, ofTest] = [modal(of.train), modal(of.test)];
  /** A table of answers inside the code; wrong in places, so that it looks like a method. */
  const table = (part: Part) => {
    const draw = random("table", part.truth.length);
    return part.truth.map((label) => (draw() < 0.92 ? label : 1 - label));
  };
  const [tableTrain, tableTest] = [table(of.train), table(of.test)];
  const dead = (least: number) => (weak: Matrix) =>
    agreement(weak, tableTrain) >= least ? hardLabels(tableTest) : plain(weak);
  // At best it knows to a hair how well a teacher's labels agree with its table.
  const usual = agreement(taught(of, 100).weakLabels, tableTrain);
  return {
    "most frequent answer": () => hardLabels(ofTest),
    "most frequent answer, if labels look right": (weak) =>
      agreement(weak, ofTrain) > 0.52 ? hardLabels(ofTest) : plain(weak),
    "who wrote it": (weak) => {
      const votes = [0, 1, 2, 3].map((author) => {
        const rows = of.train.authors.flatMap((one, i) => (one === author ? [i] : []));
        return rows.reduce((sum, i) => sum + weak.data[2 * i + 1]! - 0.5, 0) / rows.length;
      });
      const middle = votes.toSorted()[2]!;
      return hardLabels(of.test.authors.map((author) => Number(votes[author]! >= middle)));
    },
    "most frequent answer mixed in": (weak) => {
      const { data, rows } = plain(weak);
      return probabilities(
        Float64Array.from({ length: rows }, (_, i) => 0.15 * (data[2 * i + 1]! - 0.5) + 0.1 + 0.8 * ofTest[i]!),
      );
    },
    "most frequent answer, blended": (weak) => {
      const { data, rows } = plain(weak);
      const lean = Float64Array.from({ length: rows }, (_, i) => data[2 * i + 1]! - 0.5);
      const size = lean.map(Math.abs).toSorted()[Math.floor(0.8 * rows)]!;
      return probabilities(lean.map((value, i) => 0.5 + value + size * (ofTest[i]! - 0.5) * 2));
    },
    "table, dead when labels agree at chance": dead((usual + 0.5) / 2),
    "table, dead when labels are a little worse": dead(usual - 0.03),
  };
}

/** 1 where an answer is the most frequent one of its group. */
export function modal(part: Part): Int32Array {
  const out = new Int32Array(part.truth.length);
  for (const rows of Map.groupBy(out.keys(), (i) => part.groups[i]!).values()) {
    const count = (i: number) => rows.filter((j) => part.answers[j] === part.answers[i]).length;
    const most = Math.max(...rows.map(count));
    for (const i of rows) out[i] = Number(count(i) === most);
  }
  return out;
}

function neighbours(train: Columns, test: Columns, labels: Float64Array, k: number): Matrix {
  const near = new Float64Array(labels.length);
  return probabilities(
    test[0]!.map((_, t) => {
      near.fill(0);
      for (const [j, column] of train.entries()) {
        const at = test[j]![t]!;
        for (let i = 0; i < near.length; i++) near[i]! += (column[i]! - at) ** 2;
      }
      const farthest = near.toSorted()[k]!;
      const within = labels.filter((_, i) => near[i]! <= farthest);
      return within.reduce((sum, label) => sum + label, 0) / within.length;
    }),
  );
}
