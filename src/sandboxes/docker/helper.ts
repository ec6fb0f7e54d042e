import type { Socket } from "node:net";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Container, ContainerCreateOptions } from "dockerode";
import * as z from "zod";
import type { HelperProcess } from "../connection.js";
import { attach } from "./attach.js";
import { type Engine, engineError, removeContainer } from "./engine.js";

/** A helper that has not ended this long after its input did is killed. */
const patience = 3_000;
/** An engine that tells how a container ended does so within this time; podman does not of one that ended at once. */
const wordTimeout = 1_000;
const lastWordsLength = 2_000;

/** A helper in a container, with what it said on standard error. */
export interface ContainerHelper extends HelperProcess {
  lastWords(): string;
}

/** Makes a container and starts it; its first process is the helper. */
export async function startContainer(engine: Engine, options: ContainerCreateOptions): Promise<ContainerHelper> {
  let container: Container | undefined;
  try {
    container = await engine.docker.createContainer(options);
    const stream = await attach(engine.socketPath, container.id);
    const ended = engine.quiet
      .getContainer(container.id)
      .wait({ condition: "next-exit" })
      .catch(() => undefined);
    await container.start();
    return helperOf(container, stream, ended);
  } catch (error) {
    if (container) await removeContainer(container);
    throw engineError("start a container", error);
  }
}

function helperOf(container: Container, stream: Socket, ended: Promise<unknown>): ContainerHelper {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  let words = "";
  stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-lastWordsLength);
  });
  const closed = Promise.withResolvers<void>();
  stream.on("error", () => undefined); // its end follows
  stream.once("end", () => closed.resolve());
  stream.once("close", () => closed.resolve());
  container.modem.demuxStream(stream, stdout, stderr);

  let ending: Promise<void> | undefined;
  const gone = closed.promise.then(async () => {
    stream.destroy();
    const found = ending ? undefined : await Promise.race([ended, sleep(wordTimeout)]);
    const how = howItEnded(found);
    return words.trim() ? `${how} (${words.trim()})` : how;
  });
  const end = async (): Promise<void> => {
    stream.ref();
    stream.end();
    const late = setTimeout(() => stream.destroy(), patience);
    await closed.promise;
    clearTimeout(late);
    await removeContainer(container);
  };
  return {
    stdin: stream,
    stdout,
    hold(active) {
      if (active) stream.ref();
      else stream.unref();
    },
    end() {
      ending ??= end();
      return ending;
    },
    gone,
    lastWords: () => words,
  };
}

function howItEnded(found: unknown): string {
  const code = z.object({ StatusCode: z.number() }).safeParse(found).data?.StatusCode;
  if (code === undefined) return "ended";
  return code === 137 ? "was killed by SIGKILL" : `exited with code ${code}`;
}
