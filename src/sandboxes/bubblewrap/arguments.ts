import { existsSync, lstatSync, readlinkSync } from "node:fs";
import type { Mount } from "../../sandbox.js";
import { doorInside, type FullRequest, helperInside, workInside } from "../request.js";

/** Every sandbox has these, whatever it is for; a probe of the machine tries them too. */
export const isolation: readonly string[] = [
  ...["--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
  ...["--uid", "1000", "--gid", "1000", "--cap-drop", "ALL"],
  ...["--hostname", "sandbox", "--die-with-parent", "--new-session", "--clearenv"],
];

/** Folders of the host's system that every sandbox can read. */
export const systemFolders: readonly string[] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];

/** Single files and folders of `/etc` without which programs are not found. */
const systemFiles = ["/etc/ld.so.cache", "/etc/alternatives"];
const networkFiles = ["/etc/resolv.conf", "/etc/ssl", "/etc/ca-certificates"];
/** What names no user of this machine. */
const ownFiles = ["passwd", "group", "hosts", "nsswitch.conf"];

/**
 * Parts of `/proc` that belong to the whole machine. bubblewrap leaves `/proc/sys` as it is, and a lab that runs as root
 * would let agents write kernel settings in it, such as the program that the kernel runs, as root, when another crashes.
 */
const procReadOnly = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi", "scsi", "pressure"];
const procHidden = [
  ...["keys", "key-users", "kcore", "kmsg", "kallsyms", "timer_list", "sched_debug"],
  ...["slabinfo", "vmallocinfo", "pagetypeinfo", "kpagecount", "kpageflags", "kpagecgroup"],
];

export interface InsideOptions {
  readonly request: FullRequest;
  /** Folder of the helper's program. */
  readonly helper: string;
  /** The interpreter that runs the helper, by its path inside. */
  readonly python: string;
  readonly pythonMounts: readonly Required<Mount>[];
  /** File descriptor of the system call filter; absent where there is none for this machine. */
  readonly seccomp: number | undefined;
  /** Whether this bubblewrap can forbid further user namespaces. */
  readonly disableUserNamespaces: boolean;
}

/** The arguments of `bwrap`. */
export function bubblewrapArguments(options: InsideOptions): string[] {
  const { request, helper, python, seccomp } = options;
  const { limits } = request;
  const size = (bytes: number): string[] => ["--size", `${bytes}`];
  return [
    ...isolation,
    "--as-pid-1",
    ...(request.network === "none" ? ["--unshare-net"] : []),
    ...(options.disableUserNamespaces ? ["--disable-userns"] : []),
    ...(seccomp === undefined ? [] : ["--seccomp", `${seccomp}`]),
    ...systemFolders.flatMap(systemFolder),
    // What was put there by hand is no part of the system; an interpreter that lives there is mounted by name.
    ...(existsSync("/usr/local") ? [...size(1 << 20), "--tmpfs", "/usr/local"] : []),
    ...["/etc", "/run", "/run/w2s"].flatMap((folder) => ["--perms", "0755", "--dir", folder]),
    ...[...systemFiles, ...(request.network === "full" ? networkFiles : [])].flatMap((file) => [
      ...["--ro-bind-try", file, file],
    ]),
    ...ownFiles.flatMap((name) => ["--symlink", `${helperInside}/etc/${name}`, `/etc/${name}`]),
    ...proc(),
    ...["--dev", "/dev", ...size(limits.tmp), "--tmpfs", "/dev/shm"],
    ...request.devices.flatMap((device) => ["--dev-bind", device, device]),
    ...["--perms", "1777", ...size(limits.tmp), "--tmpfs", "/tmp"],
    ...["--bind", request.work, workInside],
    ...["--ro-bind", helper, helperInside],
    ...(request.door ? ["--ro-bind", request.door, doorInside] : []),
    ...[...options.pythonMounts, ...request.mounts].flatMap(({ source, target }) => ["--ro-bind", source, target]),
    ...(existsSync("/usr/local") ? ["--remount-ro", "/usr/local"] : []),
    ...["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", workInside],
    ...["--", python, "-I", "-S", "-B", helperInside],
  ];
}

/** On most systems `/bin` and its like are links into `/usr`. */
function systemFolder(folder: string): string[] {
  const about = lstatSync(folder, { throwIfNoEntry: false });
  if (!about) return [];
  return about.isSymbolicLink() ? ["--symlink", readlinkSync(folder), folder] : ["--ro-bind", folder, folder];
}

function proc(): string[] {
  const there = (name: string): boolean => existsSync(`/proc/${name}`);
  return [
    ...["--proc", "/proc"],
    ...procReadOnly.filter(there).flatMap((name) => ["--ro-bind", `/proc/${name}`, `/proc/${name}`]),
    ...procHidden.filter(there).flatMap((name) => ["--ro-bind", "/dev/null", `/proc/${name}`]),
  ];
}
