import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { Code } from "../clean-room.js";
import { contentHash } from "../data/canonical.js";
import { WeakToStrongError } from "../errors.js";
import type { FrozenMethod } from "./plan.js";
import type { Frozen } from "./record.js";

const frozenSchema: z.ZodType<Frozen> = z.object({
  hash: z.string(),
  at: z.iso.datetime(),
  methods: z.array(z.object({ name: z.string(), code: z.string() })),
  baselines: z.array(z.string()),
});

/** What is about to be measured, by its content. */
export function freeze(methods: readonly FrozenMethod[], baselines: readonly string[]): Frozen {
  const named = methods.map(({ name, code }) => ({ name, code: contentHash(contentOf(code)) }));
  return { hash: contentHash([named, baselines]), at: new Date().toISOString(), methods: named, baselines };
}

/**
 * Keeps it in a folder, durably, before anything is measured; a folder that was frozen before goes on only with the same.
 *
 * Errors: `bad_input` where other methods were frozen there, `storage`.
 */
export async function keepFrozen(frozen: Frozen, dir: string): Promise<Frozen> {
  const path = join(dir, "frozen.json");
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw storage(path, cause);
  });
  if (text === undefined) {
    await write(path, dir, frozen).catch((cause: NodeJS.ErrnoException) => Promise.reject(storage(path, cause)));
    return frozen;
  }
  const before = earlier(text);
  if (before === undefined) throw bad(`${path} is not what a transfer keeps there; give a folder of its own.`);
  if (before.hash === frozen.hash) return before;
  throw bad(
    `the methods in ${dir} were frozen on ${before.at} (${before.hash.slice(0, 12)}), and those given now are others (${frozen.hash.slice(0, 12)}). What has been seen of the holdouts since may have shaped them. Give the same methods and baselines as then; for others take another folder, and say when you show them that these holdouts had been opened.`,
  );
}

function contentOf(code: Code): unknown {
  return code.type === "library" ? code : { ...code, snapshot: code.snapshot.hash };
}

function earlier(text: string): Frozen | undefined {
  try {
    return frozenSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

async function write(path: string, dir: string, frozen: Frozen): Promise<void> {
  await mkdir(dir, { recursive: true });
  const file = await open(`${path}.tmp`, "w");
  try {
    await file.writeFile(`${JSON.stringify(frozen, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.tmp`, path);
}

function bad(message: string): WeakToStrongError {
  return new WeakToStrongError("bad_input", `transfer: dir: ${message}`);
}

function storage(path: string, cause: NodeJS.ErrnoException): WeakToStrongError {
  const message = `${path} could not be read or written (${cause.code ?? cause.message}). Name a folder that you may write to.`;
  return new WeakToStrongError("storage", message, { cause });
}
