import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { defineTrainer, snapshot, WeakToStrongError } from "weak-to-strong";
import type { CleanRun } from "../../src/clean-room.js";
import { unisolated } from "../../src/sandboxes/unisolated.js";
import { wordTrainer } from "../server/world.js";
import { type Bench, bench, codeOf, half, method } from "./bench.js";

/* Methods that fail, end late or answer nonsense are results, and the room lives on. */

const failure = (run: CleanRun): string => (run.status === "failed" ? `${run.phase}: ${run.detail}` : run.status);

async function failures(here: Bench, codes: Readonly<Record<string, Parameters<Bench["run"]>[0]>>) {
  const runs = await Promise.all(
    Object.entries(codes).map(async ([name, code]) => [name, failure(await here.run(code))] as const),
  );
  return Object.fromEntries(runs);
}

const exits = (write: string): Parameters<Bench["run"]>[0] => method("pass", `${write}; os._exit(0)`);

test("what predict leaves is read as numbers of the right shape or not at all", async () => {
  await using here = await bench();
  const out = `open("/work/predictions.npy", "wb")`;
  expect(
    await failures(here, {
      shape: method("pass", "return [[0.5, 0.5]]"),
      nan: method("pass", "return [[float('nan'), 0.5]] * len(inputs)"),
      nothing: exits("pass"),
      garbage: exits(`${out}.write(b"0" * 100)`),
      large: exits(`${out}.truncate(1 << 30)`),
      link: exits(`os.symlink("/etc/passwd", "/work/predictions.npy")`),
      other: exits(`import numpy; numpy.save("/work/predictions.npy", numpy.full((4, 2), .4, "<f4"))`),
    }),
  ).toEqual({
    shape: expect.stringContaining("expected class probabilities, 4 inputs x 2 classes, found shape (1, 2)"),
    nan: expect.stringContaining("expected rows of probabilities"),
    nothing: expect.stringMatching(/^predict: .*reading .*No such file/),
    garbage: expect.stringMatching(/^predict: \.npy: it does not begin/),
    large: expect.stringMatching(/^predict: .*reading .*it has 1073741824 bytes/),
    link: expect.stringContaining("it is no regular file but a link"),
    other: expect.stringContaining("predictions: row 0 sums to 0.8"),
  });
});

test("what fit leaves in its folder passes as regular files within limits", async () => {
  await using here = await bench({ folder: { files: 100, bytes: 1 << 20 } });
  const found = await failures(here, {
    link: method(`os.symlink("/etc/passwd", context.folder / "link")`, half),
    many: method(`[open(context.folder / str(i), "w").close() for i in range(101)]`, half),
    large: method(`open(context.folder / "x", "w").truncate(2 << 20)`, half),
    gone: method(`os.rmdir(context.folder)`, half),
    deep: method(`os.chdir(context.folder); [(os.mkdir("d" * 200), os.chdir("d" * 200)) for _ in range(2000)]`, half),
    replaced: method(`os.rmdir(context.folder); os.symlink("/etc", context.folder)`, half),
  });
  expect(found).toEqual({
    link: "fit: its folder holds link: only regular files pass to predict, no links, sockets, pipes or devices.",
    many: expect.stringContaining("there are more than 100 files"),
    large: expect.stringContaining("beyond the 1048576 bytes"),
    gone: expect.stringMatching(/^fit: .*snapshot of .*No such file/),
    replaced: expect.stringContaining("is no folder (links are not followed)"),
    deep: expect.stringContaining("folders are nested deeper than 200"),
  });
  expect(readdirSync(here.dir)).toEqual([]);
});

test("methods that throw, never end or fork fail, and the next run is well", async () => {
  await using here = await bench({
    seconds: { fit: 5, predict: 5 },
    limits: { memory: 512 << 20, processes: 64, disk: 64 << 20 },
  });
  const { threw, ...found } = await failures(here, {
    threw: method("1 / 0", half),
    endless: method("while True: pass", half),
    late: method("pass", "while True: pass"),
    forks: method("while True:\n        try: os.fork()\n        except OSError: pass", half),
    memory: method("x = b'x' * (2 << 30)", half),
    disk: method("open('/work/x', 'wb').write(bytes(512 << 20))", half),
    killed: method("os.kill(os.getpid(), 9)", half),
    syntax: codeOf("def fit(context"),
    noPredict: codeOf("def fit(context): pass"),
  });
  expect(threw).toMatch(
    /^fit: fit failed \(exit code 1\): [\s\S]*method\.py", line 3, in fit\n[\s\S]*ZeroDivisionError/,
  );
  expect(found).toEqual({
    endless: "fit: fit was ended after 5 seconds.",
    late: "predict: predict was ended after 5 seconds.",
    forks: expect.stringMatching(/^fit: fit was ended after 5 seconds\./),
    memory: expect.stringMatching(/^fit: fit failed /),
    disk: expect.stringMatching(/^fit: fit failed /),
    killed: expect.stringContaining("SIGKILL"),
    syntax: expect.stringContaining("SyntaxError"),
    noPredict: expect.stringContaining("it has no predict"),
  });
  expect((await here.run(method("pass", half))).status).toBe("ok");
});

