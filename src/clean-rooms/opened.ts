import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { Sandbox } from "../sandbox.js";

/** Where the tripwire (python/w2s_trainer/lab/tripwire.py) writes its list. The method that it watches can write there, too. */
export const openedInside = "/work/opened.jsonl";

/** As the tripwire has them, which counts characters and not code units; with room for what its forks say again. */
const [mostNotes, longestNote, mostBytes] = [50, 2 * 200, 1 << 20];
const note = z.string().min(1).max(longestNote);

const spoilt = "The list of what it opened was changed: it is not as the tripwire writes it.";

/** What the tripwire noted, a few words each. That a method has spoilt the list stands in it. */
export async function openedIn(sandbox: Sandbox, signal: AbortSignal): Promise<string[]> {
  let content: Uint8Array;
  try {
    content = await sandbox.files.read(openedInside, { maxBytes: mostBytes, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!WeakToStrongError.isInstance(error)) throw error;
    return error.code === "worker_died" ? [] : [spoilt]; // with the sandbox its files are gone
  }
  const lines = new TextDecoder().decode(content).split("\n").filter(Boolean);
  const notes = new Set(lines.map((line) => noteIn(line) ?? spoilt));
  return [...notes].slice(0, mostNotes);
}

function noteIn(line: string): string | undefined {
  try {
    return note.parse(JSON.parse(line)).toWellFormed();
  } catch {
    return undefined;
  }
}
