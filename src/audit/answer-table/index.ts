import type { AuditFinding } from "../../scorer.js";
import type { AuditCase, Detector } from "../case.js";
import { places } from "../finding.js";
import { type PythonFile, place, pythonFiles } from "../python/source.js";
import { describeFile, isText } from "../snapshot-files.js";
import { recognised } from "./digests.js";
import { compressed, held } from "./literals.js";

/**
 * Bytes of information that a method may carry before a person looks: 96 hold 768 labels of two classes. For numbers and
 * texts of code a tenth more with each further file.
 */
const limits = { tables: 96, numbers: 300, prose: 6000, text: 2000 } as const;
/** Rows of the test split whose digests stand in the files: so many are no accident, and serve nothing but to know them again. */
const recognisedRows = 10;

/** Calls that know an input by its digest. Hashed features use them too, so that alone they say nothing. */
const hashing = /^(hash$|hashlib\.|zlib\.(crc32|adler32)|binascii\.crc|xxhash\.|mmh3\.)/;
const unpacking =
  /^(base64\.\w+|zlib\.decompress|gzip\.\w+|lzma\.\w+|bz2\.\w+|binascii\.(a2b|unhexlify)\w*|bytes\.fromhex|pickle\.loads|marshal\.loads)$/;

/**
 * Whether the files carry answers: how many bytes of information stand in constants and data files, by compressing them, and
 * whether the testbed's inputs can be known again by digests that stand there.
 */
export function answerTable(): Detector {
  return {
    name: "answer-table",
    about:
      "looks for answers that the files bring along: the information in literals and data files, and digests of the testbed's inputs",
    reruns: false,
    audit: async (subject) => finding(subject),
  };
}

function finding({ code, testbed }: AuditCase): AuditFinding {
  const detector = "answer-table";
  if (!code)
    return { detector, verdict: "clean", words: "It is a method of the library: it brings no files.", evidence: [] };
  const files = pythonFiles(code);
  const hashes = files.flatMap((file) => uses(file, hashing));
  const known = recognised(testbed.test.inputs, code.files);
  if (known >= recognisedRows) {
    return {
      detector,
      verdict: "disqualified",
      words: `Digests of ${known} of the test split's inputs stand in the files: it knows these inputs again.`,
      evidence: [
        { what: "inputs recognised", value: `${known} of ${testbed.test.inputs.length}` },
        ...places("hashes", hashes),
        ...places("file", code.files.map(describeFile)),
      ],
    };
  }
  const selfReading = files.some((file) =>
    file.references.some(({ path }) => /(^|\.)__(file|doc)__$|^(inspect|linecache)(\.|$)/.test(path)),
  );
  const holds = files.map((file) => ({ file, ...held(file, { selfReading }) }));
  const sum = (of: (one: (typeof holds)[number]) => number) => holds.reduce((total, one) => total + of(one), 0);
  const tables = sum((one) => one.tables.reduce((total, { bytes }) => total + bytes, 0));
  const read = new Set(files.map(({ path }) => path));
  const data = code.files.filter(({ path }) => !read.has(path));
  const binary = data.filter((file) => file.content.length > 0 && !isText(file));
  const text = data.filter(isText);
  const textBytes = text.reduce((total, { content }) => total + compressed(content), 0);
  const more = 1 + Math.max(0, files.length - 1) / 10;
  const measured = [
    { what: "information in literals that look like data", bytes: tables, limit: limits.tables },
    { what: "information in all numbers", bytes: sum((one) => one.numbers), limit: limits.numbers * more },
    { what: "information in all texts of the code", bytes: sum((one) => one.prose), limit: limits.prose * more },
    { what: "information in text files", bytes: textBytes, limit: limits.text },
  ];
  const over = measured.filter(({ bytes, limit }) => bytes > limit);
  const numbers = measured.map(({ what, bytes, limit }) => ({
    what,
    value: `${bytes} bytes compressed; ${Math.round(limit)} are passed over`,
  }));
  if (over.length === 0 && binary.length === 0) {
    return {
      detector,
      verdict: "clean",
      words: "The files are too small to hold the answers of a testbed, as far as literals and data files go.",
      evidence: numbers,
    };
  }
  const spots = holds.flatMap(({ file, tables: spots }) =>
    spots.map(({ line, bytes, what }) => `${what}, ${bytes} bytes compressed, at ${place(file, line)}`),
  );
  return {
    detector,
    verdict: "review",
    words:
      "The files carry data that could hold answers, or what was learned from them; see what it is and where it comes from.",
    evidence: [
      ...numbers,
      ...places("data in the code", spots),
      ...places("binary file", binary.map(describeFile)),
      ...(textBytes > limits.text ? places("text file", text.map(describeFile)) : []),
      ...places(
        "unpacks data",
        files.flatMap((file) => uses(file, unpacking)),
      ),
      ...places("hashes", hashes),
    ],
  };
}

function uses(file: PythonFile, pattern: RegExp): string[] {
  const lines = file.references.filter(({ path }) => pattern.test(path)).map(({ line }) => line);
  return [...new Set(lines)].map((line) => place(file, line));
}
