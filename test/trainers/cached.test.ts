import { execFile, execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, test } from "vitest";
import {
  type Checkpoint,
  cached,
  defineTrainer,
  type FitRequest,
  type Trainer,
  type TrainerEvent,
  WeakToStrongError,
} from "weak-to-strong";
import { mine } from "../../examples/own-trainer/trainer.js";
import { transient } from "../../src/data/dataset.js";
import { sampleRequest } from "../../src/testing/trainer-samples.js";

let dir: string;
let fits: FitRequest[];
let counting: Trainer;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "w2s-cached-"));
  fits = [];
  counting = {
    ...mine,
    fit(request, options) {
      fits.push(request);
      return mine.fit(request, options);
    },
  };
});

async function entries(): Promise<string[]> {
  const found = await readdir(dir, { recursive: true, withFileTypes: true });
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

test("a repeated request is answered from disk, equal in every part, and says so", async () => {
  const first = await cached(counting, dir).fit(sampleRequest());
  const second = await cached(counting, dir).fit(sampleRequest());
  expect(fits).toHaveLength(1);
  expect(second).toEqual({ ...first, cost: { ...first.cost, cached: true } });
});

test("a fit with transient rows is neither kept nor looked for", async () => {
  const { predict, ...rest } = sampleRequest();
  const marked = Object.entries(predict).map(([name, rows]) => [name, { ...rows, dataset: transient(rows.dataset) }]);
  const passing = { ...rest, predict: Object.fromEntries(marked) };
  const trainer = cached(counting, dir);
  await trainer.fit(passing);
  expect(await entries()).toEqual([]);
  await trainer.fit({ ...rest, predict });
  await trainer.fit(passing);
  expect(fits).toHaveLength(3);
});

test("equal requests at the same time are one fit", async () => {
  const trainer = cached(counting, dir);
  const [first, second] = await Promise.all([trainer.fit(sampleRequest()), trainer.fit(sampleRequest())]);
  expect(fits).toHaveLength(1);
  expect(second).toEqual(first);
});

test.each([new Error("changed my mind"), new WeakToStrongError("failed", "changed my mind: the ceiling failed")])(
  "an abort of the one who asked first does not reach the one who joined (%s)",
  async (reason) => {
    const trainer = cached(counting, dir);
    const controller = new AbortController();
    const first = trainer.fit(sampleRequest(), {
      signal: controller.signal,
      emit: () => controller.abort(reason),
    });
    const second = trainer.fit(sampleRequest());
    await expect(first).rejects.toThrow("changed my mind");
    expect((await second).predictions.test?.rows).toBe(40);
  },
);

test("another fingerprint never gets the entry", async () => {
  await cached(counting, dir).fit(sampleRequest());
  await cached({ ...counting, fingerprint: async () => "another machine" }, dir).fit(sampleRequest());
  expect(fits).toHaveLength(2);
});

test.each([
  ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length / 2)],
  ["empty", () => Buffer.alloc(0)],
  [
    "changed in one bit",
    (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 60 ? byte ^ 1 : byte))),
  ],
])("an entry that is %s is computed again, and that is said", async (_, damage) => {
  const first = await cached(counting, dir).fit(sampleRequest());
  const [path] = await entries();
  await writeFile(path!, damage(await readFile(path!)));
  const events: TrainerEvent[] = [];
  const again = await cached(counting, dir).fit(sampleRequest(), { emit: (event) => events.push(event) });
  expect(again.predictions).toEqual(first.predictions);
  expect(fits).toHaveLength(2);
  expect(events.filter(({ type }) => type === "warning")).toEqual([
    { type: "warning", message: expect.stringContaining(`The kept result ${path} is damaged`) },
  ]);
  await cached(counting, dir).fit(sampleRequest());
  expect(fits, "the entry has been mended").toHaveLength(2);
});

test("two processes share a folder: equal answers, whole entries, nothing left over", async () => {
  const program = join(import.meta.dirname, "../fixtures/cached-fits.ts");
  const args = ["--import", "tsx", "-C", "w2s-source", program, dir];
  const answers = await Promise.all([1, 2, 3].map(() => promisify(execFile)(process.execPath, args)));
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
  const kept = await entries();
  expect(kept).toHaveLength(5);
  expect(kept.every((path) => path.endsWith(".w2s"))).toBe(true);
  for (const seed of [0, 1, 2, 3, 4]) await cached(counting, dir).fit({ ...sampleRequest(), seed });
  expect(fits, "every entry is whole").toHaveLength(0);
});

test("a checkpoint's id and path come back, as long as its folder is there", async () => {
  const checkpoint: Checkpoint = { id: "abc", path: await mkdtemp(join(tmpdir(), "w2s-checkpoint-")) };
  let calls = 0;
  const trainer = defineTrainer({
    name: "t",
    fit: async (request, options) => {
      calls++;
      return { ...(await mine.fit(request, options)), checkpoint };
    },
  });
  await cached(trainer, dir).fit(sampleRequest());
  expect((await cached(trainer, dir).fit(sampleRequest())).checkpoint).toEqual(checkpoint);
  expect(calls).toBe(1);
  await rm(checkpoint.path!, { recursive: true });
  await cached(trainer, dir).fit(sampleRequest());
  expect(calls, "only a new fit brings the trained model back").toBe(2);
});

test("a failed fit is not kept", async () => {
  let calls = 0;
  const failing: Trainer = { ...mine, fit: () => Promise.reject(new Error(`failure ${++calls}`)) };
  const trainer = cached(failing, dir);
  await expect(trainer.fit(sampleRequest())).rejects.toThrow("failure 1");
  await expect(trainer.fit(sampleRequest())).rejects.toThrow("failure 2");
  expect(await entries()).toEqual([]);
});

const root = process.getuid?.() === 0 && process.platform === "linux";
test.skipIf(!root)(
  "on a full disk the result still arrives, and the trouble is said (needs root, for a tiny file system)",
  async () => {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4k", "tmpfs", dir]);
    try {
      await writeFile(join(dir, "filler"), Buffer.alloc(4096));
      const events: TrainerEvent[] = [];
      const { predictions } = await cached(counting, dir).fit(sampleRequest(), { emit: (event) => events.push(event) });
      expect(predictions.test?.rows).toBe(40);
      expect(events).toContainEqual({
        type: "warning",
        message: expect.stringMatching(/could not be kept .*ENOSPC.*The disk is full/),
      });
      expect(await entries(), "no half-written file is left").toEqual([join(dir, "filler")]);
    } finally {
      execFileSync("umount", [dir]);
    }
  },
);
