import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { Code } from "../../clean-room.js";
import { sha256 } from "../../data/canonical.js";
import { decodeFrame, encodeFrame, filled } from "../../data/frame.js";
import type { Matrix } from "../../data/matrix.js";
import { WeakToStrongError } from "../../errors.js";
import { codeHash, codeOnWire, fromWire, toWire } from "./code.js";

/** So that a file that was put in place is there after a power cut. */
function syncFolder(folder: string): void {
  if (process.platform === "win32") return; // folders cannot be opened there
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Class probabilities of each seed or run; null where a run failed. */
export type KeptPredictions = readonly (Matrix | null)[];

/**
 * What is too large for the ledger, in files that are named by their content: predictions and submitted code. They are on
 * the disk before the ledger speaks of them.
 */
export interface KeptFiles {
  /** Returns the hash. Throws `storage`. */
  keepPredictions(predictions: KeptPredictions): string;
  /** Throws `bad_input` where the file is gone or is another than it was. */
  predictions(hash: string): KeptPredictions;
  keepCode(code: Code): string;
  code(hash: string): Code;
}

export function keptFiles(dir: string): KeptFiles {
  const folder = join(dir, "kept");
  const pathOf = (hash: string): string => join(folder, hash);

  function write(hash: string, parts: readonly Uint8Array[]): void {
    const file = pathOf(hash);
    if (existsSync(file)) return;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const temporary = `${file}.tmp`;
      const descriptor = openSync(temporary, "w", 0o600);
      try {
        for (const part of parts) for (let at = 0; at < part.length; ) at += writeSync(descriptor, part, at);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      renameSync(temporary, file);
      syncFolder(folder);
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      const advice = code === "ENOSPC" ? "The disk is full: free some space" : "Is the folder writable?";
      throw new WeakToStrongError(
        "storage",
        `${file} cannot be written (${code ?? message}). ${advice}; then ask again.`,
        {
          cause,
        },
      );
    }
  }

  function read(hash: string): Buffer {
    try {
      return readFileSync(pathOf(hash));
    } catch (cause) {
      throw damaged(hash, (cause as Error).message, cause);
    }
  }

  function damaged(hash: string, why: string, cause?: unknown): WeakToStrongError {
    const message = `${pathOf(hash)}: expected what the ledger names by this hash, found another: ${why}. Restore it from a copy.`;
    return new WeakToStrongError("bad_input", message, { cause });
  }

  return {
    keepPredictions(predictions) {
      const bytes = encodeFrame({ predictions });
      const hash = sha256(Buffer.concat(bytes));
      write(hash, bytes);
      return hash;
    },
    predictions(hash) {
      const bytes = read(hash);
      if (sha256(bytes) !== hash) throw damaged(hash, "its content has changed");
      const { header, blobs } = decodeFrame(bytes);
      return (filled(header, blobs) as { predictions: KeptPredictions }).predictions;
    },
    keepCode(code) {
      const hash = codeHash(code);
      write(hash, [Buffer.from(JSON.stringify(toWire(code)))]);
      return hash;
    },
    code(hash) {
      let code: Code;
      try {
        code = fromWire(codeOnWire.parse(JSON.parse(read(hash).toString("utf8"))));
      } catch (cause) {
        throw damaged(hash, (cause as Error).message, cause);
      }
      if (codeHash(code) !== hash) throw damaged(hash, "its content has changed");
      return code;
    },
  };
}
