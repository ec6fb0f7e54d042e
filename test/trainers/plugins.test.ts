import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { dataset, hashedWords, linear, oneHot } from "weak-to-strong";
import { pythonTrainer } from "weak-to-strong/trainers/python";

const halved = `
from w2s_trainer.losses import cross_entropy, loss

@loss("halved")
def halved(f, w, context, *, share: float = 0.5):
    each, gradient = cross_entropy(f, w, context)
    return each * share, gradient * share
`;

async function written(source: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), "w2s-plugin-")), "my_losses.py");
  await writeFile(path, source);
  return path;
}

const rows = dataset([{ text: "good" }, { text: "bad" }]);
const request = (loss: { name: string; share?: number }) => ({
  task: "classify" as const,
  model: linear(hashedWords(), { epochs: 3 }),
  classes: 2,
  train: { dataset: rows, targets: oneHot([1, 0], 2) },
  loss,
  seed: 0,
  predict: {},
});

test("a plugin's loss is listed and trains, with its parameters", async () => {
  await using trainer = pythonTrainer({ plugins: [await written(halved)] });
  expect((await trainer.capabilities()).losses).toContain("halved");
  const [half, whole] = [
    await trainer.fit(request({ name: "halved" })),
    await trainer.fit(request({ name: "halved", share: 1 })),
  ];
  expect(half.history[0]!.loss).toBeCloseTo(whole.history[0]!.loss / 2, 6);
  await expect(trainer.fit(request({ name: "halved", share: "x" as never }))).rejects.toMatchObject({
    code: "bad_input",
    message: expect.stringContaining("loss.share: expected a number, found 'x'"),
  });
});

test("a relative path is relative to the current folder", async () => {
  const path = await written(halved);
  await using trainer = pythonTrainer({ plugins: [relative(process.cwd(), path)] });
  expect((await trainer.capabilities()).losses).toContain("halved");
});

test("without it the loss is unknown", async () => {
  await using trainer = pythonTrainer();
  await expect(trainer.fit(request({ name: "halved" }))).rejects.toMatchObject({ code: "unsupported" });
});

test("a plugin that cannot be used fails every call with its line", async () => {
  const path = await written(halved.replace("halved", "confidence"));
  await using trainer = pythonTrainer({ plugins: [path] });
  for (let i = 0; i < 2; i++) {
    await expect(trainer.capabilities()).rejects.toMatchObject({
      code: "bad_input",
      message: expect.stringMatching(/my_losses\.py:4: .*"confidence".*taken by a built-in loss/),
    });
  }
});

test("plugins that are no paths are refused", () => {
  expect(() => pythonTrainer({ plugins: "my_losses.py" as never })).toThrow(
    /pythonTrainer\({ plugins }\): expected a list/,
  );
});
