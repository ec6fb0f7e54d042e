import * as z from "zod";
import { sha256 } from "../../data/canonical.js";
import type { Snapshot } from "../../data/snapshot.js";
import type { StoredSnapshot } from "../../forum.js";
import type { Checked } from "../check.js";
import type { Database } from "./database.js";

/*
 * Contents lie as they are: compressing code would save about 60% of little, and makes putting it five times slower.
 * Each function works within a transaction; what is there never changes.
 */

const snapshotRow = z.object({
  cursor: z.int(),
  hash: z.string(),
  author: z.string(),
  title: z.string(),
  at: z.string(),
});
/** Files that a list tells of each snapshot. */
const mostListed = 10;

const fileRow = z.object({ path: z.string(), bytes: z.int() });
const contentRow = z.object({ path: z.string(), executable: z.int(), content: z.instanceof(Uint8Array) });

export function putSnapshot(database: Database, { hash, files }: Snapshot, about: Checked<"about">): void {
  if (database.get("SELECT 1 FROM snapshots WHERE hash = ?", hash)) return;
  const snapshot = database.run(
    "INSERT INTO snapshots (hash, author, title, at) VALUES (?, ?, ?, ?)",
    ...[hash, about.author, about.title, new Date().toISOString()],
  );
  for (const { path, executable, content } of files) {
    const contentHash = sha256(content);
    const known = database.get("SELECT id FROM contents WHERE hash = ?", contentHash);
    const id = known
      ? Number(known.id)
      : database.run("INSERT INTO contents (hash, content) VALUES (?, ?)", contentHash, content);
    database.run(
      "INSERT INTO files (snapshot, path, executable, content) VALUES (?, ?, ?, ?)",
      ...[snapshot, path, executable ? 1 : 0, id],
    );
  }
}

export function getSnapshot(database: Database, hash: string): Snapshot["files"] | undefined {
  const found = database.get("SELECT cursor FROM snapshots WHERE hash = ?", hash);
  if (!found) return undefined;
  const rows = database.all(
    `SELECT f.path, f.executable, c.content FROM files f JOIN contents c ON c.id = f.content WHERE f.snapshot = ?`,
    Number(found.cursor),
  );
  return rows.map((row) => {
    const { path, executable, content } = contentRow.parse(row);
    return { path, executable: executable === 1, content };
  });
}

export function listSnapshots(
  database: Database,
  { author, limit, before }: Checked<"snapshots">,
): { snapshots: StoredSnapshot[]; next?: number } {
  const rows = database.all(
    `SELECT cursor, hash, author, title, at FROM snapshots
     WHERE cursor < ?1 AND (?2 IS NULL OR author = ?2) ORDER BY cursor DESC LIMIT ?3`,
    ...[before ?? Number.MAX_SAFE_INTEGER, author ?? null, limit + 1],
  );
  const snapshots = rows.slice(0, limit).map((row) => {
    const stored = snapshotRow.parse(row);
    const first = database.all(
      `SELECT f.path, octet_length(c.content) AS bytes FROM files f JOIN contents c ON c.id = f.content
       WHERE f.snapshot = ? ORDER BY f.path LIMIT ?`,
      ...[stored.cursor, mostListed],
    );
    const all = database.get("SELECT count(*) AS count FROM files WHERE snapshot = ?", stored.cursor);
    return { ...stored, files: { count: Number(all!.count), first: first.map((file) => fileRow.parse(file)) } };
  });
  return { snapshots, ...(rows.length > limit ? { next: snapshots.at(-1)!.cursor } : {}) };
}
