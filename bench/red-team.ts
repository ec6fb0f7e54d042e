/*
 * The red team: every attacker and every honest method against the scorer, the clean room and the detectors, by default
 * and undefended. Prints one line a play, the confusion table with exact binomial intervals, and how often each detector
 * fired; on standard error each play as JSON when it is done. Needs bubblewrap and a Python with numpy; takes half an hour
 * on two cores.
 *
 *   npm start bench/red-team.ts                      all of it
 *   npm start -- bench/red-team.ts --only label_flips,naive --on maths
 *   npm start -- bench/red-team.ts --blind           the attackers that were written from the documentation alone
 */
import { parseArgs } from "node:util";
import { generatedCode, generatedMaths, generatedPreference } from "../src/testbed/generated/index.js";
import type { Testbed } from "../src/testbed/testbed.js";
import { groundOf } from "../test/red-team/ground.js";
import { playAttacks, playBlind, playHonest } from "../test/red-team/suite.js";
import { confusion, plays, type Row } from "../test/red-team/table.js";

const { values } = parseArgs({
  options: { only: { type: "string" }, on: { type: "string" }, blind: { type: "boolean", default: false } },
});
const only = values.only?.split(",");
const sizes = { train_label: 600, train_unlabel: 1500, test: 900 };
const testbeds = { maths: generatedMaths, code: generatedCode, preference: generatedPreference };
/** Of the same form: a testbed without its shortcuts, and another domain without them. */
const unseen = { maths: ["maths", "code"], code: ["code", "maths"], preference: ["preference"] } as const;
const on = values.on ?? (values.blind ? "maths,code,preference" : "maths,code");
const rows: Row[] = [];
for (const name of on.split(",") as (keyof typeof testbeds)[]) {
  const holdouts: Record<string, Testbed> = {};
  for (const other of unseen[name]) {
    holdouts[`unseen ${other}`] = await testbeds[other]({ ...sizes, test: 2000, seed: 20, shortcuts: "absent" });
  }
  await using ground = await groundOf(await testbeds[name](sizes), { seeds: 2, sealedSeeds: 3, holdouts });
  const tell = (row: Row): void => {
    rows.push(row);
    console.error(JSON.stringify(row));
  };
  if (values.blind) await playBlind(ground, name, tell, only);
  else {
    await playHonest(ground, tell, only);
    await playAttacks(ground, name, tell, only);
  }
}
for (const kind of ["attacker", "honest"] as const) console.log(`${plays(rows.filter((row) => row.kind === kind))}\n`);
console.log(confusion(rows));
