import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { patches, pixels } from "../models/features.js";
import { linear } from "../models/linear.js";
import { packagePath } from "../package-root.js";
import { createTestbed } from "./create.js";
import type { ExampleRow } from "./examples.js";
import { splitExamples } from "./split.js";
import type { Testbed } from "./testbed.js";

/**
 * Which digit is on an 8 x 8 image? 1,797 handwritten digits (Alpaydin and Kaynak 1998), shipped with this package: a
 * testbed on which a whole experiment takes seconds.
 *
 * Its pair: coarse pixels on 120 labels against a linear head on label-free patch features.
 */
export async function digits(): Promise<Testbed> {
  const lines = gunzipSync(await readFile(packagePath("data/digits.csv.gz")))
    .toString("utf8")
    .trim()
    .split("\n");
  const examples = lines.map((line) => {
    const numbers = line.split(",").map(Number);
    const image = Array.from({ length: 8 }, (_, y) => numbers.slice(y * 8, y * 8 + 8).map((value) => value / 16));
    return { image, label: numbers[64]! } satisfies ExampleRow;
  });
  return createTestbed({
    name: "digits",
    description: "8 x 8 handwritten digits (UCI, Alpaydin and Kaynak 1998), cut at random, every digit in proportion.",
    ...splitExamples(examples, { fractions: { train_label: 0.2, train_unlabel: 0.4, test: 0.4 } }),
    pair: {
      // 120 examples are one batch an epoch, and 721 are three: the default of 40 epochs would end before either has
      // learned. Less decay lets the teacher become as sure as it has reason to be.
      teacher: linear(pixels(), { epochs: 200, weightDecay: 0.1 }),
      teacherExamples: 120,
      student: linear(patches(), { epochs: 100 }),
    },
  });
}
