import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import type { Json } from "../../../agent.js";
import { WeakToStrongError } from "../../../errors.js";
import { acquireLock } from "../../../lock.js";
import { commitmentTo, hide } from "./commitments.js";
import { makeEntry, noHash, type Opened } from "./entry.js";
import { replaceFile, unwritable } from "./files.js";
import { signHead } from "./head.js";
import { inspect, ledgerFiles } from "./inspect.js";
import { lineOf, linesOf } from "./json.js";
import { createKey, keyFiles, loadKey } from "./keys.js";
import { continueLedger, type Ledger } from "./ledger.js";

export interface LedgerOptions {
  /** The scorer's folder; made if need be. */
  readonly dir: string;
  /** Outside of the run's folder: for each ledger a folder with its private key and a copy of its newest head. */
  readonly keys: string;
  /** What a ledger that is begun here is about; stands in its first entry for all to see. One that is there keeps its own. */
  readonly about: Json;
  /** The part of it that stays with the scorer. */
  readonly hidden?: Json;
}

/**
 * Opens the ledger in `dir`, or begins one with a key of its own. What a crash left behind the last signed head is kept
 * where it is whole and removed where it is not; anything else that is not as it was written is an error.
 *
 * @throws WeakToStrongError `bad_input` for a ledger that was changed or cut, or whose key is not in `keys`; `busy` where
 * another scorer has it; `storage`.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { dir, keys } = folders(options);
  const files = ledgerFiles(dir);
  const lock = await acquireLock(join(dir, "ledger.lock"), { what: "The scorer's ledger" });
  try {
    if (!existsSync(files.ledger)) await begin(dir, keys, options);
    const found = inspect(dir, keys);
    const { verifier } = found;
    if (!verifier) throw damaged(found.checks[0]!.detail);
    const key = loadKey(keys, verifier.id, files.ledger);
    // What stands behind the last head may be put right, as long as the first entry holds.
    const must = found.checks.filter(({ what }) => what !== "after the head" || found.entries.length === 0);
    const bad = must.find(({ status }) => status !== "ok");
    if (bad) throw damaged(bad.detail);
    return await continueLedger({ dir, keys, lock }, key, found);
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

function folders({ dir, keys }: LedgerOptions): { dir: string; keys: string } {
  const [run, beside] = [dir, keys].map((folder) => {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return realpathSync(folder);
    } catch (cause) {
      throw unwritable(folder, cause);
    }
  }) as [string, string];
  const way = relative(run, beside);
  if (way === "" || !(way.startsWith("..") || isAbsolute(way))) {
    throw new WeakToStrongError(
      "bad_input",
      `keys: expected a folder outside of ${run}, found ${beside}. Whoever can put the run's folder back to an earlier state must not put back the head beside the key with it.`,
    );
  }
  return { dir: run, keys: beside };
}

/** Everything that the first entry needs is there before it is: a crash on the way leaves no ledger. */
async function begin(dir: string, keys: string, { about, hidden }: LedgerOptions): Promise<void> {
  const files = ledgerFiles(dir);
  const secrets = existsSync(files.hidden) ? [...linesOf(readFileSync(files.hidden))].length : 0;
  if (existsSync(files.head) || secrets > 1) throw damaged(`${files.ledger} is not there, and its other files are.`);
  const key = await createKey(keys);
  await replaceFile(keyFiles(keys, key.id).head, lineOf(signHead({ count: 0, hash: noHash }, key)));
  const opening = hidden === undefined ? undefined : hide(0, hidden);
  const released = { version: 1, publicKey: key.publicKey, about } satisfies Opened;
  const commitment = opening && commitmentTo(opening);
  const first = makeEntry({ type: "opened", released, ...(commitment && { commitment }) }, undefined, key);
  await replaceFile(files.hidden, opening ? lineOf(opening) : "");
  await replaceFile(files.ledger, lineOf(first));
}

function damaged(detail: string): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `The scorer's ledger is not as it was written: ${detail} Something else than the scorer changed it: restore its folder from a copy that has the last answer.`,
  );
}
