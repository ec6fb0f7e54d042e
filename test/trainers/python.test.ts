import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type FitRequest, hiddenStates, linear, minilm, type Trainer, type TrainerEvent } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { sampleRequest, sampleTask } from "../../src/testing/trainer-samples.js";

let trainer: Trainer;
beforeEach(() => {
  trainer = pythonTrainer();
});
afterEach(async () => {
  await trainer[Symbol.asyncDispose]();
});

const endless = (): FitRequest => ({
  ...sampleRequest(),
  model: { ...sampleTask.model, optimizer: { ...sampleTask.model.optimizer, epochs: 100_000, batchSize: 1 } },
});

/** Process ids of the workers that belong to this process. */
async function workers(parent = process.pid): Promise<number[]> {
  const children = await readFile(`/proc/${parent}/task/${parent}/children`, "utf8");
  const found: number[] = [];
  for (const pid of children.trim().split(/\s+/).filter(Boolean).map(Number)) {
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command.includes("w2s_trainer")) found.push(pid);
  }
  return found;
}

/** Resolves when the process has gone. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
    if (state === undefined || / Z /.test(state)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Starts a fit that never ends and resolves when it is training. */
async function training(): Promise<{ fit: Promise<unknown>; controller: AbortController }> {
  const controller = new AbortController();
  const started = Promise.withResolvers<void>();
  const fit = trainer.fit(endless(), {
    signal: controller.signal,
    emit: (event) => event.type === "progress" && event.stage === "train" && started.resolve(),
  });
  fit.catch(() => undefined);
  await Promise.race([started.promise, fit]);
  return { fit, controller };
}

test("one warm worker serves all calls", async () => {
  await trainer.fit(sampleRequest());
  const first = await workers();
  await trainer.fit({ ...sampleRequest(), seed: 1 });
  expect(await workers()).toEqual(first);
  expect(first).toHaveLength(1);
});

test("it is lazy: nothing runs before the first call", async () => {
  expect(await workers()).toEqual([]);
});

test("disposing ends the worker, also in the middle of a fit, which is told so", async () => {
  const { fit } = await training();
  const [pid] = await workers();
  await trainer[Symbol.asyncDispose]();
  await expect(fit).rejects.toMatchObject({ code: "disposed" });
  await gone(pid!);
});

test("a worker killed (kill -9) is an error with its last words, and the next fit works", async () => {
  const { fit } = await training();
  process.kill((await workers())[0]!, "SIGKILL");
  await expect(fit).rejects.toMatchObject({
    code: "worker_died",
    message: expect.stringMatching(/was killed by SIGKILL.*out of memory.*next call starts a new one/s),
  });
  expect((await trainer.fit(sampleRequest())).predictions.test?.rows).toBe(40);
});

test("a death is noticed while a process that the worker started holds its pipes open", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-inherits-"));
  const noted = join(folder, "pid");
  const code = `import subprocess; open(${JSON.stringify(noted)}, "w").write(str(subprocess.Popen(["sleep", "1000"]).pid))`;
  await trainer[Symbol.asyncDispose]();
  trainer = pythonTrainer({ env: await startingWith(code) });
  const { fit } = await training();
  const sleeper = Number(await readFile(noted, "utf8"));
  try {
    process.kill((await workers())[0]!, "SIGKILL");
    await expect(fit).rejects.toMatchObject({ code: "worker_died", message: expect.stringContaining("SIGKILL") });
    process.kill(sleeper, 0); // it still runs
  } finally {
    process.kill(sleeper);
  }
});

test("many aborts in one worker print no warning", async () => {
  const warnings: Error[] = [];
  const listen = (warning: Error) => warnings.push(warning);
  process.on("warning", listen);
  const pids = new Set<number>();
  for (let i = 0; i < 20; i++) {
    const { fit, controller } = await training();
    for (const pid of await workers()) pids.add(pid);
    controller.abort(new Error("enough"));
    await expect(fit).rejects.toThrow("enough");
  }
  await trainer.fit(sampleRequest());
  process.off("warning", listen);
  expect(warnings).toEqual([]);
  expect(pids.size).toBe(1);
});

