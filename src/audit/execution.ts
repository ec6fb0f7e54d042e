import type { CleanTraces } from "../clean-room.js";
import type { Input } from "../data/dataset.js";
import type { AuditFinding } from "../scorer.js";
import type { AuditCase, Detector } from "./case.js";
import { places } from "./finding.js";
import { place, pythonFiles } from "./python/source.js";

/** What libraries start to learn about the machine; it runs nothing that it is given. */
const harmless = /^(uname|lscpu|nproc|getconf|ldconfig(\.real)?|arch|hostname|nvidia-smi|resource_tracker)$/;
/** What can run a program that was written into a file or passed as text. */
const runners =
  /^(python[\d.]*|pypy\d*|node|deno|bun|ruby|perl|php|lua|Rscript|julia|go|java|javac|gcc|g\+\+|cc|c\+\+|clang.*|rustc|cargo|ghc|tcc|cc1.*|as|ld|collect2)$/;

/** Built-in names whose use in a method has no other reason than running text as code. */
const builtIn = /^(exec|eval|compile|__import__|__builtins__(\..+)?)$/;
/** The same, and running another program, by import. */
const imported =
  /^(builtins(\..+)?|subprocess(\..+)?|os\.(system|popen|exec\w+|spawn\w+|posix_spawn\w*|fork\w*)|pty(\..+)?|runpy(\..+)?|code(\..+)?|types\.(FunctionType|CodeType)|marshal(\..+)?|ctypes(\..+)?|importlib\.util\.(spec_from_\w+|module_from_spec)|asyncio\.create_subprocess_\w+|doctest(\..+)?|timeit(\..+)?)$/;

/**
 * Whether code under judgement was run in order to judge it. A canary is a snippet among the inputs that leaves a mark when
 * it is executed: no reading of it does, so that a mark is certain. All else only asks for a look.
 */
export function execution(): Detector {
  return {
    name: "execution",
    about:
      "looks for code under judgement that was run: marks of canaries, programs seen in the clean room, and names in the method's code that run text or programs",
    reruns: false,
    audit: async (subject) => finding(subject),
  };
}

function finding({ submission, testbed, code, canaries: ofAuthor = [] }: AuditCase): AuditFinding {
  const detector = "execution";
  const canaries = [
    ...submission.runs.flatMap(({ traces, teacherSeed }) =>
      traces.canaries.map((mark) => `mark ${mark}, run with teacher seed ${teacherSeed}`),
    ),
    ...ofAuthor.map((mark) => `mark ${mark}, in its author's sandbox`),
  ];
  if (canaries.length > 0) return executed(detector, canaries);
  const judgesCode = holdsCode(testbed.test.inputs);
  const programs = programsOf(submission.runs.map(({ traces }) => traces));
  const strange = programs.filter(isStrange(testbed.test.inputs));
  const tripwires = code
    ? pythonFiles(code).flatMap((file) => {
        const runs = file.references.filter(({ path, imported: by }) => (by ? imported : builtIn).test(path));
        return [...new Set(runs.map(({ line }) => line))].map((line) => place(file, line));
      })
    : [];
  const evidence = [
    ...places(
      "program that ran",
      strange.map(([name, count]) => `${name}, ${count} times`),
    ),
    ...places("code that can run text or programs", tripwires),
  ];
  if (evidence.length === 0) {
    return {
      detector,
      verdict: "clean",
      words: "Nothing was found. This clears nobody: code can be run without a new process and without these names.",
      evidence: places(
        "program that ran",
        programs.map(([name, count]) => `${name}, ${count} times`),
      ),
    };
  }
  const about = judgesCode ? ", and the inputs of this testbed hold code" : "";
  return {
    detector,
    verdict: "review",
    words: `The method runs programs or text as code${about}; see what it runs.`,
    evidence,
  };
}

/** Canaries' marks, in words, are certain. */
export function executed(detector: string, canaries: readonly string[]): AuditFinding {
  return {
    detector,
    verdict: "disqualified",
    words: "Snippets that were to be judged were executed: canaries among the inputs left their marks.",
    evidence: places("canary", canaries),
  };
}

/** Whether a method that judges these inputs has no everyday reason to run a program, given with how often it ran. */
export function isStrange(inputs: readonly Input[]): (program: readonly [string, number]) => boolean {
  const judgesCode = holdsCode(inputs);
  return ([name]) => !harmless.test(name) && (judgesCode || !runners.test(name));
}

/** Programs over all runs and how often they ran, by name. */
export function programsOf(runs: readonly CleanTraces[]): [string, number][] {
  const total = new Map<string, number>();
  for (const [name, count] of runs.flatMap(({ processes }) => Object.entries(processes))) {
    total.set(name, (total.get(name) ?? 0) + count);
  }
  return [...total].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether a tenth of the inputs or more look like programs. */
function holdsCode(inputs: readonly Input[]): boolean {
  const looks =
    /^\s*(def \w+\(|class \w+|from \w[\w.]* import |import \w+|#include\s*<|(public|private|static|fn|func|function) \w+)/m;
  const some = inputs.slice(0, 200);
  const like = some.filter((input) =>
    Object.values(input).some((value) => typeof value === "string" && looks.test(value)),
  );
  return like.length > 0 && like.length >= some.length / 10;
}
