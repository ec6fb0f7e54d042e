import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createTestbed, experiment, hashedWords, linear, naive, snapshot } from "weak-to-strong";
import { program } from "../../src/clean-rooms/program.js";
import { bubblewrap } from "../../src/sandboxes/bubblewrap/index.js";
import { texts } from "../fixtures/texts.js";
import { wordTrainer } from "../server/world.js";

/* Programs as methods of an experiment. */

const testbed = await createTestbed({
  name: "words",
  train_label: texts(80, "a"),
  train_unlabel: texts(120, "b"),
  test: texts(200, "c"),
});
const model = linear(hashedWords());
const base = { testbed, teacher: model, teacherExamples: 40, student: model, seeds: [3] } as const;

const likeNaive = `
from parts import fit_all
def fit(context):
    fit_all(context)
def predict(context, inputs):
    return context.predict((context.folder / "checkpoint").read_text(), inputs)
`;
const parts = `
def fit_all(context):
    (context.folder / "checkpoint").write_text(context.fit(context.weak).checkpoint)
`;
const file = (path: string, content: string) => ({ path, executable: false, content: Buffer.from(content) });

test("a snapshot in a sandbox gives what the same method in TypeScript gives, on any trainer", async () => {
  await using sandbox = bubblewrap();
  const code = snapshot([file("method.py", likeNaive), file("parts.py", parts)]);
  const methods = [naive(), program({ file: "method.py", snapshot: code, sandbox })];
  await using run = experiment({ ...base, trainer: wordTrainer(), methods });
  const { rows } = (await run.result()).record;
  const [same, other] = ["naive", rows[2]!.method].map((name) => rows.find(({ method }) => method === name)!);
  expect(other!.method).toMatch(/^method\(#[0-9a-f]{4}\)$/);
  expect(other!.error).toBeUndefined();
  expect(other!.accuracy).toEqual(same!.accuracy);
});

test("a program cannot reach the ceiling's checkpoint, and one that fails fails alone", async () => {
  const folder = mkdtempSync(join(tmpdir(), "w2s-program-"));
  try {
    writeFileSync(
      join(folder, "thief.py"),
      'def fit(context):\n    context.predict("words-1", context.inputs)\ndef predict(context, inputs): pass\n',
    );
    writeFileSync(join(folder, "parts.py"), parts + likeNaive.replace(/.*import.*\n/, ""));
    const methods = [
      program({ file: join(folder, "thief.py"), seconds: 60 }),
      program({ file: join(folder, "none.py") }),
      program({ file: join(folder, "parts.py"), name: "mine" }),
    ];
    await using run = experiment({ ...base, trainer: wordTrainer(), methods });
    const { rows } = (await run.result()).record;
    expect(rows.map(({ method, error }) => [method, error?.replace(folder, "")])).toEqual([
      ["weak", undefined],
      [
        "thief",
        expect.stringMatching(/thief\.py: fit failed [\s\S]*checkpoint: expected one that a fit of yours returned/),
      ],
      ["none", expect.stringContaining("program: there is no /none.py.")],
      ["mine", undefined],
      ["ceiling", undefined],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("a program needs the context that an experiment made, and a file of Python", async () => {
  const method = program({ file: "method.py" });
  await expect(method({ emit: () => undefined } as never)).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("expected the context that an experiment gives"),
  });
  expect(() => program({ file: "method.ts" })).toThrow('program: file: expected a .py file, found "method.ts".');
});
