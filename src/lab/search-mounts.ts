import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import * as z from "zod";
import { sha256 } from "../data/canonical.js";
import type { Mount } from "../sandbox.js";
import { splitNames, type Testbed } from "../testbed/testbed.js";
import { contentOf } from "./search-mounts/content.js";
import { filesOf, leftOut, type MountedFile } from "./search-mounts/files.js";
import { findingsOf, type Hits } from "./search-mounts/findings.js";
import { needlesOf } from "./search-mounts/needles.js";
import { Scan } from "./search-mounts/scan.js";
import { Unread } from "./search-mounts/unread.js";

export type { MountFinding } from "./search-mounts/findings.js";

/** What of a testbed is searched for; its name is what findings say. */
export type SearchedSource = Pick<Testbed, "name" | "hash" | "splits">;

export interface SearchMountsOptions {
  /** What sandboxes will be able to read. */
  readonly mounts: readonly Mount[];
  /** Those whose inputs, of all splits, must not be found there. */
  readonly testbeds: readonly SearchedSource[];
  /** A folder in which the result is kept, and found again while no file has changed. */
  readonly cache?: string;
  readonly signal?: AbortSignal;
}

const searched = z.object({
  /** What is to be covered before a sandbox sees it. */
  findings: z.array(
    z.object({
      testbed: z.string(),
      source: z.string(),
      target: z.string(),
      type: z.enum(["file", "folder"]),
      inputs: z.int(),
      why: z.string(),
    }),
  ),
  /** Files that could hold inputs and could not be opened. */
  unread: z.array(z.object({ source: z.string(), target: z.string(), why: z.string() })),
  /** What was not looked into, by kind. */
  leftOut: z.array(z.object({ kind: z.string(), files: z.int(), bytes: z.int() })),
  /** Inputs too short or too plain to be told from chance. */
  without: z.array(z.object({ testbed: z.string(), inputs: z.int() })),
  files: z.int(),
  bytes: z.int(),
});

/** What was searched and what was found, for a person to read. */
export type SearchedMounts = z.infer<typeof searched>;

/** Part of what a kept result is found by: to be raised when the search finds something else than before. */
const version = 1;
const blockBytes = 1 << 20;
/** Bytes after which others get their turn. */
const turnBytes = 16 << 20;

/**
 * Looks for inputs of testbeds in what is mounted into sandboxes: a data set inside an installed package carries labels
 * beside them. Texts are found by runs of six words in any file, also compressed (gzip, zip, zstd) and with parts of
 * speech between the words; images by runs of pixels in tables of numbers, `.npy` arrays and bytes. What cannot be found
 * so is in docs/scorer.md.
 */
export async function searchMounts(options: SearchMountsOptions): Promise<SearchedMounts> {
  const { mounts, testbeds, cache, signal } = options;
  const turn = async (): Promise<void> => {
    await nextTurn();
    signal?.throwIfAborted();
  };
  await turn();
  const files = await filesOf(mounts, turn);
  if (cache === undefined) return search(testbeds, files, turn);
  const key = sha256(JSON.stringify([version, testbeds.map(({ name, hash }) => [name, hash]), files]));
  const kept = join(cache, `mounts-${key.slice(0, 32)}.json`);
  const found = searched.safeParse(
    await readFile(kept, "utf8")
      .then(JSON.parse)
      .catch(() => undefined),
  );
  if (found.success) return found.data;
  const result = await search(testbeds, files, turn);
  await mkdir(cache, { recursive: true });
  await writeFile(`${kept}.${process.pid}`, JSON.stringify(result));
  await rename(`${kept}.${process.pid}`, kept);
  return result;
}

async function search(
  sources: readonly SearchedSource[],
  files: readonly MountedFile[],
  turn: () => Promise<void>,
): Promise<SearchedMounts> {
  const testbeds = sources.map(({ name, splits }) => ({
    name,
    inputs: splitNames.flatMap((split) => splits[split].dataset.inputs),
  }));
  const needles = needlesOf(testbeds);
  const scan = new Scan(needles);
  const block = Buffer.allocUnsafeSlow(blockBytes);
  const kinds = Map.groupBy(files, (file) => leftOut(file) ?? "searched");
  const hits: Hits[] = [];
  const unread: SearchedMounts["unread"] = [];
  let bytes = 0;
  let sinceTurn = 0;
  for (const file of kinds.get("searched") ?? []) {
    const inputs = new Map<number, Set<number>>();
    scan.for(({ testbed, input }) => {
      const own = inputs.get(testbed) ?? new Set();
      inputs.set(testbed, own.add(input));
    });
    try {
      for await (const part of contentOf(file.source, block, () => scan.begin())) {
        scan.push(part);
        bytes += part.length;
        sinceTurn += part.length;
        if (sinceTurn >= turnBytes) {
          await turn();
          sinceTurn = 0;
        }
      }
    } catch (error) {
      if (!(error instanceof Unread || (error as NodeJS.ErrnoException).code !== undefined)) throw error;
      unread.push({ source: file.source, target: file.target, why: (error as Error).message });
    }
    scan.begin(); // a word at its end is complete
    if (inputs.size > 0) hits.push({ file, inputs });
  }
  return {
    findings: findingsOf(testbeds, hits, files),
    unread,
    leftOut: [...kinds].flatMap(([kind, own]) =>
      kind === "searched" ? [] : [{ kind, files: own.length, bytes: own.reduce((sum, file) => sum + file.bytes, 0) }],
    ),
    without: testbeds.flatMap(({ name }, at) => {
      const inputs = needles.without[at]!;
      return inputs > 0 ? [{ testbed: name, inputs }] : [];
    }),
    files: kinds.get("searched")?.length ?? 0,
    bytes,
  };
}
