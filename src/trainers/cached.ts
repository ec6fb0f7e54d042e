import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { contentHash, sha256 } from "../data/canonical.js";
import { decodeFrame, encodeFrame } from "../data/frame.js";
import type { Matrix } from "../data/matrix.js";
import { WeakToStrongError } from "../errors.js";
import type { FitRequest, FitResult, Trainer } from "../trainer.js";
import { checkFitResult, copyResult, requestKey, rowsOf } from "./check.js";
import { type Calling, defineTrainer } from "./define.js";

/**
 * A trainer that keeps the results of `fit` in the folder `dir` and answers a repeated request from there, with
 * `cost.cached`. An entry is found by the request and the trainer's fingerprint, so that other data, parameters,
 * versions or devices never get it. Entries are written whole or not at all, and several processes can share a folder.
 * A fit with transient rows is neither looked for nor kept. An entry that is damaged is computed again; that, and a folder that cannot be written, is said in a `warning` event.
 *
 * The inner trainer stays its maker's to dispose.
 */
export function cached(trainer: Trainer, dir: string): Trainer {
  const pathOf = (key: string): string => join(dir, key.slice(0, 2), `${key}.w2s`);
  const underWay = new Map<string, { readonly work: Promise<FitResult>; readonly signal: AbortSignal }>();

  async function fit(request: FitRequest, calling: Calling): Promise<FitResult> {
    if (rowsOf(request).some(({ dataset }) => dataset.transient)) return trainer.fit(request, calling);
    const key = contentHash([requestKey(request), await trainer.fingerprint(request.model, calling)]);
    const path = pathOf(key);
    const found = await read(path, request, calling);
    if (found) return found;
    // Equal requests at the same time are one fit; whoever joins lives and dies with the first one's signal, so a
    // joiner that is itself still wanted asks again.
    const running = underWay.get(key);
    if (running) {
      return running.work.then(copyResult).catch((error: unknown) => {
        calling.signal.throwIfAborted();
        if (!running.signal.aborted) throw error;
        return fit(request, calling);
      });
    }
    const work = trainer.fit(request, calling);
    underWay.set(key, { work, signal: calling.signal });
    try {
      const result = await work;
      const { fingerprint } = result;
      const kept = fingerprint === undefined ? path : pathOf(contentHash([requestKey(request), fingerprint]));
      await write(kept, result).catch((cause: NodeJS.ErrnoException) => {
        const message = `The result of a fit could not be kept at ${kept} (${cause.code ?? cause.message}); it will be computed again next time. ${cause.code === "ENOSPC" ? "The disk is full: free some space." : "Is the folder writable?"}`;
        calling.emit({ type: "warning", message });
      });
      return result;
    } finally {
      underWay.delete(key);
    }
  }

  return defineTrainer({
    name: trainer.name,
    capabilities: (options) => trainer.capabilities(options),
    fingerprint: (model, options) => trainer.fingerprint(model, options),
    fit,
    predict: (request, options) => trainer.predict(request, options),
    embed: (request, options) => trainer.embed(request, options),
    score: (request, options) => trainer.score(request, options),
  });
}

/** A file is one frame and, at its end, the SHA-256 of it. */
const digestBytes = 32;

async function read(path: string, request: FitRequest, { emit }: Calling): Promise<FitResult | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new WeakToStrongError(
      "storage",
      `The kept result ${path} cannot be read: ${(error as Error).message}. Mend its permissions or delete it.`,
      {
        cause: error,
      },
    );
  }
  try {
    const body = bytes.subarray(0, -digestBytes);
    if (sha256(body) !== bytes.subarray(-digestBytes).toString("hex")) throw new Error("its checksum does not match");
    const { header, blobs } = decodeFrame(body);
    const { parseEntry } = await import("./cached-entry.js");
    const { predictions, traces, curve, cost, ...rest } = parseEntry(header);
    // The folder with the trained model has been deleted: only a new fit brings it back.
    if (rest.checkpoint.path !== undefined && !existsSync(rest.checkpoint.path)) return undefined;
    const at = (reference: { $blob: number }): Matrix => blobs[reference.$blob] as Matrix;
    const list = curve && (blobs[curve.$blob] as Float32Array);
    const result: FitResult = {
      ...rest,
      predictions: Object.fromEntries(Object.entries(predictions).map(([name, reference]) => [name, at(reference)])),
      ...(traces && { traces: at(traces) }),
      ...(list && { curve: list }),
      cost: { ...cost, cached: true },
    };
    checkFitResult("cached", request, result);
    return result;
  } catch (error) {
    emit({
      type: "warning",
      message: `The kept result ${path} is damaged (${(error as Error).message}); it is computed again.`,
    });
    return undefined;
  }
}

async function write(path: string, { cost, ...result }: FitResult): Promise<void> {
  const { cached: _, ...paid } = cost;
  const parts = encodeFrame({ ...result, cost: paid });
  const bytes = Buffer.concat(parts);
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    const file = await open(temporary, "wx");
    try {
      await file.writeFile(Buffer.concat([bytes, Buffer.from(sha256(bytes), "hex")]));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
