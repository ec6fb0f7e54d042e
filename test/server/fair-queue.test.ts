import { setImmediate as turnOfLoop } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { fairQueue } from "../../src/server/fair-queue.js";

const signal = new AbortController().signal;

describe("fairQueue", () => {
  test("takes turns over agents, in the order of asking within one, and skips who has left", async () => {
    const queue = fairQueue({ parallel: 1 });
    const order: string[] = [];
    const leaving = new AbortController();
    const first = Promise.withResolvers<void>();
    const ask = (who: string, name: string, own = signal) =>
      queue.run(
        who,
        async () => {
          order.push(name);
          if (name === "a1") await first.promise;
        },
        { signal: own },
      );
    const all = [ask("a", "a1"), ask("a", "a2"), ask("a", "a3"), ask("b", "b1"), ask("b", "b2"), ask("c", "c1")];
    const left = [ask("b", "left", leaving.signal), ask("d", "left", leaving.signal)];
    leaving.abort();
    for (const one of left) await expect(one).rejects.toBe(leaving.signal.reason);
    all.push(ask("b", "b3"));
    first.resolve();
    await Promise.all(all);
    expect(order).toEqual(["a1", "a2", "b1", "c1", "a3", "b2", "b3"]);
  });

  test("has as many at once as it may, and goes on after a failure", async () => {
    const queue = fairQueue({ parallel: 2 });
    let [running, most] = [0, 0];
    const work = async (): Promise<void> => {
      most = Math.max(most, ++running);
      await turnOfLoop();
      running--;
      throw new Error("it fails");
    };
    const all = Array.from({ length: 9 }, (_, i) => queue.run(`agent-${i % 3}`, work, { signal }));
    expect((await Promise.allSettled(all)).every(({ status }) => status === "rejected")).toBe(true);
    expect(most).toBe(2);
  });
});
