import fc from "fast-check";
import { expect, test } from "vitest";
import { npy, npyBytes, parseNpy } from "../../src/data/npy.js";

const shapes = fc.tuple(fc.nat(20), fc.nat(5));

test("what is written is read again, to the bit", () => {
  fc.assert(
    fc.property(shapes, fc.infiniteStream(fc.float()), ([rows, columns], values) => {
      const data = Float32Array.from({ length: rows * columns }, () => values.next().value as number);
      const bytes = npy({ rows, columns, data });
      expect(bytes.length).toBeLessThanOrEqual(npyBytes(rows, columns));
      expect(parseNpy(bytes)).toEqual({ rows, columns, data });
    }),
  );
});

test("bytes that lie anywhere in a larger buffer are read", () => {
  const bytes = npy({ rows: 1, columns: 2, data: Float32Array.of(1, 2) });
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  expect(parseNpy(larger.subarray(3)).data).toEqual(Float32Array.of(1, 2));
});

test("any other file is refused in the library's own words", () => {
  const good = Buffer.from(npy({ rows: 2, columns: 2, data: Float32Array.of(1, 0, 0, 1) }));
  const header = (from: string, to: string): Buffer => {
    const text = good
      .toString("latin1")
      .replace(from, to.padEnd(from.length).slice(0, Math.max(from.length, to.length)));
    return Buffer.from(text, "latin1");
  };
  const others = [
    Buffer.from(""),
    Buffer.alloc(200),
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.alloc(1)]),
    header("'<f4'", "'|O'"),
    header("'<f4'", "'<f8'"),
    header("'<f4'", "'>f4'"),
    header("False", "True "),
    header("(2, 2)", "(4,)"),
    header("(2, 2)", "(-2, -2)"),
    header("(2, 2)", "(2e3, 2)"),
    header("\x01\x00", "\x02\x00"),
  ];
  for (const bytes of others) {
    expect(() => parseNpy(bytes)).toThrow(expect.objectContaining({ code: "bad_input" }));
  }
});

test("bytes at random are refused, and nothing else is thrown", () => {
  const start = npy({ rows: 1, columns: 1, data: Float32Array.of(1) }).subarray(0, 8);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (rest) => {
      expect(() => parseNpy(Buffer.concat([start, rest]))).toThrow(expect.objectContaining({ code: "bad_input" }));
    }),
  );
});
