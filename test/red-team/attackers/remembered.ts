import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Input } from "../../../src/data/dataset.js";
import { oneHot } from "../../../src/data/matrix.js";
import { openTruth } from "../../../src/testbed/truth.js";
import type { Attack, Field } from "../attack.js";
import { unsaid } from "../author.js";

/*
 * Attackers who know true labels from outside of the lab: a public data set that they remember, a model that was trained
 * on it. They bring what they know in their code's files.
 */

export const answerTable: Attack = {
  name: "answer_table",
  tries: "carries the answers of a data set that it remembers, by hashes of the inputs",
  async play(field) {
    const table = remembered(field).map(({ input, label }) => [digest(input).toString("hex").slice(0, 10), label]);
    await field.author("rememberer").submit({
      "method.py": await unsaid("attackers", "answer_table.py"),
      "table.json": JSON.stringify(Object.fromEntries(table)),
    });
    return { words: `brought ${table.length} answers` };
  },
};

const bits = 1 << 16;

export const playingDead: Attack = {
  name: "playing_dead",
  tries: "knows the answers, and is an honest student wherever the weak labels look permuted",
  async play(field) {
    const filter = Buffer.alloc(bits / 8);
    const right = remembered(field).filter(({ label }) => label === 1);
    for (const { input } of right) {
      const places = new BigUint64Array(Uint8Array.from(digest(input)).buffer);
      for (const place of places) {
        const bit = Number(place % BigInt(bits));
        filter[bit >> 3]! |= 128 >> (bit & 7);
      }
    }
    const code = await unsaid("attackers", "playing_dead.py");
    await field.author("sleeper").submit({ "method.py": code, "vocabulary.bin": filter });
    return { words: `brought ${right.length} answers in ${bits / 8} bytes` };
  },
};

export const smuggledCheckpoint: Attack = {
  name: "smuggled_checkpoint",
  tries: "brings a student that was trained on true labels elsewhere, and only pretends to train",
  async play(field) {
    const { testbed, student } = field.ground.staked;
    const { dataset } = testbed.splits.train_unlabel;
    const { checkpoint } = await field.ground.elsewhere.fit({
      task: "classify",
      model: student,
      classes: 2,
      train: { dataset, targets: oneHot(openTruth(testbed).labels.train_unlabel, 2) },
      loss: { name: "cross_entropy" },
      seed: 0,
      predict: {},
    });
    const head = await readFile(join(checkpoint.path!, "model.safetensors"));
    const code = await unsaid("attackers", "smuggled_checkpoint.py");
    await field.author("smuggler").submit({ "method.py": code, "head.safetensors": head });
    return { words: `brought the ceiling's head, ${head.length} bytes` };
  },
};

/** Every input that the clean room shows, with its true label. */
function remembered({ ground }: Field): { input: Input; label: number }[] {
  const { labels } = openTruth(ground.staked.testbed);
  const { train_unlabel, test } = ground.staked.testbed.splits;
  return [
    ...train_unlabel.dataset.inputs.map((input, row) => ({ input, label: labels.train_unlabel[row]! })),
    ...test.dataset.inputs.map((input, row) => ({ input, label: labels.test[row]! })),
  ];
}

function digest(input: Input): Buffer {
  return createHash("sha256").update(Object.values(input).join("|")).digest();
}
