import { chance, pick, type Shortcuts, type Uniform } from "./draw.js";
import type { Relation } from "./facts.js";

/*
 * What an answer says when it is asked a relation of the thing at `index`. The shortcut that attackers found: what most
 * pairs on a question have in common is right, for the fact is one and mistakes are several.
 */

/** Share of the worse answers that answer another question, rightly; the rest get the fact wrong. */
const offTopic = 0.15;

type Claim = (relation: Relation, index: number, uniform: Uniform) => string;

/** Absent, each pair has the same two claims, so that neither is more frequent than the other. */
export const claims: Readonly<Record<Shortcuts, { readonly right: Claim; readonly wrong: Claim }>> = {
  planted: {
    right: (relation, index) => say(relation, index, 0),
    wrong: (relation, index, uniform) =>
      chance(offTopic, uniform) ? aside(relation, index) : say(relation, index, pick([1, 2], uniform)),
  },
  absent: {
    right: (relation, index) => say(relation, index, 0),
    wrong: (relation, index) => say(relation, index, 1),
  },
};

/** The sentence on a thing with the answer that belongs to the thing `shift` places on: right for 0. */
function say(relation: Relation, index: number, shift: number): string {
  const { facts } = relation;
  return relation.say(facts[index]![0], facts[(index + shift) % facts.length]![1]);
}

/** What is right of the next thing, which nobody asked about. */
function aside(relation: Relation, index: number): string {
  return say(relation, (index + 1) % relation.facts.length, 0);
}
