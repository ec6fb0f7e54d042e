import { lstatSync, readdirSync, realpathSync } from "node:fs";
import { extname, join } from "node:path";
import { WeakToStrongError } from "../../errors.js";
import type { Mount } from "../../sandbox.js";

/** A regular file that can be read inside a sandbox. */
export interface MountedFile {
  /** On the host. */
  readonly source: string;
  /** Inside. */
  readonly target: string;
  readonly bytes: number;
  /** Milliseconds. */
  readonly changed: number;
}

/**
 * Every regular file of the mounts. Links are not followed: inside, they lead to what is mounted or to nothing. Gives
 * the event loop a turn now and then.
 */
export async function filesOf(mounts: readonly Mount[], turn: () => Promise<void>): Promise<MountedFile[]> {
  const files: MountedFile[] = [];
  for (const { source, target = source } of mounts) {
    const folders: { source: string; target: string }[] = [];
    const add = (place: { source: string; target: string }): void => {
      const { size, mtimeMs, ...stat } = lstatSync(place.source);
      if ((stat.mode & typeMask) === folderType) folders.push(place);
      else if ((stat.mode & typeMask) === fileType) files.push({ ...place, bytes: size, changed: mtimeMs });
    };
    add({ source: existing(source), target });
    for (let place = folders.pop(); place; place = folders.pop()) {
      await turn();
      for (const name of readdirSync(place.source).sort()) {
        add({ source: join(place.source, name), target: join(place.target, name) });
      }
    }
  }
  return files;
}

function existing(source: string): string {
  try {
    return realpathSync(source);
  } catch (cause) {
    throw new WeakToStrongError("not_found", `mounts: ${source} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

const typeMask = 0o170000;
const folderType = 0o040000;
const fileType = 0o100000;

const code = [".so", ".a", ".o", ".pyc", ".exe", ".dll", ".dylib"];
const weights = [".safetensors", ".gguf", ".onnx"];
const pictures = [".png", ".jpg", ".jpeg", ".gif", ".webp", ".ico"];

/** What kind of file is left out; undefined for one that is searched. */
export function leftOut({ source }: MountedFile): "machine code" | "weights" | "pictures" | undefined {
  const extension = extname(source.replace(/(\.so)(\.\d+)+$/, "$1")).toLowerCase();
  if (code.includes(extension)) return "machine code";
  if (weights.includes(extension)) return "weights";
  return pictures.includes(extension) ? "pictures" : undefined;
}
