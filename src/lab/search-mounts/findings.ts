import { dirname } from "node:path";
import type { MountedFile } from "./files.js";
import type { SearchedTestbed } from "./needles.js";

/** A file or folder inside which inputs of a testbed stand. */
export interface MountFinding {
  readonly testbed: string;
  /** On the host. */
  readonly source: string;
  /** In the sandbox: what is to be covered, by an empty file or an empty folder. */
  readonly target: string;
  readonly type: "file" | "folder";
  /** How many different inputs stand there. */
  readonly inputs: number;
  /** For a person. */
  readonly why: string;
}

/** Inputs that were found in one file, by testbed. */
export interface Hits {
  readonly file: MountedFile;
  readonly inputs: ReadonlyMap<number, ReadonlySet<number>>;
}

/** A file with as many different inputs is a finding: fewer can be chance. */
const enoughInFile = 3;
/** A folder whose files together have as many, or this share of the testbed if that is less. */
const enoughInFolder = { inputs: 10, share: 0.05 };
/** A folder of which at least this share of the files was found is covered as a whole. */
const mostOfFolder = 0.5;

/** What of all that was found is more than chance. */
export function findingsOf(
  testbeds: readonly SearchedTestbed[],
  hits: readonly Hits[],
  files: readonly MountedFile[],
): MountFinding[] {
  const inFolder = new Map<string, number>();
  for (const { target } of files) inFolder.set(dirname(target), (inFolder.get(dirname(target)) ?? 0) + 1);
  return testbeds.flatMap(({ name, inputs }, testbed) => {
    const own = hits.flatMap(({ file, inputs }) => {
      const found = inputs.get(testbed);
      return found ? [{ file, found }] : [];
    });
    const enough = Math.max(enoughInFile, Math.min(enoughInFolder.inputs, inputs.length * enoughInFolder.share));
    return [...Map.groupBy(own, ({ file }) => dirname(file.target))].flatMap(([folder, inside]): MountFinding[] => {
      const together = union(inside.map(({ found }) => found));
      if (inside.length > 1 && together >= enough && inside.length >= inFolder.get(folder)! * mostOfFolder) {
        const source = dirname(inside[0]!.file.source);
        const why = `${inside.length} of its ${inFolder.get(folder)} files hold ${together} inputs of ${name}; their names may tell labels`;
        return [{ testbed: name, source, target: folder, type: "folder", inputs: together, why }];
      }
      return inside.flatMap(({ file: { source, target }, found }): MountFinding[] => {
        if (found.size < enoughInFile && together < enough) return [];
        const why = `it holds ${found.size} ${found.size === 1 ? "input" : "inputs"} of ${name}, and perhaps their labels`;
        return [{ testbed: name, source, target, type: "file", inputs: found.size, why }];
      });
    });
  });
}

function union(sets: readonly ReadonlySet<number>[]): number {
  return new Set(sets.flatMap((set) => [...set])).size;
}
