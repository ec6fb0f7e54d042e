import { describe, expect, test } from "vitest";
import { formatTable } from "../../src/report/table.js";
import { all, brown, chance, demo, failing, hostile, subsets } from "./records.js";

/** East Asian characters take two columns of a terminal. */
const columns = (line: string) => [...line].reduce((sum, c) => sum + (/\p{Script=Han}/u.test(c) ? 2 : 1), 0);

describe.each(Object.entries(all))("%s", (_, make) => {
  const lines = formatTable(make()).split("\n");

  test("fits into 100 columns, without control characters or trailing blanks", () => {
    expect(Math.max(...lines.map(columns))).toBeLessThanOrEqual(100);
    expect(lines.filter((line) => /\p{Cc}|[\u202a-\u202e\u2066-\u2069]|\s$/u.test(line))).toEqual([]);
  });

  test("weak comes first, the ceiling last", () => {
    const [weak, ceiling] = ["weak ", "ceiling "].map((name) => lines.findIndex((line) => line.startsWith(name)));
    const rows = make().rows.length;
    expect(ceiling! - weak!).toBe(rows - 1);
  });
});

test("ordinary method names need no more than 80 columns", () => {
  for (const make of [demo, brown, chance, failing]) {
    expect(Math.max(...formatTable(make()).split("\n").map(columns))).toBeLessThanOrEqual(80);
  }
});

test("a row has accuracy, PGR, intervals, seeds and time in columns that line up", () => {
  const lines = formatTable(brown()).split("\n");
  const row = /^confidence {2,}0\.8\d\d \[0\.\d{3}, 0\.\d{3}\] {2,}0\.\d\d \[0\.\d\d, [01]\.\d\d\] {2,}5 {2,}11 s$/;
  expect(lines.filter((line) => row.test(line))).toHaveLength(1);
  const table = lines.filter((line) => / s$/.test(line) && line.includes("["));
  expect(new Set(table.map((line) => line.length)).size).toBe(1);
  expect(new Set(table.map((line) => line.indexOf("["))).size).toBe(1);
});

test("an undefined PGR has its reason below, said once", () => {
  const text = formatTable(chance());
  expect(text.match(/undefined \(1\)/g)).toHaveLength(2);
  expect(text.match(/^\(1\) PGR is undefined: the ceiling \(0\.52/gm)).toHaveLength(1);
  expect(text).not.toContain("(2)");
});

test("a failed method has its error below, warnings are shown", () => {
  const text = formatTable(failing());
  expect(text).toMatch(/^my-method +failed \(1\)/m);
  expect(text).toMatch(/^\(1\) my-method: failed with 1 of 5 seeds; with seed 3: the worker ran out of/m);
  expect(text).toContain("Warning: An entry of the cache was corrupted and computed again.");
});

test("what the intervals take as given and what it cost", () => {
  const text = formatTable(demo());
  expect(text).toContain("Brackets are 95% intervals. They take as given:\n- These two models with these settings");
  expect(text.replaceAll(/\s+/g, " ")).toContain(
    "Cost: 45 fits (5 from the cache), 2 min 20 s of device time, 214,345 tokens (paid by the first fit that needs them).",
  );
  expect(formatTable({ ...demo(), conditionalOn: [] })).toContain("Brackets are 95% intervals.\nCost:");
});

test("subsets have tables of their own", () => {
  const text = formatTable(subsets());
  expect(text).toContain("On in-distribution, 720 test examples\n");
  expect(text).toContain("On out-of-distribution, 24 test examples\n");
});

test("a subset with the name of an object's method harms nobody", () => {
  const record = subsets();
  const rows = record.rows.map((row) =>
    row.method === "naive" ? row : { ...row, subsets: { constructor: row.subsets["in-distribution"]! } },
  );
  expect(formatTable({ ...record, rows })).toContain("On constructor, 720 test examples\n");
});

test("hostile names stay on their line and leave the terminal alone", () => {
  expect(formatTable(hostile())).toMatch(/^two lines and a tab +0\.8/m);
});
