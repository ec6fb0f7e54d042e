import { expect, test } from "vitest";
import { canary, canaryFile, canaryMark, canaryMarkIn, canaryPath } from "../../src/data/canaries.js";
import { bench, codeOf, half } from "./bench.js";

/* What is seen from outside of a method that runs what it should judge. */

const [first, second, third] = [canaryMark(), canaryMark(), canaryMark()];
const choice = (mark: string): string => (canary(mark, "verification") as { choice: string }).choice;

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

test("a canary asks the question of its testbed's kind, and its mark is found in what it asks", () => {
  expect(Object.keys(canary(first, "classification"))).toEqual(["text"]);
  expect(Object.keys(canary(first, "verification"))).toEqual(["question", "choice"]);
  expect(Object.keys(canary(first, "preference"))).toEqual(["prompt", "first", "second"]);
  expect(canaryMarkIn(canaryPath(first))).toBe(first);
  expect(canaryMarkIn("/tools")).toBeUndefined();
  expect(canary(first, "classification")).not.toEqual(canary(second, "classification"));
});
