/** What a classifier sees of an idea. All of it was written by an agent. */
export interface IdeaText {
  /** The name under which it was evaluated, or the title of the hypothesis. */
  readonly name: string;
  /** Posts about it, or the body of the hypothesis; empty where there is none. */
  readonly text: string;
  /** The Python files of its snapshot, one after the other; empty where there is none. */
  readonly code: string;
}

/** Sorts ideas into families. One of one's own, such as a model that reads them, goes into `lab({ families })`. */
export interface FamilyClassifier {
  readonly name: string;
  readonly families: readonly string[];
  /** One of `families`; null where none fits: such an idea does not count for diversity. */
  classify(idea: IdeaText): string | null | Promise<string | null>;
}

/** A mark counts once, however often it is found, and more where it says more: in a name 4, in a text 2, in code 1. */
const weights = { name: 4, text: 2, code: 1 } as const;

/** Marks have no unbounded repetition, so that no text that an agent makes up takes long to sort. */
interface Family {
  readonly family: string;
  /** Words in a name or a text. */
  readonly words: readonly RegExp[];
  /** Structures in code; words count there too. */
  readonly code: readonly RegExp[];
}

/** From the most special to the most general: with equal marks the first one wins. */
const rules: readonly Family[] = [
  {
    family: "search",
    words: [
      /evolution/,
      /\bes\b/,
      /genetic/,
      /antithetic/,
      /\b(grid|random|architecture|bayesian|hyper\w{0,20}) search/,
    ],
    code: [/population|offspring|mutat(e|ion)/, /\bcma\b|optuna/, /\+ ?sigma ?\*/],
  },
  {
    family: "noise model",
    words: [/nois[ey]/, /posterior/, /\bem\b|expectation.maximi[sz]ation/, /channel/, /confusion matrix|transition/],
    code: [/\b(tpr|fpr)\b/, /confusion|transition_matrix/, /\be_step\b|\bm_step\b|responsibilit/],
  },
  {
    family: "critique",
    words: [/criti(c|que)/, /\bjudge/, /debate/, /reward|\brl\b|grpo|\bppo\b/, /self.?(verification|correction)/],
    code: [/reward\w{0,20} ?=|advantage/, /critique/],
  },
  {
    family: "elicitation",
    words: [
      /elicit/,
      /zero.?shot|few.?shot|in.?context/,
      /prompt|template/,
      /\bicm\b|mutual predictab/,
      /\bccs\b|contrast.?consist/,
      /consisten(t|cy)|swap/,
    ],
    code: [/\.score\(|log_?prob/, /prompt ?=|template/],
  },
  {
    family: "representation",
    words: [
      /prob(e|es|ing)\b/,
      /hidden|activation|representation|embedding|feature/,
      /\bknn\b|nearest.?neighbou?r/,
      /\bpca\b|princip(al|le) component/,
      /sparse auto|\bsae\b|circuit|steer|difference.in.means/,
    ],
    code: [/\.embed\(|output_hidden_states/, /LogisticRegression|KNeighbors|PCA\(|linalg\.(svd|eigh)/],
  },
  {
    family: "ensemble",
    words: [/ensembl/, /committee|co.?teach/, /bagg(ed|ing)|boost/, /averag(e|ing)|\bvot(e|es|ing)\b|\bsoups?\b/],
    code: [/ensemble/, /mean\(.{0,40}(models|members|teachers)/],
  },
  {
    family: "distillation",
    words: [/distil/, /born.?again/, /\b(reverse|forward|backward)\W?kl\b|kl.?divergence/, /temperature|soft.?target/],
    code: [/kl_div|KLDiv/, /distil|\btemperature ?=/],
  },
  {
    family: "self-training",
    words: [
      /self.?train/,
      /bootstrapp?/,
      /pseudo.?label/,
      /re.?label/,
      /strong.to.strong|iterat(e|ed|ive)|second round|rounds/,
    ],
    code: [/in range\(\w{0,20}rounds/i, /pseudo|relabel/],
  },
  {
    family: "selection",
    words: [
      /filter/,
      /select|subset|\bkeep\b|\bdrop(ping)?\b|prun/,
      /re.?weigh/,
      /curriculum|easy|difficult/,
      /confident (labels|only)|confidence threshold/,
      /overlap|coverage|density|epiplexity|\bmdl\b/,
    ],
    code: [/argsort|quantile|percentile|topk/, /weights? ?=|\bmask\b/],
  },
  {
    family: "objective",
    words: [/confidence/, /\bloss(es)?\b|objective/, /smooth/, /entropy|margin|focal|hinge/, /product|window|harden/],
    code: [/loss ?=|loss\(|cross_entropy/, /label_smoothing/],
  },
  {
    family: "training",
    words: [
      /\blora\b|\blp.?ft\b|adapter|fine.?tun|\bhead\b/,
      /early.?stop|epoch|learning.?rate|warm.?up|optimi[sz]er|batch/,
      /regulari[sz]|weight.?decay|dropout|mix.?up|augment/,
      /naive|vanilla|baseline|pre.?train/,
    ],
    code: [/learning_rate|weight_decay|epochs ?=/, /Dropout\(|LoraConfig/],
  },
];

/**
 * The default: eleven families by rules over names, posts and code (docs/lab-outcome.md has them in words). It reads words
 * and not ideas: "no ensemble was needed" speaks to it of an ensemble.
 */
export const keywordFamilies: FamilyClassifier = {
  name: "keywords in names, posts and code",
  families: rules.map(({ family }) => family),
  classify({ name, text, code }) {
    const [words, prose] = [plainWords(name), plainWords(text)];
    let [best, most]: [string | null, number] = [null, 0];
    for (const rule of rules) {
      const points =
        weights.name * found(rule.words, words) +
        weights.text * found(rule.words, prose) +
        weights.code * (found(rule.words, code.toLowerCase()) + found(rule.code, code));
      if (points > most) [best, most] = [rule.family, points];
    }
    return best;
  },
};

function found(marks: readonly RegExp[], text: string): number {
  return text === "" ? 0 : marks.filter((mark) => mark.test(text)).length;
}

/** `selfTraining_v2` as `self training v2`. */
function plainWords(text: string): string {
  return text
    .replace(/(?<=[a-z])(?=[A-Z][a-z])/g, " ")
    .replace(/[_/:.-]+/g, " ")
    .toLowerCase();
}
