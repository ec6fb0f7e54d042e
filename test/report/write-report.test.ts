import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeReport } from "../../src/report/index.js";
import { demo } from "./records.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "w2s-report-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test.each([
  ["report.html", /^<!DOCTYPE html>/],
  ["PICTURE.SVG", /^<svg xmlns=/],
  ["runs.csv", /^method,seed,/],
  ["results.json", /^\{\n {2}"format": "weak-to-strong\/results"/],
])("writes %s, and nothing else", async (name, start) => {
  await writeReport(demo(), join(folder, "deep", "er", name));
  expect(await readdir(join(folder, "deep", "er"))).toEqual([name]);
  expect(await readFile(join(folder, "deep", "er", name), "utf8")).toMatch(start);
});

test("JSON gives the record back", async () => {
  const record = demo();
  await writeReport(record, join(folder, "results.json"));
  expect(JSON.parse(await readFile(join(folder, "results.json"), "utf8"))).toEqual(record);
});

test("replaces a file that is there", async () => {
  const path = join(folder, "runs.csv");
  await writeFile(path, "old");
  await writeReport(demo(), path);
  expect(await readFile(path, "utf8")).toMatch(/^method,/);
});

test.each(["report.pdf", "report", ".html"])("says what is possible instead of %s", async (name) => {
  await expect(writeReport(demo(), join(folder, name))).rejects.toMatchObject({
    name: "WeakToStrongError",
    code: "bad_input",
    message: expect.stringContaining(".html, .svg, .csv, .json"),
  });
  expect(await readdir(folder)).toEqual([]);
});

test("says where it could not write, keeps what is there and leaves nothing behind", async () => {
  await writeFile(join(folder, "file"), "mine");
  const through = writeReport(demo(), join(folder, "file", "runs.csv"));
  await expect(through).rejects.toMatchObject({ code: "storage", cause: expect.any(Error) });
  await writeReport(demo(), join(folder, "taken.csv", "inside.csv"));
  await expect(writeReport(demo(), join(folder, "taken.csv"))).rejects.toMatchObject({ code: "storage" });
  expect((await readdir(folder)).sort()).toEqual(["file", "taken.csv"]);
  expect(await readFile(join(folder, "file"), "utf8")).toBe("mine");
});
