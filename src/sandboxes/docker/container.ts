import type { ContainerCreateOptions } from "dockerode";
import { doorInside, type FullRequest, helperInside, workInside } from "../request.js";
import type { Engine, Image } from "./engine.js";

export interface ContainerParts {
  readonly request: FullRequest;
  readonly engine: Engine;
  readonly image: Image;
  /** Folder of the helper's program. */
  readonly helper: string;
  /** The interpreter of the image that runs it. */
  readonly python: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The filter of system calls, as this engine takes it; absent where it has none. */
  readonly seccomp: string | undefined;
}

/** What standard error begins with where the image has no Python that will do; what was found follows. */
export const noPython = "w2s: no Python: ";

/** Parts of `/proc` that belong to the whole machine, and that podman shows. */
const hidden = ["pressure", "slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup"].map(
  (name) => `/proc/${name}`,
);

/** Becomes the helper, once there is a Python for it. Podman loses the last words of what ends at once. */
const start = `
found=$("$1" -I -S -c 'import sys; print(sys.version.split()[0], sys.version_info >= (3, 11))' 2>&1)
case $found in *True) exec "$1" -I -S -B "$2";; esac
echo "${noPython}\${found% False}" >&2
sleep 1`;

/**
 * The container of a sandbox. Its first process is the helper, without an init before it: the kernel lets no process
 * inside kill the first one, and the helper collects orphans itself.
 */
export function containerOf({
  request,
  engine,
  image,
  helper,
  python,
  labels,
  seccomp,
}: ContainerParts): ContainerCreateOptions {
  const { limits } = request;
  const bind = (source: string, target: string, readOnly = true) => ({
    ...{ Type: "bind" as const, Source: source, Target: target, ReadOnly: readOnly },
    BindOptions: { Propagation: "rprivate" as const },
  });
  return {
    Image: image.id,
    Entrypoint: ["/bin/sh", "-c", start, "sh", python, helperInside],
    Cmd: [],
    User: userInside(engine),
    WorkingDir: workInside,
    Hostname: "sandbox",
    Labels: { ...labels, "weak-to-strong.sandbox": request.name },
    ...{ Tty: false, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true },
    HostConfig: {
      AutoRemove: true,
      // What goes over standard output would fill the host's disk as a log.
      LogConfig: { Type: "none", Config: {} },
      NetworkMode: request.network === "none" ? "none" : "host",
      IpcMode: "private",
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      // With SELinux, containers may not use what is mounted unless it is relabelled, which is not ours to do.
      SecurityOpt: [
        ...["no-new-privileges", "label=disable"],
        ...(seccomp ? [`seccomp=${seccomp}`] : []),
        ...(engine.podman ? [`mask=${hidden.join(":")}`] : []),
      ],
      ...(engine.limitsMemory ? { Memory: limits.memory, MemorySwap: limits.memory } : {}),
      ...(engine.limitsProcesses ? { PidsLimit: limits.processes } : {}),
      ShmSize: limits.tmp,
      Tmpfs: { "/tmp": `rw,exec,nosuid,nodev,mode=1777,size=${limits.tmp}` },
      Mounts: [
        bind(request.work, workInside, false),
        bind(helper, helperInside),
        ...(request.door ? [bind(request.door, doorInside)] : []),
        ...request.mounts.map(({ source, target }) => bind(source, target)),
      ],
      Devices: request.devices.map((device) => ({
        ...{ PathOnHost: device, PathInContainer: device, CgroupPermissions: "rw" },
      })),
    },
  };
}

/** Whoever runs this process, so that files in the work folder and the door are theirs; a rootless engine's root is they. */
function userInside({ rootless }: Engine): string {
  return rootless ? "0:0" : `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
}