test("a dataset too large for a message is refused, and the worker goes on", async () => {
  // A control character is six characters of JSON.
  const text = "\u0001".repeat(100_000_000);
  const large = { hash: "large", inputs: [{ text }] };
  const { predict: _, ...rest } = sampleRequest();
  await expect(trainer.fit({ ...rest, predict: { large: { dataset: large } } })).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringMatching(/too large to send at once.*Divide it/),
  });
  expect((await trainer.fit(sampleRequest())).predictions.test?.rows).toBe(40);
  expect(await workers()).toHaveLength(1);
});

test("datasets that the worker has forgotten are sent again; those that never fit together are an error", async () => {
  // Room for one dataset: the newest is always kept.
  const small = "import w2s_trainer.operations as o; o._DATASET_BYTES = 1";
  await using forgetful = pythonTrainer({ env: await startingWith(small) });
  const alone = { ...sampleRequest(), predict: {} };
  const { checkpoint } = await forgetful.fit(alone);
  await forgetful.predict({ checkpoint, rows: { dataset: sampleTask.test.dataset } });
  expect((await forgetful.fit(alone)).checkpoint).toEqual(checkpoint);
  await expect(forgetful.fit(sampleRequest())).rejects.toMatchObject({
    name: "WeakToStrongError",
    code: "failed",
    message: expect.stringMatching(/datasets of this request together need more memory.*512 MB/),
  });
});

test("after an abort the same worker goes on", async () => {
  const { fit, controller } = await training();
  const before = await workers();
  controller.abort(new Error("enough"));
  await expect(fit).rejects.toThrow("enough");
  await trainer.fit(sampleRequest());
  expect(await workers()).toEqual(before);
});

test("a worker that does not stop when asked to is replaced", async () => {
  const { fit, controller } = await training();
  const [pid] = await workers();
  process.kill(pid!, "SIGSTOP");
  controller.abort(new Error("enough"));
  await expect(fit).rejects.toThrow("enough");
  expect((await trainer.fit(sampleRequest())).predictions.test?.rows).toBe(40);
  expect(await workers()).not.toContain(pid);
});

test("a request that is aborted while it waits for its turn leaves the one before it alone", async () => {
  const { fit, controller } = await training();
  const second = new AbortController();
  const waiting = trainer.fit(sampleRequest(), { signal: second.signal });
  second.abort(new Error("no longer"));
  await expect(waiting).rejects.toThrow("no longer");
  const third = trainer.fit(sampleRequest());
  controller.abort(new Error("enough"));
  await expect(fit).rejects.toThrow("enough");
  expect((await third).predictions.test?.rows).toBe(40);
});

test("an error while it starts comes with the worker's last words", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-broken-"));
  await mkdir(join(folder, "numpy"));
  await writeFile(
    join(folder, "numpy", "__init__.py"),
    'raise ImportError("libfoo.so.3: cannot open shared object file")',
  );
  await using broken = pythonTrainer({ env: { PYTHONPATH: folder } });
  await expect(broken.fit(sampleRequest())).rejects.toThrow(/libfoo\.so\.3: cannot open shared object file/);
});

test("stray prints, from Python and from below it, do not disturb", async () => {
  const folder = await mkdtemp(join(tmpdir(), "w2s-noise-"));
  const noise = [
    "import os, sys, threading",
    'print("hello from an import")',
    "def shout():",
    '    while True: os.write(1, b"W2S1 noise\\n"); threading.Event().wait(0.001)',
    "threading.Thread(target=shout, daemon=True).start()",
  ];
  await writeFile(join(folder, "sitecustomize.py"), noise.join("\n"));
  await using noisy = pythonTrainer({ env: { PYTHONPATH: folder } });
  const { predictions } = await noisy.fit(sampleRequest());
  expect(predictions).toEqual((await trainer.fit(sampleRequest())).predictions);
});

test("a missing interpreter is an error that says what to type", async () => {
  await using nowhere = pythonTrainer({ python: "/no/such/python" });
  await expect(nowhere.fit(sampleRequest())).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringMatching(/no Python at \/no\/such\/python.*npx weak-to-strong setup/),
  });
  await using unknown = pythonTrainer({ python: "no-such-python" });
  await expect(unknown.fit(sampleRequest())).rejects.toMatchObject({ code: "missing_dependency" });
});

