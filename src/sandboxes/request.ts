import { isAbsolute, normalize } from "node:path";
import { WeakToStrongError } from "../errors.js";
import type { Mount, SandboxLimits, SandboxRequest } from "../sandbox.js";

/** Where things are inside. */
export const workInside = "/work";
export const doorInside = "/run/w2s/door.sock";
export const helperInside = "/run/w2s/helper";

/** The limits of a sandbox that names none. `tmp` is at most an eighth of the memory, which it is part of. */
export const defaultLimits: Required<SandboxLimits> = {
  memory: 4 * 2 ** 30,
  processes: 512,
  disk: 4 * 2 ** 30,
  tmp: 512 * 2 ** 20,
};

/** A request with all that it leaves out. */
export interface FullRequest {
  readonly name: string;
  readonly work: string;
  readonly mounts: readonly Required<Mount>[];
  readonly door: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly devices: readonly string[];
  readonly network: "none" | "full";
  readonly limits: Required<SandboxLimits>;
}

/** Checks a request and fills in what it leaves out. Throws `bad_input`, naming the field. */
export function fullRequest(request: SandboxRequest, home: string = workInside): FullRequest {
  if (!/^[\w-]{1,64}$/.test(request.name)) {
    throw bad("name", "1 to 64 letters, digits, `-` and `_`", request.name);
  }
  checkPath("work", request.work);
  if (request.door !== undefined) checkPath("door", request.door);
  const mounts = (request.mounts ?? []).map(({ source, target = source }, index) => {
    checkPath(`mounts[${index}].source`, source);
    checkPath(`mounts[${index}].target`, target);
    if (isReserved(target)) {
      throw bad(`mounts[${index}].target`, `a place outside of /${ownFolders.join(", /")} and other than /tmp`, target);
    }
    if (normalize(`${source}/`).startsWith(normalize(`${request.work}/`))) {
      throw bad(`mounts[${index}].source`, "a place outside of the work folder, which the agent can change", source);
    }
    return { source: normalize(source), target: normalize(target) };
  });
  const devices = request.devices ?? [];
  for (const device of devices) {
    if (!/^\/dev\/[\w/-]+$/.test(device)) throw bad("devices", "device files, such as /dev/nvidia0", device);
  }
  for (const [name, value] of Object.entries(request.env ?? {})) {
    if (!/^[A-Za-z_]\w*$/.test(name)) throw bad("env", "names of letters, digits and `_`", name);
    if (typeof value !== "string" || value.includes("\0")) throw bad(`env.${name}`, "a text without NUL", value);
  }
  const limits = { ...defaultLimits, ...request.limits };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) throw bad(`limits.${name}`, "a positive whole number", value);
  }
  return {
    name: request.name,
    work: normalize(request.work),
    mounts,
    door: request.door,
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      HOME: home,
      LANG: "C.UTF-8",
      TMPDIR: "/tmp",
      ...(request.door ? { W2S_DOOR: doorInside } : {}),
      ...request.env,
    },
    devices,
    network: request.network ?? "none",
    limits: { ...limits, tmp: Math.min(limits.tmp, Math.ceil(limits.memory / 8)) },
  };
}

/**
 * Mounts add to the system and do not stand in for what the sandbox itself puts there. None lies below `/work`: to make
 * its place, the host would have to resolve a path that the agent can change.
 */
function isReserved(target: string): boolean {
  const [first, ...more] = normalize(target).split("/").filter(Boolean);
  return first === undefined || ownFolders.includes(first) || (first === "tmp" && more.length === 0);
}

const ownFolders = ["dev", "proc", "sys", "run", "etc", "work"];

function checkPath(field: string, path: unknown): void {
  if (typeof path !== "string" || !isAbsolute(path) || path.includes("\0")) throw bad(field, "an absolute path", path);
}

function bad(field: string, expected: string, found: unknown): WeakToStrongError {
  return new WeakToStrongError(
    "bad_input",
    `SandboxRequest.${field}: expected ${expected}, found ${JSON.stringify(found)}.`,
  );
}
