import { diff } from "node:util";
import type { Snapshot, SnapshotFile } from "../../data/snapshot.js";
import { describeFile, isText } from "../snapshot-files.js";

/** Lines around a change. */
const context = 3;
/** The lines of both sides that are compared at most: twice as many that all differ take a second and 200 MB. */
const mostLines = 2000;

/** What changed from one snapshot to the next, as a unified diff; empty if nothing did. Without `before` all of it is new. */
export function unifiedDiff(before: Snapshot | undefined, after: Snapshot): string {
  const old = new Map(before?.files.map((file) => [file.path, file]));
  const now = new Map(after.files.map((file) => [file.path, file]));
  const paths = [...new Set([...old.keys(), ...now.keys()])].sort();
  return paths.flatMap((path) => fileDiff(old.get(path), now.get(path))).join("\n");
}

function fileDiff(before: SnapshotFile | undefined, after: SnapshotFile | undefined): string[] {
  if (before && after && Buffer.from(before.content).equals(after.content)) return [];
  const head = [`--- ${before ? `a/${before.path}` : "nothing"}`, `+++ ${after ? `b/${after.path}` : "nothing"}`];
  if ([before, after].some((file) => file && !isText(file))) {
    const [from, to] = [before, after].map((file) => (file ? describeFile(file) : "nothing"));
    return [...head, `(binary: ${from} became ${to})`];
  }
  return [...head, ...hunks(linesOf(before), linesOf(after))];
}

function linesOf(file: SnapshotFile | undefined): string[] {
  if (!file || file.content.length === 0) return [];
  return new TextDecoder().decode(file.content).replace(/\n$/, "").split("\n");
}

function hunks(before: readonly string[], after: readonly string[]): string[] {
  let start = 0;
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  const [old, now] = [before.slice(start, before.length - end), after.slice(start, after.length - end)];
  const same = (line: string) => [0, line] as const;
  const changed =
    old.length + now.length > mostLines
      ? [...old.map((line) => [-1, line] as const), ...now.map((line) => [1, line] as const)]
      : diff(old, now).map(([operation, line]) => [operation === 0 ? 0 : operation === 1 ? -1 : 1, line] as const); // 1: only in the first
  const entries = [...before.slice(0, start).map(same), ...changed, ...before.slice(before.length - end).map(same)];
  return numbered(entries);
}

/** Changes with the lines around them, each run of them under its line numbers. */
function numbered(entries: readonly (readonly [-1 | 0 | 1, string])[]): string[] {
  const shown = new Uint8Array(entries.length);
  for (const [at, [operation]] of entries.entries()) {
    if (operation !== 0) shown.fill(1, Math.max(0, at - context), at + context + 1);
  }
  const out: string[] = [];
  let [old, now] = [1, 1];
  for (let at = 0; at < entries.length; ) {
    if (shown[at] === 0) {
      [old, now, at] = [old + 1, now + 1, at + 1];
      continue;
    }
    const end = shown.indexOf(0, at) < 0 ? entries.length : shown.indexOf(0, at);
    const hunk = entries.slice(at, end);
    const removed = hunk.filter(([operation]) => operation !== 1).length;
    const added = hunk.filter(([operation]) => operation !== -1).length;
    out.push(`@@ -${old},${removed} +${now},${added} @@`);
    out.push(...hunk.map(([operation, line]) => `${operation === 0 ? " " : operation === 1 ? "+" : "-"}${line}`));
    [old, now, at] = [old + removed, now + added, end];
  }
  return out;
}
