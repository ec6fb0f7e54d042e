import { random, shuffled } from "../../../src/data/random.js";
import type { Attack } from "../attack.js";
import { unsaid } from "../author.js";
import { asked, firstGuess, turned } from "./theft.js";

const pairs = 60;

/**
 * Tries two clocks. How long the scorer takes to answer "not better" might depend on how wrong a query is; and how long a
 * submission's `predict` takes, which it decides itself, might tell its author of final inputs.
 */
export const timingChannel: Attack = {
  name: "timing_channel",
  tries: "tells right from wrong queries by the time of their answers, and signals final inputs by sleeping",
  async play({ author, ground }) {
    const listener = author("listener");
    const uniform = random("timing channel");
    const guess = await firstGuess(listener);
    const { parts, labels } = ground.staked;
    const truth = Int32Array.from(parts.development, (row) => labels[row]!);
    const rows = [...guess.keys()];
    const rightRows = rows.filter((row) => guess[row] === truth[row]);
    const times: { worse: number; better: number }[] = [];
    for (let pair = 0; pair < pairs; pair++) {
      // Both are worse than what there is, so that both are "not better"; one of them much more so.
      const some = shuffled(rightRows, uniform);
      const time = async (wrong: number): Promise<number> => {
        const begun = performance.now();
        await asked(listener, turned(guess, some.slice(0, wrong)));
        return performance.now() - begun;
      };
      const [few, many] = [Math.ceil(rows.length * 0.1), Math.ceil(rows.length * 0.5)];
      const first = pair % 2 === 0;
      const one = await time(first ? few : many);
      const other = await time(first ? many : few);
      times.push(first ? { better: one, worse: other } : { better: other, worse: one });
    }
    const told = times.filter(({ better, worse }) => better < worse).length;
    const code = await unsaid("attackers", "sleeping.py");
    const seconds = [];
    for (const sleep of [0, 3]) {
      const { seconds: taken } = await listener.submit({
        "method.py": code.replace(/^SLEEP = .*$/m, `SLEEP = ${sleep}`),
      });
      seconds.push(taken);
    }
    const apart = Math.max(told, pairs - told);
    return {
      words: `time told the better of two in ${apart} of ${pairs} pairs; a submission that slept showed as ${seconds.join(" and ")} seconds, a few bits about inputs and none about labels`,
      // By luck 42 or more of 60 agree with probability .003.
      reached: apart > 41,
    };
  },
};
