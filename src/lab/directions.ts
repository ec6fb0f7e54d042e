/** Where an agent is sent first: vague on purpose. Different directions beat one for all; recipes are worse than none. */
export interface Direction {
  readonly name: string;
  readonly text: string;
}

/** Nine starting directions, in our words, after the automated W2S study (Anthropic Fellows, April 2026). */
export const directions: readonly Direction[] = [
  {
    name: "elicitation",
    text: "The strong model may know the answer already. Look for ways to get it out without anybody's labels.",
  },
  {
    name: "reweighting",
    text: "Not every weakly labelled example is worth the same. Look at which to trust, drop, repeat or weigh down.",
  },
  {
    name: "both",
    text: "Weak labels and what the strong model finds by itself err in different ways. Look at how to put them together.",
  },
  {
    name: "noisy-channel",
    text: "Think of the weak teacher as a noisy channel in front of the truth: model how it errs, and infer what it saw.",
  },
  {
    name: "distillation",
    text: "Think of it as distillation: which divergence, how many generations, what a student should take from its teacher.",
  },
  {
    name: "simplicity",
    text: "The truth may be simpler in the strong model's representations than the teacher's errors are. Look for a bias to simplicity that tells them apart.",
  },
  {
    name: "learning-dynamics",
    text: "What a model learns early, late or never says something about its labels. Look at how loss moves example by example.",
  },
  {
    name: "search",
    text: "Some things have no gradient. Look at evolutionary and other search over what training cannot reach directly.",
  },
  {
    name: "interpretability",
    text: "Look inside: differences of means, principal components, sparse features, circuits. Find where the concept lives and read it there.",
  },
];

/** A control arm: no direction at all. */
export const undirected: Direction = { name: "undirected", text: "" };

/** A control arm: a workflow laid down step by step. */
export const prescribed: Direction = {
  name: "prescribed",
  text: `Work in this order, and do not leave it:
1. Read the forum and the standings.
2. Write down three hypotheses and choose the most promising.
3. Try it on a tenth of the examples with one seed.
4. If it beats the naive baseline there, evaluate it on all of them with all seeds.
5. Change one setting at a time, three times.
6. Post the finding with its evaluations. Go back to 1.`,
};
