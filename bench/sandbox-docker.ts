/*
 * What a command costs in a container: through the session of docker() (a helper that runs inside all the time) and
 * through the engine's exec API (docker exec), in interleaved pairs in two containers of one image. Prints the ratio.
 *
 *   npm start bench/sandbox-docker.ts IMAGE [SOCKET]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import Docker from "dockerode";
import { docker } from "../src/sandboxes/docker/index.js";

const pairs = 60;
const [image = "python:3.12-slim", socketPath = "/var/run/docker.sock"] = process.argv.slice(2);

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], q: number): number => sorted(values)[Math.round(q * (values.length - 1))]!;

async function milliseconds(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** `docker exec`: made, started, its output read to its end, its exit code asked for. */
async function engineExec(container: Docker.Container): Promise<void> {
  const command = ["/bin/sh", "-c", "echo x"];
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const output = await exec.start({});
  output.resume();
  await finished(output, { writable: false });
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`exit code ${ExitCode}`);
}

const work = await mkdtemp(join(tmpdir(), "w2s-bench-"));
const engine = new Docker({ socketPath });
const plain = await engine.createContainer({
  ...{ Image: image, Entrypoint: ["/bin/sh", "-c", "sleep 3600"], Cmd: [] },
  HostConfig: { NetworkMode: "none", AutoRemove: true },
});
try {
  await plain.start();
  await using provider = docker({ image, socketPath });
  const begun = performance.now();
  const sandbox = await provider.create({ name: "bench", work });
  const created = performance.now() - begun;
  const session: number[] = [];
  const api: number[] = [];
  for (let pair = -3; pair < pairs; pair++) {
    const ours = await milliseconds(() => sandbox.exec("echo x"));
    const theirs = await milliseconds(() => engineExec(plain));
    if (pair < 0) continue; // both have warmed up
    session.push(ours);
    api.push(theirs);
  }
  for (const [name, times] of Object.entries({ "docker()": session, "exec API": api })) {
    console.log(
      `${name.padEnd(9)} median ${quantile(times, 0.5).toFixed(2)} ms a command (quartiles ${quantile(times, 0.25).toFixed(2)} to ${quantile(times, 0.75).toFixed(2)})`,
    );
  }
  const ratios = api.map((time, pair) => time / session[pair]!);
  console.log(
    `ratio     median ${quantile(ratios, 0.5).toFixed(1)} of ${pairs} pairs (quartiles ${quantile(ratios, 0.25).toFixed(1)} to ${quantile(ratios, 0.75).toFixed(1)})`,
  );
  console.log(`a sandbox was there after ${created.toFixed(0)} ms`);
} finally {
  await plain.remove({ force: true }).catch(() => undefined);
  await rm(work, { recursive: true, force: true });
}
