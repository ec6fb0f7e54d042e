import { expect, test } from "vitest";
import { pythonStage } from "../../src/clean-rooms/stage.js";
import { canary, canaryFile, canaryMarkIn, canaryPath } from "../../src/data/canaries.js";
import { packagePath } from "../../src/package-root.js";
import { bench, codeOf, half, method, python } from "./bench.js";

/* What is seen of a method that runs what it should judge, or opens what it is not given. */

const [first, second, third] = ["0123456789ab", "ba9876543210", "5a5a5a5a5a5a"] as const;
const choice = (mark: string): string => canary(mark).choice;

test("canaries that are run leave their marks, also where the method removes the file, and others do not", async () => {
  await using here = await bench({ canaries: [first, second, third] });
  const run = await here.run(
    codeOf(`
import os, subprocess, sys
CODE = {name: code for name, code in zip("abc", ${JSON.stringify([choice(first), choice(second), choice(third)])})}
def fit(context):
    exec(CODE["a"], {})
    os.remove("${canaryFile(first)}")
def predict(context, inputs):
    subprocess.run([sys.executable, "-c", CODE["b"]], env={"W2S_DOOR": "/nowhere"}, check=True)
    len(CODE["c"])
    ${half}
`),
  );
  expect(run).toMatchObject({ status: "ok", fitLog: "" });
  expect(run.traces.canaries).toEqual([first, second]);
  expect(run.traces.refused).toEqual([expect.stringMatching(new RegExp(`^GET ${canaryPath(first)}: token:`))]);
});

test("programs that a method starts are counted by the file that runs, whatever they call themselves", async () => {
  await using here = await bench();
  const run = await here.run(
    codeOf(`
import os, subprocess
def fit(context):
    subprocess.run(["/bin/sleep", "0.2"])
    subprocess.run(["innocent", "0.3"], executable="/bin/sleep")
    subprocess.run("sleep 0.3; true", shell=True)
def predict(context, inputs):
    subprocess.run(["/bin/sleep", "0.3"])
    ${half}
`),
  );
  expect(run.status).toBe("ok");
  const { sleep, ...others } = run.traces.processes;
  expect(sleep).toBe(4);
  expect(Object.keys(others)).toEqual([expect.stringMatching(/^(da|ba)?sh$/)]);
});

/** Reads a file of an installed package by a path that stands nowhere in the code. */
const readsPackage = `
import os
def read():
    folder = os.path.join(os.path.dirname(__import__("num" + "py").__file__), "_core", "te" + "sts", "da" + "ta")
    return open(os.path.join(folder, "umath-validation-set-arc" + "cos.csv"), "rb").read()
`;

test("a file inside a package, read by a path put together at run time, is noted, also where the method fails", async () => {
  await using here = await bench();
  const [read, failed] = await Promise.all([
    here.run(codeOf(`${readsPackage}\ndef fit(context):\n    read()\ndef predict(context, inputs):\n    ${half}\n`)),
    here.run(
      codeOf(`${readsPackage}\ndef fit(context):\n    pass\ndef predict(context, inputs):\n    read(); os._exit(3)\n`),
    ),
  ]);
  expect(read.status).toBe("ok");
  expect(failed).toMatchObject({ status: "failed", phase: "predict", fitLog: "" });
  for (const { traces } of [read, failed]) {
    expect(traces.opened).toEqual([
      expect.stringMatching(/^reads \/.+\/site-packages\/numpy\/_core\/tests\/data\/umath-validation-set-arccos\.csv$/),
    ]);
  }
});

test("links, folders, databases and addresses are noted as what they lead to, and the door is not", async () => {
  await using here = await bench();
  const run = await here.run(
    codeOf(`
import os, socket, sqlite3, subprocess, urllib.request
def attempt(call):
    try:
        call()
    except Exception as error:
        print(type(error).__name__)
def fit(context):
    os.symlink("/usr/share", "/work/mine")
    attempt(lambda: os.listdir("/work/mine"))
    attempt(lambda: open("/proc/self/root/usr/share/nothing/words"))
    attempt(lambda: sqlite3.connect("file:/usr/lib/kept.db?mode=ro", uri=True))
    attempt(lambda: socket.create_connection(("93.184.216.34", 80), 1))
    attempt(lambda: urllib.request.urlopen("http://data.example/labels"))
    attempt(lambda: socket.socket(socket.AF_UNIX).connect("/run/other.sock"))
    context.fit(context.weak)
def predict(context, inputs):
    ${half}
`),
  );
  expect(run.status).toBe("ok");
  expect(run.traces.opened).toEqual([
    "lists /usr/share",
    "reads /usr/share/nothing/words",
    "reads /usr/lib/kept.db",
    "looks up 93.184.216.34",
    "connects to 93.184.216.34:80",
    "asks for http://data.example/labels",
    "looks up data.example",
    "connects to /run/other.sock",
  ]);
});

