import type { Json } from "../../../agent.js";
import { WeakToStrongError } from "../../../errors.js";
import type { Lock } from "../../../lock.js";
import { commitmentTo, hide } from "./commitments.js";
import { type LedgerEntry, type LedgerEntryType, makeEntry, noHash } from "./entry.js";
import { openAppendFile, stageFile } from "./files.js";
import { type Head, signHead } from "./head.js";
import { type Inspection, type LedgerFiles, ledgerFiles } from "./inspect.js";
import { lineOf } from "./json.js";
import { keyFiles, type LedgerKey } from "./keys.js";
import { makeReceipt, type Receipt } from "./receipt.js";

export interface NewEntry {
  readonly type: LedgerEntryType;
  /** What agents may see. */
  readonly released: Json;
  /** What only the scorer has; the entry commits to it. */
  readonly hidden?: Json;
}

/** Everything that a scorer answered, append-only, each entry signed and linked to the one before. */
export interface Ledger extends AsyncDisposable {
  /** SHA-256 of its public key. */
  readonly id: string;
  /** Ed25519, DER (SPKI) in base64. */
  readonly publicKey: string;
  /** All of them, the first one of type `opened`. */
  readonly entries: readonly LedgerEntry[];
  /** What was put right when it was opened, in sentences. */
  readonly notices: readonly string[];
  /** The hidden value of an entry, which opens its commitment. */
  hidden(seq: number): Json | undefined;
  /**
   * Adds an entry. Throws `storage` where it cannot be written (the files are then as before), `bad_input` for what is no
   * JSON. Answer nobody before `durable` has resolved.
   */
  append(entry: NewEntry): LedgerEntry;
  /**
   * Resolves once everything that was appended, and a signed head that covers it, is on the disk. One sync serves all that
   * wait. Where it rejects (`storage`), the entries may be lost or kept; ask again, or open the ledger again.
   */
  durable(): Promise<void>;
  /** For whoever is answered: entry and newest durable head, signed. `bad_input` before `durable`. */
  receipt(entry: LedgerEntry): Receipt;
}

interface LedgerPlace {
  readonly dir: string;
  readonly keys: string;
  /** Given back when the ledger is closed. */
  readonly lock: Lock;
}

/**
 * Goes on with the entries that were found to hold, all of them under a signed head; what stands behind them in the files
 * is removed.
 */
export async function continueLedger(
  { dir, keys, lock }: LedgerPlace,
  key: LedgerKey,
  found: Inspection,
): Promise<Ledger> {
  const files = ledgerFiles(dir);
  const beside = keyFiles(keys, key.id).head;
  const entries = [...found.entries];
  const values = new Map([...found.hidden].filter(([seq]) => seq < entries.length));
  /** As far as answers may have been given. */
  let head: Head = found.kept ?? { count: 0, hash: noHash };
  const hiddenFile = openAppendFile(files.hidden, found.openings.sound);
  const ledgerFile = openAppendFile(files.ledger, found.ledger.sound);
  const notices = noticesOf(found, head.count > 0 ? entries.length - head.count : 0, files);
  let syncing: Promise<void> | undefined;
  let closed = false;

  try {
    await durable();
  } catch (error) {
    hiddenFile.close();
    ledgerFile.close();
    throw error;
  }
  return {
    id: key.id,
    publicKey: key.publicKey,
    entries,
    notices,
    hidden: (seq) => values.get(seq),
    append({ type, released, hidden }) {
      if (closed) throw new WeakToStrongError("disposed", `The ledger ${files.ledger} has been closed.`);
      const opening = hidden === undefined ? undefined : hide(entries.length, hidden);
      const draft = { type, released, ...(opening && { commitment: commitmentTo(opening) }) };
      const entry = makeEntry(draft, entries.at(-1), key);
      const before = hiddenFile.size;
      if (opening) hiddenFile.append(lineOf(opening));
      try {
        ledgerFile.append(lineOf(entry));
      } catch (error) {
        hiddenFile.cut(before);
        throw error;
      }
      if (opening) values.set(entry.seq, opening.value);
      entries.push(entry);
      return entry;
    },
    durable,
    receipt(entry) {
      if (entry.seq < head.count && entries[entry.seq]?.hash === entry.hash) return makeReceipt(entry, head, key);
      throw new WeakToStrongError(
        "bad_input",
        `entry: expected one of the ${head.count} durable entries of this ledger, found number ${entry.seq}. Await durable() first.`,
      );
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      try {
        await durable();
      } finally {
        hiddenFile.close();
        ledgerFile.close();
        await lock[Symbol.asyncDispose]();
      }
    },
  };

  async function durable(): Promise<void> {
    const wanted = entries.length;
    while (head.count < wanted) {
      syncing ??= flush().finally(() => {
        syncing = undefined;
      });
      await syncing;
    }
  }

  async function flush(): Promise<void> {
    const last = entries.at(-1)!;
    const next = { count: last.seq + 1, hash: last.hash };
    const signed = lineOf(signHead(next, key));
    const [replaceHead, replaceCopy] = await Promise.all([
      stageFile(files.head, signed),
      stageFile(beside, signed),
      hiddenFile.sync(),
      ledgerFile.sync(),
    ]);
    // In this order: the head in the run's folder is never older than the one beside the key, unless it was put back.
    await replaceHead();
    await replaceCopy();
    head = next;
  }
}

/** What was put right, for people. */
function noticesOf({ ledger, openings }: Inspection, unanswered: number, files: LedgerFiles): string[] {
  const notices: string[] = [];
  for (const [file, { sound, all }] of [
    [files.ledger, ledger],
    [files.hidden, openings],
  ] as const) {
    if (all > sound) {
      notices.push(
        `${all - sound} bytes behind the last whole entry of ${file} are removed: a crash cut them off, or they were added. No answer was given on them.`,
      );
    }
  }
  if (unanswered > 0) {
    notices.push(
      `Entries at the end of ${files.ledger} that a crash left without an answer, and that are kept: ${unanswered}.`,
    );
  }
  return notices;
}
