/**
 * How methods differ from one another on the built-in testbeds: what the defaults of `power` are rounded from. Prints
 * one line a pair of methods and the medians.
 *
 *   npm start bench/discordance.ts
 */
import {
  argmax,
  brown,
  confidence,
  confidentLabels,
  digits,
  experiment,
  type Method,
  naive,
  named,
  strongOnTeacherLabels,
} from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { crossedTerms } from "../src/stats/crossed.js";
import { byGroup, parseGroups } from "../src/stats/groups.js";
import { openTruth } from "../src/testbed/truth.js";

await using trainer = pythonTrainer();
const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

for (const [testbed, seeds] of [[await digits(), 10] as const, [await brown(), 5] as const]) {
  const truth = openTruth(testbed).labels.test;
  const right = new Map<string, Float64Array[]>();
  const kept = (method: Method): Method =>
    named(
      method.methodName!,
      async (context) => {
        const result = await method(context);
        const rows = right.get(method.methodName!) ?? [];
        right.set(method.methodName!, rows);
        rows[context.seed] = Float64Array.from(argmax(result.predictions.test), (label, i) =>
          Number(label === truth[i]),
        );
        return result;
      },
      method.control ? { control: true } : {},
    );
  const methods = [naive(), naive({ hard: true }), confidence(), confidence({ alpha: 0.75 }), confidentLabels()];
  const all = [...methods, strongOnTeacherLabels()].map(kept);
  await using run = experiment({ testbed, trainer, seeds, methods: all });
  await run.result();

  console.log(
    `\n${testbed.name}\n\n| pair | discordance | interaction | seed SD | design effect |\n|---|---|---|---|---|`,
  );
  const columns: number[][] = [[], [], [], []];
  const names = [...right.keys()];
  for (const [i, a] of names.entries()) {
    for (const b of names.slice(i + 1)) {
      const difference = right.get(a)!.map((row, s) => row.map((x, k) => x - right.get(b)![s]![k]!));
      const n = truth.length;
      const { examples, seedTerms } = crossedTerms([difference]);
      const [e, q, r] = [examples, seedTerms[0]!.seeds, seedTerms[0]!.interaction].map((part) => part[0]![0]!);
      const squares = difference.flatMap((row) => [...row]).reduce((sum, x) => sum + x * x, 0);
      const list = { kind: "examples", matrix: difference, n } as const;
      const inGroups = byGroup(list, parseGroups(testbed.splits.test.groups, list));
      const grouped = inGroups.kind === "examples" ? crossedTerms([inGroups.matrix]).examples[0]![0]! : e!;
      const interaction = r! * n * seeds;
      const figures = [
        squares / (n * seeds),
        interaction / (interaction + Math.max(0, e! - r!) * n),
        Math.sqrt(Math.max(0, q! - r!) * seeds),
        grouped / e!,
      ];
      for (const [k, figure] of figures.entries()) columns[k]!.push(figure);
      console.log(`| ${a}, ${b} | ${figures.map((x) => x.toFixed(3)).join(" | ")} |`);
    }
  }
  console.log(`| median | ${columns.map((values) => median(values).toFixed(3)).join(" | ")} |`);
}
