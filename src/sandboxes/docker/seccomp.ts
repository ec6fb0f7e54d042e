import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { denied, families, newNamespaces, terminalInjection, unknown } from "../syscalls.js";
import type { Engine } from "./engine.js";

/** There are fewer than 46 families. */
const otherFamilies = Array.from({ length: 46 }, (_, family) => family).filter((family) => !families.includes(family));
const [eperm, enosys, eafnosupport] = [1, 38, 97];
const low = 0xffff_ffff;

interface Argument {
  readonly index: number;
  readonly op: "SCMP_CMP_MASKED_EQ" | "SCMP_CMP_GE";
  readonly value: number;
  readonly valueTwo?: number;
}

/** The filter as this engine takes it, for as long as it is not disposed of: for podman, a file. */
export async function seccompOption({
  podman,
  seccomp,
}: Engine): Promise<{ readonly value?: string } & AsyncDisposable> {
  if (!seccomp) return { [Symbol.asyncDispose]: async () => undefined };
  if (!podman) return { value: seccompProfile(), [Symbol.asyncDispose]: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), "w2s-seccomp-"));
  const value = join(folder, "profile.json");
  await writeFile(value, seccompProfile());
  return { value, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * What bubblewrap's sandboxes refuse of system calls, in the form that container engines read, which knows calls by their
 * names only: those that are newer than the list, which bubblewrap's filter refuses, pass here. Engines' own filters differ:
 * podman's lets anybody make namespaces.
 */
function seccompProfile(): string {
  const refuse = (errnoRet: number, names: readonly string[], argument?: Argument) => ({
    ...{ names, action: "SCMP_ACT_ERRNO", errnoRet, args: argument ? [argument] : [] },
  });
  // The kernel takes the lower half of these arguments.
  const equal = (index: number, value: number): Argument => ({
    ...{ index, op: "SCMP_CMP_MASKED_EQ", value: low, valueTwo: value },
  });
  const sockets = ["socket", "socketpair"];
  return JSON.stringify({
    defaultAction: "SCMP_ACT_ALLOW",
    syscalls: [
      refuse(eperm, Object.keys(denied)),
      refuse(enosys, Object.keys(unknown)),
      ...newNamespaces.map((flag) =>
        refuse(eperm, ["clone"], { index: 0, op: "SCMP_CMP_MASKED_EQ", value: flag, valueTwo: flag }),
      ),
      ...terminalInjection.map((request) => refuse(eperm, ["ioctl"], equal(1, request))),
      ...otherFamilies.map((family) => refuse(eafnosupport, sockets, equal(0, family))),
      refuse(eafnosupport, sockets, { index: 0, op: "SCMP_CMP_GE", value: 46 }),
    ],
  });
}
