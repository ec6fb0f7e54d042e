import { existsSync } from "node:fs";
import { Agent } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type Docker from "dockerode";
import type { Container } from "dockerode";
import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";

/** A container engine that answers, and what it says of itself. */
export interface Engine {
  readonly docker: Docker;
  /** The same engine, by connections that keep no process running. */
  readonly quiet: Docker;
  readonly socketPath: string;
  readonly limitsMemory: boolean;
  readonly limitsProcesses: boolean;
  /** Whether it filters system calls. */
  readonly seccomp: boolean;
  /** Whether its root is the user who runs it. */
  readonly rootless: boolean;
  /** Podman takes the path of a filter of system calls where Docker takes the filter. */
  readonly podman: boolean;
}

/** An image that the engine has. */
export interface Image {
  readonly id: string;
  readonly path: string | undefined;
}

const info = z.object({
  MemoryLimit: z.boolean(),
  PidsLimit: z.boolean(),
  SecurityOptions: z.array(z.string()).nullish(),
});
const version = z.object({ Components: z.array(z.object({ Name: z.string() })).nullish() });
const image = z.object({
  Id: z.string(),
  Config: z.object({ Env: z.array(z.string()).nullish(), Volumes: z.record(z.string(), z.unknown()).nullish() }),
});
const refusal = z.object({ statusCode: z.number(), message: z.string() });

/** An engine that has not begun to answer after this long counts as gone. */
const answerTimeout = 60_000;

/** The first engine that answers. Throws `missing_dependency`, saying where it was looked for and what to do. */
export async function findEngine(socketPath: string | undefined): Promise<Engine> {
  const Dockerode = await loadDockerode();
  const tried: string[] = [];
  for (const path of socketPath === undefined ? socketPaths() : [socketPath]) {
    const options = { socketPath: path, connectionTimeout: answerTimeout };
    const docker = new Dockerode(options);
    const quietly = { socketPath: path, agent: new QuietAgent() };
    try {
      const [about, { Components }] = await Promise.all([
        docker.info().then((found) => info.parse(found)),
        docker.version().then((found) => version.parse(found)),
      ]);
      const security = about.SecurityOptions ?? [];
      const says = (name: string): boolean => security.some((option) => option.split(",").includes(`name=${name}`));
      return {
        docker,
        quiet: new Dockerode(quietly),
        socketPath: path,
        limitsMemory: about.MemoryLimit,
        limitsProcesses: about.PidsLimit,
        seccomp: says("seccomp"),
        rootless: says("rootless"),
        podman: (Components ?? []).some(({ Name }) => Name.startsWith("Podman")),
      };
    } catch (error) {
      tried.push(`${path}: ${error instanceof z.ZodError ? "no container engine" : reason(error)}`);
    }
  }
  throw new WeakToStrongError(
    "missing_dependency",
    `docker() found no container engine (${tried.join("; ") || "none of the usual sockets is there"}). ` +
      "Start Docker, or podman's service (`systemctl --user start podman.socket`), or say where it listens: " +
      "docker({ socketPath }) or DOCKER_HOST (docs/docker-sandbox.md).",
  );
}

/** What the engine knows of an image. Throws `missing_dependency` where it has none of this name. */
export async function findImage({ docker, socketPath, podman }: Engine, name: string): Promise<Image> {
  let found: z.infer<typeof image>;
  try {
    found = image.parse(await docker.getImage(name).inspect());
  } catch (error) {
    if (!refusal.safeParse(error).data) throw engineError(`look for the image ${name}`, error);
    throw new WeakToStrongError(
      "missing_dependency",
      `The engine at ${socketPath} has no image ${name} (${reason(error)}). Get it with \`${podman ? "podman" : "docker"} pull ${name}\`, ` +
        "or build one: it has to hold /bin/sh and Python 3.11 or newer (docs/docker-sandbox.md).",
    );
  }
  const volumes = Object.keys(found.Config.Volumes ?? {});
  if (volumes.length > 0) {
    throw new WeakToStrongError(
      "unsupported",
      `The image ${name} declares volumes (${volumes.join(", ")}), which could be filled without limit. Use an image without VOLUME.`,
    );
  }
  const path = found.Config.Env?.find((line) => line.startsWith("PATH="))?.slice("PATH=".length);
  return { id: found.Id, path };
}

/** An error for what the engine refused to do, or could not be asked. */
export function engineError(what: string, error: unknown): WeakToStrongError {
  if (WeakToStrongError.isInstance(error)) return error;
  const refused = refusal.safeParse(error).success;
  return new WeakToStrongError(
    refused ? "failed" : "worker_died",
    `The container engine ${refused ? "refused to" : "did not answer when asked to"} ${what}: ${reason(error)}.`,
    { cause: error },
  );
}

const removeAttempts = 5;

/** Kills what is left in a container and removes it. Engines clean up by themselves too, and refuse while they do. */
export async function removeContainer(container: Container): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await container.remove({ force: true, v: true });
      return;
    } catch (error) {
      const refused = refusal.safeParse(error).data;
      if (refused?.statusCode === 404) return;
      if (!refused || attempt === removeAttempts) throw engineError("remove a container", error);
      await sleep(100);
    }
  }
}

/** Where engines listen, the likeliest first. */
export function socketPaths(env: NodeJS.ProcessEnv = process.env): string[] {
  const named = env.DOCKER_HOST;
  if (named) {
    if (named.startsWith("unix://")) return [named.slice("unix://".length)];
    throw new WeakToStrongError(
      "unsupported",
      `DOCKER_HOST is ${named}, and docker() mounts folders of this machine: it needs an engine here, by its Unix socket ` +
        "(unix:///path/to/docker.sock).",
    );
  }
  const own = env.XDG_RUNTIME_DIR;
  return [
    "/var/run/docker.sock",
    ...(own ? [join(own, "docker.sock")] : []),
    join(homedir(), ".docker/run/docker.sock"),
    "/run/podman/podman.sock",
    ...(own ? [join(own, "podman/podman.sock")] : []),
  ].filter((path) => existsSync(path));
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim().replace(/\.$/, "");
}

async function loadDockerode(): Promise<typeof Docker> {
  try {
    return (await import("dockerode")).default;
  } catch (cause) {
    throw new WeakToStrongError(
      "missing_dependency",
      "docker() talks to the engine by the package dockerode, which is not installed: npm i dockerode",
      { cause },
    );
  }
}

class QuietAgent extends Agent {
  override createConnection(...args: Parameters<Agent["createConnection"]>): ReturnType<Agent["createConnection"]> {
    const socket = super.createConnection(...args);
    if (socket && "unref" in socket && typeof socket.unref === "function") socket.unref();
    return socket;
  }
}
