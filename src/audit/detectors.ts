import { answerTable } from "./answer-table/index.js";
import type { Detector } from "./case.js";
import { execution } from "./execution.js";
import { exfiltration } from "./exfiltration/index.js";
import { independence } from "./independence.js";
import { outside } from "./outside.js";
import { reruns } from "./rerun-traces.js";
import { seeds } from "./seeds.js";
import { shortcut } from "./shortcut.js";
import { transcript } from "./transcript/index.js";
import type { Judge } from "./transcript/judge.js";
import { unlikely } from "./unlikely.js";

/** All detectors, those that need no rerun first. `judge`: a model that reads transcripts besides the rules. */
export function defaultDetectors(options: { readonly judge?: Judge } = {}): Detector[] {
  const all = [
    shortcut(),
    seeds(),
    exfiltration(),
    answerTable(),
    execution(),
    outside(),
    unlikely(),
    transcript(options),
    independence(),
    // The last: it looks at the reruns that the others have made.
    reruns(),
  ];
  return all.sort((a, b) => Number(a.reruns) - Number(b.reruns));
}
