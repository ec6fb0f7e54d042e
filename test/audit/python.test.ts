import fc from "fast-check";
import { expect, test } from "vitest";
import { tokensOf } from "../../src/audit/python/lexer.js";
import { referencesOf } from "../../src/audit/python/references.js";

const words = (source: string) => tokensOf(source).map(({ kind, text, line }) => `${line} ${kind} ${text}`.trim());
const paths = (source: string) => referencesOf(tokensOf(source)).map(({ path }) => path);

test("tokens have their kinds and lines", () => {
  expect(words('x = 0x_ff + 1.5e-3j  # why\n"""doc\nstring"""\nr"\\d" b\'\\x00\'\n')).toEqual([
    "1 name x",
    "1 operator =",
    "1 number 0x_ff",
    "1 operator +",
    "1 number 1.5e-3j",
    "1 comment  why",
    "1 newline",
    "2 string doc\nstring",
    "3 newline",
    "4 string \\d",
    "4 string \\x00",
    "4 newline",
  ]);
});

test("a logical line goes on inside brackets and after a backslash", () => {
  const lines = words("f(1,\n  2)\na = \\\n  b\n").filter((word) => word.endsWith("newline"));
  expect(lines).toEqual(["2 newline", "4 newline"]);
});

test("what an f-string computes is code, whatever quotes it uses; doubled braces are text", () => {
  expect(paths('f"{d["k"]:>{width}} {{no}} {f\'{deep}\'}"')).toEqual(["d", "width", "deep"]);
});

test("names are known by where they come from", () => {
  expect(paths("import numpy as np, os.path\nnp.load(os.path.join(a, 'b'))")).toEqual([
    "numpy",
    "os.path",
    "numpy.load",
    "os.path.join",
    "a",
  ]);
  expect(paths("from os import (\n  system as s,\n  popen,\n)\ns('x'); popen")).toEqual([
    "os.system",
    "os.popen",
    "os.system",
    "os.popen",
  ]);
  expect(paths("def late():\n    import subprocess as sp\n    sp.run()")).toEqual([
    "def",
    "subprocess",
    "subprocess.run",
  ]);
});

test("what is given a meaning is not used", () => {
  expect(paths("eval = 1\nf(eval=2)\nx.eval()\nclass exec: pass")).not.toContain("eval");
  expect(paths("eval == 1")).toContain("eval");
  expect(paths("run = exec")).toContain("exec");
});

test("law: text comes back from a string literal that Python would write, and any text gives tokens", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.constantFrom("'", '"', "'''", '"""'), (text, quote) => {
      const safe = text.replaceAll(/[\\'"\r\n{}]/g, "_");
      expect(tokensOf(`${quote}${safe}${quote}`)[0]).toEqual({ kind: "string", text: safe, line: 1 });
      tokensOf(text);
    }),
  );
});
