import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkSnapshotPath, type SnapshotFile, snapshot } from "../../src/data/snapshot.js";

const file = (path: string, text = "", executable = false): SnapshotFile => ({
  path,
  executable,
  content: Buffer.from(text),
});
const refused = expect.objectContaining({ code: "bad_input" });

test("the same files make the same snapshot, in whatever order", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-zé𝔸]{1,5}$/u), { maxLength: 8 }), (names) => {
      const files = names.map((name) => file(`d/${name}`, name));
      const [one, other] = [snapshot(files), snapshot(files.toReversed())];
      expect(other).toEqual(one);
      const paths = one.files.map(({ path }) => path);
      expect(paths).toEqual(paths.toSorted());
    }),
  );
});

test("its hash is fixed: it names code in forums and records", () => {
  expect(snapshot([]).hash).toBe("4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
  expect(snapshot([file("method.py", "x"), file("run.sh", "y", true)]).hash).toBe(
    snapshot([file("run.sh", "y", true), file("method.py", "x")]).hash,
  );
});

test("path, mode and content each change the hash", () => {
  const hashes = [
    [file("a", "x")],
    [file("b", "x")],
    [file("a", "y")],
    [file("a", "x", true)],
    [file("a", "x"), file("b", "x")],
    [file("a/b", "x")],
  ].map((files) => snapshot(files).hash);
  expect(new Set(hashes).size).toBe(hashes.length);
});

describe("paths", () => {
  test.each(["a", "a/b.py", "a b", "ünï/☂", ".hidden", "..a", "a..", "-rf", "x".repeat(1000)])(
    "%j is taken",
    (path) => {
      expect(() => checkSnapshotPath(path)).not.toThrow();
    },
  );

  test.each([
    "",
    "/a",
    "a/",
    "a//b",
    ".",
    "..",
    "../a",
    "a/../b",
    "a/.",
    "./a",
    "a\\b",
    "a\0b",
    "\ud800",
    "x".repeat(1001),
    7 as unknown as string,
  ])("%j is refused", (path) => {
    expect(() => checkSnapshotPath(path)).toThrow(refused);
    expect(() => snapshot([file("a"), { ...file("b"), path }])).toThrow(refused);
  });

  test("a path that appears twice, or is a file and a folder, is refused", () => {
    expect(() => snapshot([file("a"), file("a", "x")])).toThrow(refused);
    expect(() => snapshot([file("a/b"), file("a")])).toThrow(refused);
    expect(() => snapshot([file("a"), file("a.b"), file("a/b/c")])).toThrow(refused);
    expect(() => snapshot([file("a"), file("ab/c")])).not.toThrow();
  });
});

test("what is beyond the limits is refused, and the message says how much there is", () => {
  const three = [file("a", "xx"), file("b", "xx"), file("c", "xx")];
  expect(() => snapshot(three, { files: 3, bytes: 6 })).not.toThrow();
  expect(() => snapshot(three, { files: 2 })).toThrow(/3 files; at most 2/);
  expect(() => snapshot(three, { bytes: 5 })).toThrow(/6 bytes; at most 5/);
});
