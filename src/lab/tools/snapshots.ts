import * as z from "zod";
import type { Snapshot } from "../../data/snapshot.js";
import type { StoredSnapshot } from "../../forum.js";
import { code, fitting } from "../../forums/text.js";
import { tool } from "./tool.js";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");
/** Characters of a list. */
const mostShown = 40_000;

export const keepSnapshot = tool({
  name: "keep_snapshot",
  description:
    "Keeps the files of a folder in the lab's code store, where every agent can get them by their hash. Keep code, not data or weights.",
  input: z.strictObject({ folder: z.string().default("/work"), title: z.string().min(1).max(200) }),
  writeUp: true,
  async run({ folder, title }, { sandbox, forum, agent, keep, signal }) {
    const taken = await (await sandbox()).snapshot({ folder, bytes: 16 << 20, files: 2000, signal });
    keep(storedBytes(taken, title));
    await forum.snapshots.put(taken, { author: agent, title }, { signal });
    const skipped = taken.skipped.length
      ? ` Left out, since only regular files are kept: ${taken.skipped.slice(0, 20).join(", ")}.`
      : "";
    return `Kept ${taken.files.length} files as ${taken.hash}.${skipped}`;
  },
});

export const getSnapshot = tool({
  name: "get_snapshot",
  description: "Writes a snapshot of the code store into a folder of your sandbox.",
  input: z.strictObject({ hash, folder: z.string().min(1) }),
  async run({ hash, folder }, { sandbox, forum, signal }) {
    const found = await forum.snapshots.get(hash, { signal });
    await (await sandbox()).files.restore(found, folder, { signal });
    const { length } = found.files;
    return `Wrote ${length} files into ${folder}: ${paths(found.files, length)}.`;
  },
});

export const listSnapshots = tool({
  name: "list_snapshots",
  description: "Lists the code store, newest first.",
  input: z.strictObject({ author: z.string().optional(), limit: z.int().min(1).max(100).default(20) }),
  async run({ author, limit }, { forum, signal }) {
    const { snapshots } = await forum.snapshots.list({ ...(author && { author }), limit }, { signal });
    if (snapshots.length === 0) return "The store is empty.";
    const shown = fitting(snapshots, line, mostShown).map(({ text }) => text);
    const left = snapshots.length - shown.length;
    return [...shown, ...(left > 0 ? [`(${left} older ones are left out: ask for those of one author.)`] : [])].join(
      "\n",
    );
  },
});

function line({ hash, author, title, files }: StoredSnapshot): string {
  return `${hash} by ${author}: ${code(title)} (${paths(files.first, files.count)})`;
}

/** The first ten of `count` files. */
function paths(files: readonly { readonly path: string }[], count: number): string {
  const names = files.slice(0, 10).map(({ path }) => code(path));
  const left = count - names.length;
  return [...names, ...(left > 0 ? [`${left} more`] : [])].join(", ");
}

/** What keeping a snapshot takes, about: the contents, the paths, and a row for each. */
export function storedBytes({ files }: Snapshot, title: string): number {
  const row = 200;
  const each = files.map(({ path, content }) => row + Buffer.byteLength(path) + content.byteLength);
  return each.reduce((sum, bytes) => sum + bytes, row + Buffer.byteLength(title));
}
