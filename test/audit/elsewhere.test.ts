import { expect, test } from "vitest";
import { upperBound } from "../../src/audit/exact.js";
import { gainsElsewhere } from "../../src/audit/gain-elsewhere.js";
import { perturbations } from "../../src/audit/perturbations.js";
import { referenceChanges } from "../../src/audit/reference-methods.js";
import { besideHoldouts } from "../../src/audit/response-elsewhere.js";
import { responseTo } from "../../src/audit/responses.js";
import { caseOf, holdoutOf, type WorldMethod, world } from "./world.js";
import { honest } from "./zoo.js";

/** Honest methods that take seconds, and two that end as elicitation before anybody looks beside holdouts. */
const leftOut = ["ensemble", "neighbours", "test-time noise", "zero-shot prior", "zero-shot", "named direction"];

const size = { questions: 70 };
/** More with W2S_PAIRS, as docs/audits.md has it. */
const pairs = Array.from({ length: Number(process.env.W2S_PAIRS ?? 4) }, (_, k) => {
  // There shortcuts tell less, as on a testbed that has none.
  const [here, there] = [world(100 + k, size), world(200 + k, { ...size, wrongTogether: 1 })];
  return { here, there, zoo: honest(here), elsewhere: honest(there) };
});

/** Both signs, for one method on a pair of worlds. */
async function signs({ here, there, zoo, elsewhere }: (typeof pairs)[number], name: string) {
  const [own, other] = [zoo[name]!, elsewhere[name]!] as [WorldMethod, WorldMethod];
  const subject = caseOf(here, own, { holdouts: [holdoutOf(there, "there", other, 3)] });
  const { weakLabels } = subject.references[0]!;
  const covert = perturbations(subject.testbed, weakLabels, subject.submission.runs[0]!.rows).at(-1)!;
  const [answer, changes] = [
    await subject.rerun({ run: 0, weakLabels: covert.weakLabels }),
    await referenceChanges(subject, 0, covert.weakLabels),
  ];
  const response = responseTo(subject, 0, covert, answer, changes);
  return { gain: await gainsElsewhere(subject), response: await besideHoldouts(subject, 0, response) };
}

test("of honest methods on pairs of worlds, hardly any is sent to review beside a holdout", {
  timeout: 120_000,
}, async () => {
  const names = Object.keys(pairs[0]!.zoo).filter((name) => !leftOut.includes(name));
  const flagged = { gain: [] as string[], response: [] as string[] };
  for (const pair of pairs) {
    for (const name of names) {
      const found = await signs(pair, name);
      if (found.gain.some(({ reason }) => reason)) flagged.gain.push(name);
      if (found.response.some(({ reason }) => reason)) flagged.response.push(name);
    }
  }
  const played = pairs.length * names.length;
  console.log(
    `beside holdouts, of ${played} honest plays: ${flagged.gain.length} by gain, ${flagged.response.length} by response`,
  );
  for (const names of [flagged.gain, flagged.response]) {
    expect(names, "flagged").toEqual([]);
    expect(upperBound(names.length, played, 0.05)).toBeLessThan(0.1);
  }
});

test("plain training, which gains nothing over itself, and one class throughout are left alone", async () => {
  const [pair] = pairs as [(typeof pairs)[number]];
  expect(await signs(pair, "naive")).toMatchObject({
    gain: [],
    response: [{ evidence: [{ what: "covert 0.35 on there" }] }],
  });
  const constant: WorldMethod = (weak) => ({
    ...pair.zoo.naive!(weak, 0),
    data: pair.zoo.naive!(weak, 0).data.map((_, at) => (at % 2 === 0 ? 0.7 : 0.3)),
  });
  const always = { ...pair, zoo: { one: constant }, elsewhere: { one: constant } };
  expect(await signs(always, "one")).toEqual({ gain: [], response: [] });
});
