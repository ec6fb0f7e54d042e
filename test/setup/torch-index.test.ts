import { afterAll, beforeAll, expect, test } from "vitest";
import { detectGpu } from "../../src/setup/gpu.js";
import { chooseTorch, type TorchChoice } from "../../src/setup/torch-index.js";
import { Machine } from "./fixtures/machine.js";

let machine: Machine;
beforeAll(async () => {
  machine = await Machine.start();
});
afterAll(() => machine[Symbol.asyncDispose]());

function choose(kind: string, gpu: { cuda?: string } | undefined, asked = "auto"): Promise<TorchChoice> {
  return chooseTorch({
    python: machine.basePython,
    requirement: "torch==2.13.0",
    asked,
    gpu: gpu ? { present: true, by: "nvidia-smi", ...gpu } : { present: false },
    env: machine.env(kind),
    host: machine.index.host,
  });
}

test("no GPU, and pip would bring CUDA: the CPU index", async () => {
  expect((await choose("with-cuda", undefined)).url).toBe(machine.index.url("cpu"));
});

test("no GPU, and pip's build has no CUDA (here, macOS, Linux on arm64): pip's own index", async () => {
  expect((await choose("cpu-only", undefined)).url).toBeUndefined();
});

test("GPU, and pip would bring CUDA: pip's own index", async () => {
  expect((await choose("with-cuda", { cuda: "13.0" })).url).toBeUndefined();
});

test("GPU, and pip's build has no CUDA: the newest CUDA index that the driver runs", async () => {
  expect((await choose("cpu-only", { cuda: "13.1" })).url).toBe(machine.index.url("cu130"));
  expect((await choose("cpu-only", { cuda: "12.7" })).url).toBe(machine.index.url("cu126"));
  expect((await choose("cpu-only", {})).url).toBe(machine.index.url("cu132"));
});

test("GPU whose driver is older than every build: pip's own index, and that is said", async () => {
  const { url, why } = await choose("cpu-only", { cuda: "11.0" });
  expect(url).toBeUndefined();
  expect(why).toContain("torch will run on the CPU");
});

test("what was asked for wins, without asking pip", async () => {
  const before = machine.index.asked.length;
  expect((await choose("with-cuda", undefined, "default")).url).toBeUndefined();
  expect((await choose("with-cuda", undefined, "http://example.invalid/mine")).url).toBe("http://example.invalid/mine");
  expect(machine.index.asked.length).toBe(before);
});

test("an index that cannot be reached is an error that says so", async () => {
  const env = { ...machine.env("with-cuda"), PIP_INDEX_URL: "http://127.0.0.1:9/simple" };
  const call = chooseTorch({
    python: machine.basePython,
    requirement: "torch==2.13.0",
    asked: "auto",
    gpu: { present: false },
    env,
    host: machine.index.host,
  });
  await expect(call).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringContaining("torch==2.13.0"),
  });
});

test("a GPU shows by nvidia-smi, with its CUDA version, or by a device file", async () => {
  await using other = await Machine.start();
  const { systemRoot, env } = other.options("cpu-only").stub ?? {};
  expect(await detectGpu({ systemRoot, env })).toEqual({ present: false });
  other.installDeviceFile();
  expect(await detectGpu({ systemRoot, env })).toEqual({ present: true, by: "/dev/nvidia0" });
  other.installGpu("12.8");
  expect(await detectGpu({ systemRoot, env })).toEqual({ present: true, by: "nvidia-smi", cuda: "12.8" });
});
