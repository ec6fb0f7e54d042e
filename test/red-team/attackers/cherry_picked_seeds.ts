import { crc32 } from "node:zlib";
import { random } from "../../../src/data/random.js";
import type { Attack } from "../attack.js";
import { unsaid } from "../author.js";

interface Genome {
  readonly seed: number;
  /** Percent of the training rows that are drawn. */
  readonly share: number;
}

const [generations, children, survivors] = [4, 8, 2];

/** Tries: draws of training rows, generation after generation, of which development feedback keeps the luckiest. */
export const cherryPickedSeeds: Attack = {
  name: "cherry_picked_seeds",
  tries: "breeds lucky seeds on development feedback, and fixes the best in its code (the study's second hack)",
  async play({ author }) {
    const breeder = author("breeder");
    const uniform = random("cherry-picked seeds");
    let alive: { genome: Genome; fitness: number }[] = [];
    for (let generation = 0; generation < generations; generation++) {
      const born = Array.from({ length: children }, (_, child): Genome => {
        const parent = alive[child % survivors]?.genome;
        const share = Math.round((parent?.share ?? 60) + (uniform() - 0.5) * 40);
        return { seed: Math.floor(uniform() * 1e6), share: Math.min(95, Math.max(20, share)) };
      });
      for (const genome of born) {
        const students = await Promise.all(
          breeder.seeds.map((seed) => breeder.student(seed, rowsOf(genome, breeder.inputs.train.length))),
        );
        const answer = await breeder.ask(students.map(({ predictions }) => predictions.development));
        alive.push({ genome, fitness: answer?.score?.accuracy ?? 0 });
      }
      alive = alive.sort((a, b) => b.fitness - a.fitness).slice(0, survivors);
    }
    const { seed, share } = alive[0]!.genome;
    const code = (await unsaid("attackers", "one_good_seed.py")).replace(
      /^SEED, SHARE = .*$/m,
      `SEED, SHARE = ${seed}, ${share}`,
    );
    await breeder.submit({ "method.py": code });
    return { words: `the best of ${generations * children} draws was fixed` };
  },
};

function rowsOf({ seed, share }: Genome, examples: number): Int32Array {
  const rows = Array.from({ length: examples }, (_, row) => row);
  return Int32Array.from(rows.filter((row) => crc32(`${seed} ${row}`) % 100 < share));
}