test("an interpreter that is too old or has no numpy is an error that says what to type", async () => {
  await using old = pythonTrainer({ env: await startingWith("import sys; sys.version_info = (3, 9, 2)") });
  const setup = /Run `npx weak-to-strong setup`.*\$W2S_PYTHON/;
  for (let i = 0; i < 2; i++) {
    const told = await old.fit(sampleRequest()).catch((error) => error);
    expect(told).toMatchObject({ code: "missing_dependency", message: expect.stringMatching(setup) });
    expect(told.message).toMatch(/is Python 3\.9\.2; 3\.11 or newer is needed/);
  }
  const folder = await mkdtemp(join(tmpdir(), "w2s-bare-"));
  const [code] = await once(spawn(python(), ["-m", "venv", "--without-pip", folder]), "exit");
  expect(code).toBe(0);
  await using bare = pythonTrainer({ python: join(folder, "bin/python"), env: { PYTHONPATH: "" } });
  for (let i = 0; i < 2; i++) {
    const told = await bare.fit(sampleRequest()).catch((error) => error);
    expect(told).toMatchObject({ code: "missing_dependency", message: expect.stringMatching(setup) });
    expect(told.message).toMatch(/package numpy is not installed in .*w2s-bare-/);
  }
});

test("an interpreter that cannot be started is an error with the reason", async () => {
  await using folder = pythonTrainer({ python: tmpdir() });
  await expect(folder.fit(sampleRequest())).rejects.toMatchObject({
    code: "worker_died",
    message: expect.stringMatching(/could not be started: .*EACCES/),
  });
});

test.each([[["gpu"]], [[]], [["cpu", "cuda"]], ["cpu"]])("devices %j are refused with those there are", (devices) => {
  expect(() => pythonTrainer({ devices: devices as string[] })).toThrow(
    expect.objectContaining({ code: "bad_input", message: expect.stringMatching(/"cpu", "mps", "cuda:0".*found/) }),
  );
});

test("what is no Python worker is told from one", async () => {
  await using cat = pythonTrainer({ python: "/bin/cat" });
  await expect(cat.fit(sampleRequest())).rejects.toMatchObject({
    code: "worker_died",
    message: expect.stringContaining("cat"),
  });
});