test("of what fit prints without end the beginning and the end are kept", async () => {
  await using here = await bench();
  const loud = await here.run(method("[sys.stdout.write('x' * (1 << 20)) for _ in range(300)]", half));
  expect(loud.status).toBe("ok");
  expect(loud.fitLog.length).toBeLessThan(66_000);
  expect(loud.fitLog).toContain("bytes are left out here");
});

test("code that is not what it says is never run", async () => {
  await using here = await bench();
  const good = method("pass", half);
  const many = Array.from({ length: 20_000 }, (_, i) => ({
    path: `${i}.py`,
    executable: false,
    content: Buffer.from(""),
  }));
  expect(
    await failures(here, {
      hash: { ...good, hash: "0".repeat(64) },
      content: { ...good, files: [{ ...good.files[0]!, content: Buffer.from("print(1)") }] },
      other: codeOf("pass", "other.py"),
      path: { ...good, files: [{ ...good.files[0]!, path: "../method.py" }] },
      many: { hash: "0".repeat(64), files: many },
      none: snapshot([]),
    }),
  ).toEqual({
    hash: expect.stringMatching(/^fit: Snapshot: its files have the hash [0-9a-f]{64}, and it is called 000/),
    content: expect.stringMatching(/^fit: Snapshot: its files have the hash/),
    other: "fit: Snapshot: it has no method.py; it has other.py.",
    path: expect.stringContaining("expected a relative path"),
    many: "fit: Snapshot: it has 20000 files; at most 10000 are kept.",
    none: "fit: Snapshot: it has no method.py; it has no files.",
  });
});

test("an abort ends a run with its reason, and disposal ends what runs", async () => {
  await using here = await bench();
  const endless = method("while True: pass", half);
  const controller = new AbortController();
  const reason = new Error("enough");
  const [aborted, disposed] = [here.run(endless, {}, controller.signal), here.run(endless)];
  setTimeout(() => controller.abort(reason), 500);
  await expect(aborted).rejects.toBe(reason);
  const end = here.room[Symbol.asyncDispose]();
  await expect(disposed).rejects.toMatchObject({ code: "disposed" });
  await end;
});

test("a trainer that dies is no failure of the method", async () => {
  const { fit, ...rest } = wordTrainer();
  const trainer = defineTrainer({
    name: "dying",
    capabilities: () => rest.capabilities(),
    fit: async () => {
      throw new WeakToStrongError("worker_died", "It was killed.");
    },
  });
  await using here = await bench({ trainer });
  await expect(here.run(method("context.fit(context.weak)", half))).rejects.toMatchObject({
    code: "worker_died",
    message: expect.stringContaining("so that the method was not judged: It was killed."),
  });
  expect(typeof fit).toBe("function");
});

test("requests that do not fit the testbed, and a sandbox that isolates nothing, are refused", async () => {
  await using here = await bench();
  const good = method("pass", half);
  const refused = (more: Parameters<Bench["run"]>[1]) => here.run(good, more).catch((error: Error) => error.message);
  expect(
    await Promise.all([
      refused({ testbed: "others" }),
      refused({ rows: Int32Array.of(0, 100) }),
      refused({ rows: Int32Array.of() }),
      refused({ seed: -1 }),
      refused({ weakLabels: { rows: 1, columns: 2, data: Float32Array.of(0.5, 0.5) } }),
    ]),
  ).toEqual([
    'Clean room: testbed: expected words, found "others".',
    "Clean room: rows[1]: expected a row of the test split, from 0 to 99, found 100.",
    'Clean room: rows: expected at least one, found "none".',
    "Clean room: seed: expected a whole number from 0, found -1.",
    expect.stringMatching(/^weakLabels: expected 200 rows/),
  ]);
  await using open = await bench({ provider: unisolated() });
  await expect(open.run(good)).rejects.toMatchObject({ code: "unsupported" });
});
