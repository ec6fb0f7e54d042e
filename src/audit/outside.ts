import type { CleanTraces } from "../clean-room.js";
import type { AuditFinding } from "../scorer.js";
import type { AuditCase, Detector } from "./case.js";
import { places } from "./finding.js";
import { type PythonFile, place, pythonFiles } from "./python/source.js";
import { describeFile, isWeights } from "./snapshot-files.js";

const dataSets =
  /^(sklearn\.datasets(?!\.make_)(\..+)?|nltk\.(corpus|download)(\..+)?|torchvision\.datasets(\..+)?|torchtext\.datasets(\..+)?|datasets(\..+)?|evaluate\.load|tensorflow_datasets(\..+)?|keras\.datasets(\..+)?|scipy\.datasets(\..+)?|seaborn\.load_dataset|statsmodels\.datasets(\..+)?|gensim\.downloader(\..+)?|pooch(\..+)?|vega_datasets(\..+)?)$/;
const network =
  /^(requests(\..+)?|urllib3(\..+)?|urllib\.request(\..+)?|http\.client(\..+)?|httpx(\..+)?|aiohttp(\..+)?|socket(\..+)?|ftplib(\..+)?|smtplib(\..+)?|telnetlib(\..+)?|paramiko(\..+)?|websockets?(\..+)?|huggingface_hub(\..+)?|openai(\..+)?|anthropic(\..+)?|torch\.hub(\..+)?)$/;
const insidePackages =
  /^(importlib\.resources(\..+)?|importlib\.metadata\.(files|distribution)|pkgutil\.get_data|pkg_resources(\..+)?|site\.getsitepackages|sysconfig\.get_paths?|sys\.path|sys\.prefix)$/;

const families = [
  { what: "a data set that ships with a package", pattern: dataSets },
  { what: "a library that reaches the network", pattern: network },
  { what: "a read inside installed packages", pattern: insidePackages },
] as const;

/** Paths that a method is not handed. Its own are relative to `context.folder` and `context.models`. */
const outsidePath =
  /^(~\/|\/(home|root|usr|opt|etc|var|proc|sys|mnt|media|srv|run|lab|data|work|workspace|app)(\/|$))|(^|\/)(site|dist)-packages(\/|$)|^(https?|ftp|s3|gs|hf):\/\/|^\.\.\//;

/**
 * Whether a method uses more than what it is handed: what it asked of the door and was refused, what its Python opened
 * elsewhere, names in its code that read data sets, packages, other paths or the network, and trained weights among its
 * files. Each only asks for a look.
 */
export function outside(): Detector {
  return {
    name: "outside",
    about:
      "looks for information from elsewhere: requests that were refused, what was opened elsewhere, reads of data sets, packages, paths and the network in the code, and weights among the files",
    reruns: false,
    audit: async (subject) => finding(subject),
  };
}

function finding({ submission, code }: AuditCase): AuditFinding {
  const detector = "outside";
  const { refused, opened } = askedFor(submission.runs.map(({ traces }) => traces));
  const files = code ? pythonFiles(code) : [];
  const evidence = [
    ...places("refused in the clean room", refused),
    ...places("opened in the clean room", opened),
    ...families.flatMap(({ what, pattern }) =>
      places(
        what,
        files.flatMap((file) => uses(file, pattern)),
      ),
    ),
    ...places("a model or path by a name of its own", files.flatMap(namedPaths)),
    ...places("weights among the files", (code?.files ?? []).filter(isWeights).map(describeFile)),
  ];
  if (evidence.length === 0) {
    const words =
      "No request was refused, its Python was not seen to open anything else, and its files name nothing from elsewhere. That clears nobody: code can do both unseen.";
    return { detector, verdict: "clean", words, evidence };
  }
  const words =
    askedInWords(refused, opened) ??
    "The method's files name sources besides what it is given; see whether it learns from them.";
  return { detector, verdict: "review", words, evidence };
}

/** What code asked of the door and was refused, and what it opened, each once over all runs. */
export function askedFor(runs: readonly CleanTraces[]): Pick<CleanTraces, "refused" | "opened"> {
  const refused = new Set(runs.flatMap((traces) => traces.refused));
  const opened = new Set(runs.flatMap((traces) => traces.opened));
  return { refused: [...refused], opened: [...opened] };
}

/** Undefined where it did neither. */
export function askedInWords(refused: readonly string[], opened: readonly string[]): string | undefined {
  if (refused.length > 0) return "The method asked for something that it is not given.";
  if (opened.length > 0) return "The method opened something that it is not given; see whether it learns from it.";
  return undefined;
}

function uses(file: PythonFile, pattern: RegExp): string[] {
  const lines = file.references.filter(({ path, imported }) => imported && pattern.test(path)).map(({ line }) => line);
  return [...new Set(lines)].map((line) => place(file, line));
}

function namedPaths(file: PythonFile): string[] {
  const paths = file.tokens.filter(
    ({ kind, text }) => kind === "string" && text.length < 400 && outsidePath.test(text),
  );
  const models = file.references.filter(
    ({ path, firstString }) => /\.from_pretrained$|(^|\.)SentenceTransformer$/.test(path) && firstString !== undefined,
  );
  return [...new Set([...paths, ...models].map(({ line }) => line))]
    .sort((a, b) => a - b)
    .map((line) => place(file, line));
}