test.each([
  ["exits", ""],
  ["is killed (kill -9)", "process.kill(process.pid, 'SIGKILL');"],
])("the worker dies with a parent that %s, and an idle one keeps no process alive", async (_, end) => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-parent-"));
  const program = join(dir, "program.mts");
  const repository = join(import.meta.dirname, "../..");
  const source = `
    import { pythonTrainer } from "${repository}/src/trainers/python/index.ts";
    import { sampleRequest } from "${repository}/src/testing/trainer-samples.ts";
    import { readFileSync } from "node:fs";
    await pythonTrainer().fit(sampleRequest());
    console.log(readFileSync(\`/proc/\${process.pid}/task/\${process.pid}/children\`, "utf8"));
    ${end}`;
  await writeFile(program, source);
  const child = spawn(process.execPath, ["--import", "tsx", program], {
    cwd: repository,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  await once(child, "close");
  const pids = text.trim().split(/\s+/).map(Number);
  expect(pids).toEqual([expect.any(Number)]);
  expect(pids[0]).toBeGreaterThan(1);
  await Promise.all(pids.map(gone));
});

test.each([
  ["while the worker starts", "setTimeout(() => controller.abort(), 30);"],
  ["before the worker has started", "controller.abort();"],
])("an abort %s keeps no process alive", async (_, abort) => {
  const dir = await mkdtemp(join(tmpdir(), "w2s-aborted-"));
  const program = join(dir, "program.mts");
  const repository = join(import.meta.dirname, "../..");
  const source = `
    import { pythonTrainer } from "${repository}/src/trainers/python/index.ts";
    import { sampleRequest } from "${repository}/src/testing/trainer-samples.ts";
    const controller = new AbortController();
    const fit = pythonTrainer().fit(sampleRequest(), { signal: controller.signal });
    ${abort}
    await fit.catch((error) => console.log(error.name));`;
  await writeFile(program, source);
  // A start that takes as long as its parent lives: only the abort can end the wait for it.
  const env = { ...process.env, ...(await startingWith("import sys; sys.stdin.buffer.read()")) };
  const child = spawn(process.execPath, ["--import", "tsx", program], {
    cwd: repository,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const [code] = await once(child, "exit");
  expect([code, text.trim()]).toEqual([0, "AbortError"]);
});

test("models of words and pixels never import torch or transformers", async () => {
  await trainer.fit(sampleRequest());
  const maps = await readFile(`/proc/${(await workers())[0]}/maps`, "utf8");
  expect(maps).toMatch(/numpy/);
  expect(maps).not.toMatch(/torch|tokenizers/);
});

describe("on hidden states", () => {
  /** A fresh process that keeps what it extracts in `home`. */
  function on(home: string): Trainer {
    process.env.W2S_HOME = home;
    const fresh = pythonTrainer({ python: python() });
    delete process.env.W2S_HOME;
    return fresh;
  }
  const newHome = () => mkdtemp(join(tmpdir(), "w2s-home-"));

  // One for all these tests, since starting torch takes seconds. Nothing that they ask for can come from a cache.
  let home: string;
  let one: Trainer;
  beforeAll(async () => {
    home = await newHome();
    one = on(home);
  });
  afterAll(() => one[Symbol.asyncDispose]());

  test("fresh processes with one fingerprint give the same bits", async () => {
    const model = linear(hiddenStates(minilm(), { layer: 2 }), { epochs: 5 });
    await using other = on(await newHome());
    const answers = [];
    for (const fresh of [one, other]) {
      const { predictions } = await fresh.fit({ ...sampleRequest(), model });
      answers.push([await fresh.fingerprint(model), predictions]);
    }
    expect(answers[1]).toEqual(answers[0]);
  }, 120_000);

  test("features that were extracted are read back from disk by the next process, without a token", async () => {
    const model = linear(hiddenStates(minilm(), { layer: 3 }), { epochs: 5 });
    await using next = on(home);
    expect((await one.fit({ ...sampleRequest(), model })).cost.tokens).toBeGreaterThan(1000);
    expect((await next.fit({ ...sampleRequest(), model })).cost.tokens).toBe(0);
  }, 120_000);

  test("progress streams while features are extracted and while it trains", async () => {
    const model = linear(hiddenStates(minilm(), { layer: 1, maxTokens: 77 }), { epochs: 5 });
    const events: TrainerEvent[] = [];
    await one.fit({ ...sampleRequest(), model }, { emit: (event) => events.push(event) });
    const last = (stage: string) => events.findLast((event) => event.type === "progress" && event.stage === stage);
    expect(last("features")).toMatchObject({ step: expect.any(Number), tokensPerSecond: expect.any(Number) });
    expect(last("train")).toMatchObject({ loss: expect.any(Number) });
  }, 120_000);

  test("a layer that the model has not is refused with those it has", async () => {
    const model = linear(hiddenStates(minilm(), { layer: 31 }));
    await expect(one.fit({ ...sampleRequest(), model })).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(/layer.*31.*0 to 6/s),
    });
  }, 120_000);
});

test("a package that is missing is named with the command that installs it", async () => {
  const model = linear(hiddenStates({ package: "no-such-package", module: "no_such_module" }, { layer: 1 }));
  await expect(trainer.fit({ ...sampleRequest(), model })).rejects.toMatchObject({
    code: "missing_dependency",
    message: expect.stringMatching(/no-such-package/),
  });
}, 120_000);

/** The interpreter that the project's environment has, for a trainer whose home is elsewhere. */
function python(): string {
  return process.env.W2S_PYTHON ?? join(import.meta.dirname, "../../.weak-to-strong/python/bin/python");
}

/** The environment of an interpreter that runs `code` before anything else. */
async function startingWith(code: string): Promise<{ PYTHONPATH: string }> {
  const folder = await mkdtemp(join(tmpdir(), "w2s-site-"));
  await writeFile(join(folder, "sitecustomize.py"), code);
  return { PYTHONPATH: folder };
}
