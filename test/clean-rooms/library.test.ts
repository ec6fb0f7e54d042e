import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { confidence, takeRows } from "weak-to-strong";
import type { CleanRun } from "../../src/clean-room.js";
import { makeContext } from "../../src/experiment/context.js";
import { methodCalled } from "../../src/methods/registry.js";
import { testbed as words, wordTrainer } from "../server/world.js";
import { type Bench, bench } from "./bench.js";

const library = (here: Bench, name: string, options: Record<string, string | number | boolean> = {}) =>
  here.room.run({
    code: { type: "library", name, options },
    testbed: "words",
    seed: 3,
    weakLabels: words.weakLabels(0),
    rows: Int32Array.of(9, 2),
  });

test("a method of the library runs by its name as it runs in an experiment", async () => {
  await using here = await bench();
  const run = (await library(here, "confidence", { alpha: 0.25 })) as Extract<CleanRun, { status: "ok" }>;
  const method = confidence({ alpha: 0.25 });
  const task = {
    testbed: { ...words, splits: { train_unlabel: words.train, test: words.development } },
    ...{ student: words.student, seed: 3, weakLabels: words.weakLabels(0) },
    anotherTeacher: () => Promise.reject(new Error("none")),
  };
  const context = makeContext(task, method, wordTrainer(), new AbortController().signal, () => undefined);
  expect(run.predictions).toEqual(takeRows((await method(context)).predictions.test, [9, 2]));
  expect(run).toMatchObject({
    status: "ok",
    fitLog: "",
    traces: { canaries: [], processes: {}, refused: [], opened: [] },
  });
});

test("what there is not is said, and the room lives on", async () => {
  await using here = await bench();
  const found = await Promise.all([
    library(here, "nive"),
    library(here, "strong-on-teacher-labels"),
    library(here, "naive", { soft: true }),
    library(here, "naive", { hard: "yes" }),
    library(here, "confidence", { alpha: 7 }),
    library(here, "weak-ensemble"),
  ]);
  expect(found.map((run) => (run.status === "failed" ? run.detail : run.status))).toEqual([
    expect.stringMatching(/^method: expected one of naive, confidence, .*found "nive"/),
    expect.stringMatching(/found "strong-on-teacher-labels"/),
    expect.stringContaining('Unrecognized key: "soft"'),
    expect.stringContaining("expected boolean"),
    "confidence: alpha: expected a number from 0 to 1, found 7.",
    expect.stringMatching(/found "weak-ensemble"/),
  ]);
});

test("every name of the registry is what results call the method", () => {
  const refusal = (): string => {
    try {
      return methodCalled("?").methodName!;
    } catch (error) {
      return (error as Error).message;
    }
  };
  const listed = /expected one of (.*), found/.exec(refusal())![1]!.split(", ");
  expect(listed).toHaveLength(15);
  for (const name of listed) expect(methodCalled(name).methodName).toBe(name);
});

test("a room makes nothing on disk for a method of the library", async () => {
  const dir = join(mkdtempSync(join(tmpdir(), "w2s-room-")), "room");
  await using here = await bench({ dir });
  expect((await library(here, "naive")).status).toBe("ok");
  rmSync(join(dir, ".."), { recursive: true });
});
