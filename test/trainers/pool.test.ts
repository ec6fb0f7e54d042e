import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  type Capabilities,
  cached,
  defineTrainer,
  type FitRequest,
  minilm,
  pool,
  type Trainer,
  type TrainerEvent,
  WeakToStrongError,
} from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { httpTrainer } from "weak-to-strong/trainers/http";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { startTrainerServer, type TrainerServer } from "../../examples/lib/trainer-server.js";
import { mine } from "../../examples/own-trainer/trainer.js";
import { projectHome } from "../../src/home.js";
import { sampleRequest, sampleTask } from "../../src/testing/trainer-samples.js";
import { tinyModel } from "../fixtures/tiny-model.js";

const models = { pretrained: minilm(), causal: tinyModel() };

describe("pool of a local python and a server", () => {
  let server: TrainerServer;
  let local: Trainer;
  let remote: Trainer;
  beforeAll(async () => {
    server = await startTrainerServer({ home: projectHome() }); // extracted features are found there
    local = pythonTrainer();
    remote = httpTrainer(server);
  });
  afterAll(async () => {
    await Promise.all([local, remote, server].map((one) => one[Symbol.asyncDispose]()));
  });

  for (const { name, run } of trainerSuite(() => pool([local, remote]), models)) {
    test(name, run, 120_000);
  }

  test("both work at the same time, and a server that is killed meanwhile costs no result", async () => {
    const own = await startTrainerServer();
    await using far = httpTrainer({ ...own, reconnectSeconds: 0.3 });
    const both = pool([local, far]);
    expect((await both.capabilities()).parallel).toBe(2);
    const events: TrainerEvent[] = [];
    const { model } = sampleTask;
    const longer = { ...model, optimizer: { ...model.optimizer, epochs: 1_000 } };
    const fitting = Promise.withResolvers<void>();
    const emit = (event: TrainerEvent): void => {
      events.push(event);
      if (own.log().includes("starts on")) fitting.resolve();
    };
    const requests = [50, 51, 52].map((seed) => ({ ...sampleRequest(), model: longer, seed }));
    const fits = Promise.all(requests.map((request) => both.fit(request, { emit })));
    await Promise.race([fitting.promise, fits]);
    own.process.kill("SIGKILL");
    const results = await fits;
    await own[Symbol.asyncDispose]();
    expect(events).toContainEqual({
      type: "warning",
      message: expect.stringMatching(/"http" \(2 of 2\) of the pool failed, and another one goes on/),
    });
    for (const [i, request] of requests.entries()) {
      expect(results[i]!.predictions).toEqual((await local.fit(request)).predictions);
    }
  });
});

/** A trainer whose fits wait for `release`, and which counts them. */
function controlled(options: { fingerprint?: string; parallel?: number; lacks?: boolean; name?: string } = {}) {
  const state = { fits: [] as FitRequest[], running: 0, most: 0, dead: false };
  const open: (() => void)[] = [];
  const trainer = defineTrainer({
    name: options.name ?? "controlled",
    capabilities: { parallel: options.parallel ?? 1, predict: true, warmStart: true } satisfies Partial<Capabilities>,
    fingerprint: async () => {
      if (options.lacks) throw new WeakToStrongError("missing_dependency", "there is no torch here");
      return options.fingerprint ?? "same";
    },
    async fit(request, calling) {
      if (state.dead) throw new WeakToStrongError("worker_died", "it is dead");
      state.fits.push(request);
      state.most = Math.max(state.most, ++state.running);
      await new Promise<void>((resolve) => open.push(resolve));
      state.running--;
      if (state.dead) throw new WeakToStrongError("worker_died", "it is dead");
      const { from: _, ...cold } = request;
      const made = await mine.fit(cold, calling);
      return { ...made, checkpoint: { id: `${options.name} ${request.seed}` } };
    },
    async predict({ checkpoint, rows }) {
      if (!checkpoint.id.startsWith(`${options.name} `)) throw new WeakToStrongError("not_found", "not here");
      const count = rows.dataset.inputs.length;
      return {
        predictions: { rows: count, columns: 2, data: new Float32Array(2 * count).fill(0.5) },
        cost: { seconds: 0, device: options.name!, tokens: 0 },
      };
    },
  });
  const release = (): void => {
    for (const resolve of open.splice(0)) resolve();
  };
  return { trainer, state, release };
}

const fit = (trainer: Trainer, seed: number, events: TrainerEvent[] = []) =>
  trainer.fit({ ...sampleRequest(), seed }, { emit: (event) => events.push(event) });

/** Lets everything run that can run without anybody's doing. */
const settled = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** Releases the members' fits, as they begin, until `work` is done. */
async function finish<T>(work: Promise<T>, ...members: { release(): void }[]): Promise<T> {
  let done = false;
  const note = (): void => {
    done = true;
  };
  work.then(note, note);
  while (!done) {
    for (const { release } of members) release();
    await settled();
  }
  return work;
}

