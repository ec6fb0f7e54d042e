import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Packages of the host that make up the image. */
const packages = [
  ...["dash", "coreutils", "util-linux", "grep", "sed", "findutils", "procps", "hostname", "libc-bin"],
  ...["python3-minimal", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"],
];

export interface PodmanService extends AsyncDisposable {
  readonly socketPath: string;
  /** Has a shell and a Python 3.11. */
  readonly image: string;
  /** Adds an image by a Dockerfile's instructions on top of that one: `ENV A=b`. */
  addImage(name: string, ...changes: readonly string[]): Promise<void>;
  /** Runs podman on the service's containers. */
  podman(...args: readonly string[]): Promise<string>;
}

/** Why no real engine can be tested here; undefined where one can. */
export async function whyNoPodman(): Promise<string | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "podman is tested as root on Linux only";
  for (const program of ["podman", "runc", "dpkg"]) {
    const missing = await run("which", [program]).then(
      () => false,
      () => true,
    );
    if (missing) return `there is no ${program} here (apt-get install podman runc, on Debian 12)`;
  }
  return run("dpkg", ["-L", ...packages]).then(
    () => undefined,
    () => "the image is made of Debian 12's own Python 3.11, which is not installed here",
  );
}

/** Podman's Docker-compatible service, with containers and images in a folder of its own, and an image from the host's files. */
export async function startPodman(): Promise<PodmanService> {
  const folder = await mkdtemp(join(tmpdir(), "w2s-podman-"));
  const conf = join(folder, "containers.conf");
  await writeFile(
    conf,
    // A root that may not raise its own limits (in a virtual machine, or a container) may not give podman's defaults.
    `[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=16384:16384"]
[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n`,
  );
  const env = { ...process.env, CONTAINERS_CONF: conf };
  const places = ["--root", join(folder, "root"), "--runroot", join(folder, "run"), "--tmpdir", join(folder, "tmp")];
  const podman = async (...args: readonly string[]): Promise<string> =>
    (await run("podman", [...places, "--storage-driver", "overlay", ...args], { env })).stdout;
  const archive = join(folder, "root.tar");
  await packImage(archive, join(folder, "list"));
  const addImage = async (name: string, ...changes: readonly string[]): Promise<void> => {
    await podman("import", ...changes.flatMap((change) => ["--change", change]), archive, name);
  };
  const image = "w2s-test:latest";
  await addImage(image);

  const socketPath = join(folder, "podman.sock");
  const service = spawn("podman", [...places, "system", "service", "--time=0", `unix://${socketPath}`], {
    env,
    stdio: "ignore",
  });
  const ended = once(service, "exit");
  while (!(await answers(socketPath))) {
    if (service.exitCode !== null) throw new Error(`podman system service exited with code ${service.exitCode}`);
    await sleep(20);
  }
  return {
    ...{ socketPath, image, addImage, podman },
    async [Symbol.asyncDispose]() {
      await podman("rm", "--force", "--all", "--time=0");
      service.kill("SIGTERM");
      await ended;
      await run("umount", [join(folder, "root", "overlay")]).catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The files of the packages, and the libraries that their programs load. */
async function packImage(archive: string, list: string): Promise<void> {
  const script = `
dpkg -L "$@" | grep -vE '^/usr/share/(doc|man|locale|info|lintian|bash-completion)' | sort -u |
  while read -r f; do [ -f "$f" ] && echo "$f"; done > "$LIST.files"
grep -E '^(/usr)?/s?bin/|\\.so' "$LIST.files" | xargs ldd 2> /dev/null | grep -oE '/[^ ]+ \\(' | tr -d ' (' | sort -u > "$LIST.libraries"
sort -u "$LIST.files" "$LIST.libraries" | sed 's,^/,,' > "$LIST"
tar -C / --dereference --no-recursion -cf "$ARCHIVE" -T "$LIST"`;
  await run("/bin/sh", ["-c", script, "sh", ...packages], { env: { ...process.env, LIST: list, ARCHIVE: archive } });
}

async function answers(path: string): Promise<boolean> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return false;
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