test("what an operator mounts is noted, code and what lies below the temporary folder among it", async () => {
  const stage = await pythonStage(python, true);
  const mounts = ["/tmp/theirs", "/data"].map((target) => ({ source: packagePath("python"), target }));
  await using here = await bench({ stage: { ...stage, mounts: [...stage.mounts, ...mounts] } });
  const run = await here.run(
    codeOf(`
import os
def fit(context):
    open("/tmp/mine", "w").close(); open("/tmp/mine").close(); open("/etc/passwd").close()
    os.listdir("/tmp/theirs"); open("/data/w2s_trainer/__init__.py").close()
    os.open("theirs/w2s_trainer/linear.py", os.O_RDONLY, dir_fd=os.open("/tmp", os.O_RDONLY))
def predict(context, inputs):
    ${half}
`),
  );
  expect(run).toMatchObject({ status: "ok" });
  expect(run.traces.opened).toEqual([
    "lists /tmp/theirs",
    "reads /data/w2s_trainer/__init__.py",
    "reads /tmp/theirs/w2s_trainer/linear.py",
  ]);
});

test("what honest code opens is not noted: its own files, numpy, forks, threads, temporary files, versions, clocks", async () => {
  await using here = await bench();
  const run = await here.run(
    codeOf(`
import concurrent.futures, importlib.metadata, json, linecache, mimetypes, multiprocessing, os, pathlib, platform
import random, sqlite3, subprocess, sys, tempfile, traceback, zoneinfo
import numpy as np, numpy.testing
helper = pathlib.Path(__file__).parent / "words.txt"
def square(x):
    return x * x
def fit(context):
    importlib.metadata.version("numpy"); list(importlib.metadata.entry_points()); platform.platform()
    mimetypes.guess_type("a.csv"); sqlite3.connect(":memory:").close()
    os.urandom(3); open("/dev/null").read(); open("/proc/self/status").read(); open("/proc/meminfo").read()
    try:
        zoneinfo.ZoneInfo("Europe/Paris")
    except zoneinfo.ZoneInfoNotFoundError:
        pass
    try:
        1 / 0
    except ZeroDivisionError:
        traceback.format_exc()
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/a.npy", np.eye(3)); np.load(f"{folder}/a.npy", mmap_mode="r"); os.listdir(folder)
    with concurrent.futures.ThreadPoolExecutor(2) as pool, multiprocessing.get_context("fork").Pool(2) as forks:
        list(pool.map(square, range(4))); forks.map(square, range(4))
    subprocess.run([sys.executable, "-c", "pass"])
    np.save(context.folder / "w.npy", context.weak); os.chdir(context.folder); os.listdir(); open("w.npy", "rb").read()
def predict(context, inputs):
    np.load(context.folder / "w.npy"); list(context.folder.glob("**/*")); helper.exists(); open(__file__).read()
    ${half}
`),
  );
  expect(run).toMatchObject({ status: "ok", traces: { refused: [], opened: [] } });
});

test("the list is bounded, whatever is opened, and a list that a method spoils says so and breaks nothing", async () => {
  await using here = await bench();
  const spoiling = (how: string) => here.run(method(how, half));
  const list = "'/work/opened.jsonl'";
  const [full, ...spoilt] = await Promise.all([
    here.run(
      codeOf(`
def fit(context):
    for n in range(10_000):
        try:
            open(f"/usr/share/{n}/\\n" + chr(0xDC80) + "é𝒳" * 60)
        except OSError:
            pass
def predict(context, inputs):
    ${half}
`),
    ),
    spoiling(`os.remove(${list})`),
    spoiling(`os.remove(${list}); os.mkfifo(${list}); os.listdir('/usr')`),
    spoiling(`open(${list}, 'w').write('{}')`),
    spoiling(`open(${list}, 'w').write('x' * (2 << 20))`),
    spoiling(`open(${list}, 'w').write('"reads /usr/\\\\u001b[2J"')`),
    spoiling(`open(${list}, 'w').write('"reads /usr/\u202e"')`),
  ]);
  expect(full.status).toBe("ok");
  expect(full.traces.opened).toHaveLength(50);
  expect(full.traces.opened[3]).toMatch(/^reads \/usr\/share\/3\/\\n\\udc80é𝒳/);
  expect(Math.max(...full.traces.opened.map((note) => [...note].length))).toBeLessThanOrEqual(200);
  for (const { status, traces } of spoilt) {
    expect([status, traces.opened]).toEqual(["ok", [expect.stringMatching(/^The list of what it opened was changed/)]]);
  }
});

test("the mark of a canary is found in what it asks", () => {
  expect(canaryMarkIn(canaryPath(first))).toBe(first);
  expect(canaryMarkIn("/tools")).toBeUndefined();
  expect(canary(first)).not.toEqual(canary(second));
});
