import * as z from "zod";
import type { StoredSnapshot } from "../../forum.js";
import { tool } from "./tool.js";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "expected 64 hexadecimal digits");

export const keepSnapshot = tool({
  name: "keep_snapshot",
  description:
    "Keeps the files of a folder in the lab's code store, where every agent can get them by their hash. Keep code, not data or weights.",
  input: z.strictObject({ folder: z.string().default("/work"), title: z.string().min(1).max(200) }),
  writeUp: true,
  async run({ folder, title }, { sandbox, forum, agent, keep, signal }) {
    const taken = await (await sandbox()).snapshot({ folder, bytes: 16 << 20, files: 2000, signal });
    keep(taken.files.reduce((sum, { content }) => sum + content.byteLength, 0));
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
    return `Wrote ${found.files.map(({ path }) => path).join(", ")} into ${folder}.`;
  },
});

export const listSnapshots = tool({
  name: "list_snapshots",
  description: "Lists the code store, newest first.",
  input: z.strictObject({ author: z.string().optional(), limit: z.int().min(1).max(100).default(20) }),
  async run({ author, limit }, { forum, signal }) {
    const { snapshots } = await forum.snapshots.list({ ...(author && { author }), limit }, { signal });
    return snapshots.map(line).join("\n") || "The store is empty.";
  },
});

function line({ hash, author, title, files }: StoredSnapshot): string {
  const names = files.slice(0, 10).map(({ path }) => path);
  return `${hash} by ${author}: ${title} (${names.join(", ")}${files.length > 10 ? ", ..." : ""})`;
}
