import { describe, expect, test } from "vitest";
import { formatTable } from "../../src/report/table.js";
import { all, brown, chance, demo, failing, hostile, subsets, tiny } from "./records.js";

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

test("a row has accuracy, PGR, intervals, ties and time in columns that line up", () => {
  const lines = formatTable(brown()).split("\n");
  const row = /^confidence {2,}0\.8\d\d \[0\.\d{3}, 0\.\d{3}\] {2,}0\.\d\d \[0\.\d\d, [01]\.\d\d\] {2,}a {2,}11 s$/;
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

test("seeds have a column where a method has fewer than the others", () => {
  expect(formatTable(failing())).toMatch(/^my-method +failed \(1\) +4 /m);
  expect(formatTable(demo())).not.toMatch(/seeds +time/);
});

describe("which methods differ", () => {
  const lettersOf = (text: string, method: string) =>
    new RegExp(`^${method} .*\\] +([a-z]+) +\\S+ s$`, "m").exec(text)?.[1];

  test("three or more have letters: shared where a pair is not distinguishable, and only there", () => {
    const record = brown();
    const text = formatTable(record);
    expect(text).toContain("Ties: methods that share a letter are not distinguishable by PGR (all 15 pairs,");
    const escaped = (name: string) => name.replaceAll(/[()]/g, "\\$&");
    let shared = 0;
    for (const { a, b, distinguishable } of record.comparisons) {
      const [one, other] = [a, b].map((name) => lettersOf(text, escaped(name))!);
      const common = [...one!].some((letter) => other!.includes(letter));
      expect(common, `${a} and ${b}`).toBe(!distinguishable);
      if (common) shared++;
    }
    expect(shared).toBeGreaterThan(0);
    expect(shared).toBeLessThan(15);
    expect(lettersOf(text, "weak")).toBeUndefined();
  });

  test("two have a sentence, the higher first; one has nothing", () => {
    expect(formatTable(demo())).toMatch(
      /^confidence minus naive: 0\.17 \[0\.08, 0\.26\] of PGR, p < 0\.001, distinguishable\.$/m,
    );
    expect(formatTable(tiny())).not.toMatch(/ties|distinguishable|Smallest/);
    expect(formatTable(chance())).not.toMatch(/distinguishable/);
  });

  test("a list where the letters find no room", () => {
    const record = brown();
    const long = (name: string) => `${name}-${"long".repeat(10)}`;
    const renamed = {
      ...record,
      rows: record.rows.map((row) =>
        ["weak", "ceiling"].includes(row.method)
          ? row
          : {
              ...row,
              method: long(row.method),
              scoreInterval: [-1000000, 1000000] as const,
              seeds: row.method === "naive" ? 4 : 5,
            },
      ),
      comparisons: record.comparisons.map((pair) => ({ ...pair, a: long(pair.a), b: long(pair.b) })),
    };
    const text = formatTable({ ...renamed, metric: "a rubric with a name that is wide" });
    expect(text).not.toContain("Ties:");
    expect(text).toContain("Not distinguishable by PGR (all 15 pairs,");
    expect(text).toMatch(/^- confidence-lon…glonglonglong: confident-labe/m);
  });

  test("what could be found, as planned and as measured", () => {
    expect(formatTable(demo()).replaceAll(/\s+/g, " ")).toMatch(
      /Smallest difference of PGR found with probability 80%: 0\.1\d as planned \(for a gap of 0\.15\); by the gap and variances measured, 0\.1\d\./,
    );
  });
});

test("another metric heads its column, with accuracy beside it where there is room", () => {
  const text = formatTable({ ...demo(), metric: "brier" });
  expect(text).toMatch(/^ +brier {2,}PGR/m);
  const short = formatTable({ ...tiny(), metric: "brier" });
  expect(short).toMatch(/^method +\[interval\] +\[interval\] +accuracy +AUROC +time$/m);
  expect(short).not.toContain("balanced");
  expect(formatTable(tiny())).toMatch(
    /^ +accuracy +PGR +balanced +device\nmethod +\[interval\] +\[interval\] +AUROC +accuracy +time$/m,
  );
  expect(formatTable(brown())).not.toContain("AUROC");
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
