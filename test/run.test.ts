import { expect, test } from "vitest";
import { type RunContext, startRun } from "../src/run.js";

type Event = { type: "step" | "progress"; n: number };

async function collect(run: AsyncIterable<Event>): Promise<number[]> {
  const seen: number[] = [];
  for await (const { n } of run) seen.push(n);
  return seen;
}

function emitting(count: number, type: Event["type"] = "step") {
  return async ({ emit }: RunContext<Event>): Promise<string> => {
    for (let n = 0; n < count; n++) emit({ type, n });
    return "done";
  };
}

/** Work that waits for its signal. */
function waiting({ signal }: RunContext<Event>): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
}

test("events come from the first one on, to each iterator, also after the end", async () => {
  const run = startRun<Event, string>(emitting(3));
  expect(await run.result()).toBe("done");
  expect(await collect(run)).toEqual([0, 1, 2]);
  expect(await collect(run)).toEqual([0, 1, 2]);
});

test("an iterator waits for events that are yet to come", async () => {
  const gate = Promise.withResolvers<void>();
  const run = startRun<Event, void>(async ({ emit }) => {
    emit({ type: "step", n: 0 });
    await gate.promise;
    emit({ type: "step", n: 1 });
  });
  const seen: number[] = [];
  for await (const { n } of run) {
    seen.push(n);
    gate.resolve();
  }
  expect(seen).toEqual([0, 1]);
});

test("to stop iterating does not cancel", async () => {
  const run = startRun<Event, string>(emitting(3));
  for await (const _ of run) break;
  expect(await run.result()).toBe("done");
});

test("memory is bounded: progress is thinned out before anything else, then the oldest go", async () => {
  const mixed = startRun<Event, void>(async ({ emit }) => {
    for (let n = 0; n < 50_000; n++) emit({ type: n % 100 === 0 ? "step" : "progress", n });
  });
  await mixed.result();
  const seen = await collect(mixed);
  expect(seen.length).toBeLessThanOrEqual(10_000);
  expect(seen.filter((n) => n % 100 === 0)).toHaveLength(500);
  const plain = startRun<Event, string>(emitting(50_000));
  await plain.result();
  const last = await collect(plain);
  expect(last.length).toBeLessThanOrEqual(10_000);
  expect(last.at(-1)).toBe(49_999);
});

test("an error is found in result(), the iteration just ends", async () => {
  const run = startRun<Event, never>(async ({ emit }) => {
    emit({ type: "step", n: 0 });
    throw new Error("broken");
  });
  expect(await collect(run)).toEqual([0]);
  await expect(run.result()).rejects.toThrow("broken");
  expect(run.result()).toBe(run.result());
});

test("cancel ends it with the reason, and nothing happens after the end", async () => {
  const run = startRun<Event, never>(waiting);
  const reason = new Error("enough");
  run.cancel(reason);
  await expect(run.result()).rejects.toBe(reason);
  run.cancel(new Error("again"));
  await expect(run.result()).rejects.toBe(reason);
});

test("a signal that is aborted, before or while it runs, cancels with its reason", async () => {
  const reason = new Error("enough");
  await expect(startRun<Event, never>(waiting, { signal: AbortSignal.abort(reason) }).result()).rejects.toBe(reason);
  const controller = new AbortController();
  const run = startRun<Event, never>(waiting, { signal: controller.signal });
  controller.abort(reason);
  await expect(run.result()).rejects.toBe(reason);
});

test("disposing cancels and waits", async () => {
  const steps: string[] = [];
  {
    await using run = startRun<Event, void>(async ({ signal }) => {
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      await new Promise(setImmediate);
      steps.push("cleaned up");
    });
    steps.push(typeof run.result);
  }
  expect(steps).toEqual(["function", "cleaned up"]);
});