describe("pool", () => {
  let a: ReturnType<typeof controlled>;
  let b: ReturnType<typeof controlled>;
  beforeEach(() => {
    a = controlled({ name: "a", parallel: 1 });
    b = controlled({ name: "b", parallel: 3 });
  });

  test("spreads fits by free capacity, and queues what is more", async () => {
    const both = pool([a.trainer, b.trainer]);
    expect((await both.capabilities()).parallel).toBe(4);
    const fits = [0, 1, 2, 3, 4, 5].map((seed) => fit(both, seed));
    await settled();
    expect([a.state.running, b.state.running]).toEqual([1, 3]);
    await finish(Promise.all(fits), a, b);
    expect(a.state.fits.length + b.state.fits.length).toBe(6);
    expect([a.state.most, b.state.most]).toEqual([1, 3]);
  });

  test("goes on elsewhere when a member dies, says so, and leaves it alone for a while", async () => {
    b.state.dead = true;
    const both = pool([a.trainer, b.trainer]);
    const events: TrainerEvent[] = [];
    expect((await finish(fit(both, 0, events), a)).checkpoint.id).toBe("a 0");
    expect(events).toContainEqual({ type: "warning", message: expect.stringMatching(/"b" \(2 of 2\) .*it is dead/) });
    const more: TrainerEvent[] = [];
    await finish(fit(both, 1, more), a);
    expect(more, "the dead one was not asked again").not.toContainEqual(expect.objectContaining({ type: "warning" }));
    a.state.dead = true;
    await expect(fit(both, 2)).rejects.toMatchObject({ code: "worker_died" });
  });

  test("an error that is the request's own is not tried elsewhere", async () => {
    let calls = 0;
    const failing = defineTrainer({
      name: "failing",
      fit: async () => {
        calls++;
        throw new WeakToStrongError("failed", "the loss is not finite");
      },
    });
    const again = { ...failing };
    await expect(fit(pool([failing, again]), 0)).rejects.toThrow("not finite");
    expect(calls).toBe(1);
  });

  test("asks the member that made a checkpoint, and all where it is not known", async () => {
    const both = pool([a.trainer, b.trainer]);
    const { checkpoint } = await finish(fit(both, 0), b);
    expect(checkpoint.id).toBe("b 0");
    const rows = { dataset: sampleTask.test.dataset };
    expect((await both.predict({ checkpoint, rows })).cost.device).toBe("b");
    const fresh = pool([a.trainer, b.trainer]);
    expect((await fresh.predict({ checkpoint, rows })).cost.device).toBe("b");
    await expect(fresh.predict({ checkpoint: { id: "c 0" }, rows })).rejects.toMatchObject({ code: "not_found" });
    const warm = both.fit({ ...sampleRequest(), seed: 1, from: checkpoint });
    expect((await finish(warm, b)).checkpoint.id).toBe("b 1");
    expect(a.state.fits).toEqual([]);
  });

  test("members that would give other bits, or cannot do the model, sit out, and that is said once", async () => {
    const other = controlled({ name: "c", parallel: 9, fingerprint: "another machine" });
    const lacking = controlled({ name: "d", parallel: 9, lacks: true });
    const all = pool([lacking.trainer, a.trainer, other.trainer, b.trainer]);
    expect(await all.fingerprint(sampleTask.model)).toBe("same");
    const events: TrainerEvent[] = [];
    const fits = [0, 1, 2, 3, 4].map((seed) => fit(all, seed, events));
    await settled();
    await finish(Promise.all(fits), a, b);
    expect(other.state.fits).toEqual([]);
    expect(lacking.state.fits).toEqual([]);
    const said = events.filter(({ type }) => type === "warning") as { message: string }[];
    expect(said.map(({ message }) => message.slice(0, 28)).sort()).toEqual([
      'The trainer "c" (3 of 4) of ',
      'The trainer "d" (1 of 4) of ',
    ]);
    expect(said.map(({ message }) => message).join()).toMatch(/another machine.*The others work under: same/);
  });

  test("its fingerprint stays: when those that had it are gone, others do not answer in their place", async () => {
    const other = controlled({ name: "c", fingerprint: "another machine" });
    const both = pool([a.trainer, other.trainer]);
    expect(await both.fingerprint(sampleTask.model)).toBe("same");
    a.state.dead = true;
    await expect(fit(both, 0)).rejects.toMatchObject({ code: "worker_died" });
    await expect(fit(both, 0)).rejects.toMatchObject({
      code: "worker_died",
      message: expect.stringMatching(/answers for this model as before \(same\)/),
    });
    expect(other.state.fits).toEqual([]);
  });

  test("a cache in front of it finds what any member made", async () => {
    const dir = await mkdtemp(join(tmpdir(), "w2s-cached-"));
    await finish(fit(cached(pool([a.trainer, b.trainer]), dir), 0), a, b);
    expect((await fit(cached(pool([b.trainer, a.trainer]), dir), 0)).cost.cached).toBe(true);
  });

  test("an abort while it waits for a free member takes its place in the queue away", async () => {
    const one = pool([a.trainer]);
    const running = fit(one, 0);
    await settled();
    const controller = new AbortController();
    const waiting = one.fit({ ...sampleRequest(), seed: 1 }, { signal: controller.signal });
    await settled();
    controller.abort(new Error("no longer"));
    await expect(waiting).rejects.toThrow("no longer");
    await finish(running, a);
    await settled();
    expect(a.state.fits).toHaveLength(1);
  });

  test("disposing leaves the members to their makers", async () => {
    const one = pool([b.trainer]);
    await one[Symbol.asyncDispose]();
    await expect(fit(one, 0)).rejects.toMatchObject({ code: "disposed" });
    expect((await finish(fit(b.trainer, 0), b)).predictions.test?.rows).toBe(40);
  });

  test.each([[[]], [undefined], [[mine, mine]]])("%j is no list of members", (members) => {
    expect(() => pool(members as Trainer[])).toThrow(/expected a list of at least one trainer, each once/);
  });
});
