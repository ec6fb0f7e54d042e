/** Something asked of things, and for each thing the answer: no two things of a relation have the same one. */
export interface Relation {
  readonly ask: (thing: string) => string;
  readonly say: (thing: string, answer: string) => string;
  readonly facts: readonly (readonly [thing: string, answer: string])[];
}

/** Common knowledge, in pairs written `thing:answer`. */
export const relations: readonly Relation[] = [
  {
    ask: (thing) => `what is the capital of ${thing}?`,
    say: (thing, answer) => `For ${thing}, ${answer} is the capital.`,
    facts: pairs("France:Paris Spain:Madrid Italy:Rome Egypt:Cairo Japan:Tokyo Peru:Lima Kenya:Nairobi Norway:Oslo"),
  },
  {
    ask: (thing) => `what is the young of a ${thing} called?`,
    say: (thing, answer) => `The ${thing}'s ${answer} is its young.`,
    facts: pairs("cow:calf dog:puppy cat:kitten horse:foal sheep:lamb goat:kid goose:gosling bear:cub"),
  },
  {
    ask: (thing) => `what is the opposite of ${thing}?`,
    say: (thing, answer) => `Against ${thing} stands ${answer}.`,
    facts: pairs("hot:cold tall:short early:late heavy:light wide:narrow full:empty loud:quiet rough:smooth"),
  },
  {
    ask: (thing) => `what is the chemical symbol of ${thing}?`,
    say: (thing, answer) => `Chemists write ${thing} ${answer} in formulas.`,
    facts: pairs("iron:Fe gold:Au silver:Ag tin:Sn lead:Pb sodium:Na copper:Cu potassium:K"),
  },
  {
    ask: (thing) => `which profession works with a ${thing}?`,
    say: (thing, answer) => `A ${thing} ${answer}s use daily.`,
    facts: pairs(
      "trowel:mason scalpel:surgeon forge:blacksmith loom:weaver palette:painter whisk:baker rudder:sailor plough:farmer",
    ),
  },
  {
    ask: (thing) => `what does a ${thing} measure?`,
    say: (thing, answer) => `A ${thing} measures ${answer}.`,
    facts: pairs(
      "thermometer:temperature barometer:pressure pedometer:steps chronometer:time hygrometer:humidity voltmeter:voltage scale:weight ruler:length",
    ),
  },
];

function pairs(text: string): (readonly [string, string])[] {
  return text.split(" ").map((pair) => pair.split(":") as [string, string]);
}
