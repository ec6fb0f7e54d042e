import * as z from "zod";
import { WeakToStrongError } from "../errors.js";
import type { Sandbox } from "../sandbox.js";

/** Where the tripwire (python/w2s_trainer/lab/tripwire.py) writes its list. The method that it watches can write there, too. */
export const openedInside = "/work/opened.jsonl";

/** As the tripwire has them, which counts characters and not code units; with room for what its forks say again. */
const [mostNotes, longestNote, mostBytes] = [50, 2 * 200, 1 << 20];
/** One line of what can be seen: nothing in it steers a terminal, hides or turns the direction of the text. */
const note = z
  .string()
  .max(longestNote)
  .regex(/^(reads|lists|connects to|sends to|looks up|asks for) [^\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]*$/u);

const spoilt = "The list of what it opened was changed: it is not as the tripwire writes it.";

/** What the tripwire noted, a few words each, of the first lines that differ. That a method has spoilt them stands in it, first. */
export async function openedIn(sandbox: Sandbox, signal: AbortSignal): Promise<string[]> {
  let content: Uint8Array;
  try {
    content = await sandbox.files.read(openedInside, { maxBytes: mostBytes, signal });
  } catch (error) {
    signal.throwIfAborted();
    if (!WeakToStrongError.isInstance(error)) throw error;
    return error.code === "worker_died" ? [] : [spoilt]; // with the sandbox its files are gone
  }
  const lines = new Set(new TextDecoder().decode(content).split("\n").filter(Boolean));
  const notes = [...lines].slice(0, mostNotes).map(noteIn);
  const known = new Set(notes.filter((one) => one !== undefined));
  return [...(notes.includes(undefined) ? [spoilt] : []), ...known];
}

function noteIn(line: string): string | undefined {
  try {
    return note.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
