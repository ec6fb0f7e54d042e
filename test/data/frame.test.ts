import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame, encodeFrame, FrameReader } from "../../src/data/frame.js";

const array = fc.oneof(
  fc.float32Array({ noNaN: true, maxLength: 20 }),
  fc.int32Array({ maxLength: 20 }),
  fc
    .record({ rows: fc.nat(4), columns: fc.nat(4) })
    .chain(({ rows, columns }) =>
      fc
        .float32Array({ noNaN: true, minLength: rows * columns, maxLength: rows * columns })
        .map((data) => ({ rows, columns, data })),
    ),
);
const message = fc.record({
  id: fc.nat(),
  text: fc.string({ unit: "binary" }),
  arrays: fc.array(array, { maxLength: 4 }),
});

test("what is written is read back, however the stream is cut", () => {
  fc.assert(
    fc.property(
      fc.array(message, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 50 }),
      (messages, chunk) => {
        const bytes = Buffer.concat(messages.flatMap((one) => encodeFrame(one)));
        const reader = new FrameReader();
        const frames = [];
        for (let at = 0; at < bytes.length; at += chunk) frames.push(...reader.push(bytes.subarray(at, at + chunk)));
        expect(frames).toHaveLength(messages.length);
        for (const [i, frame] of frames.entries()) {
          const { id, text, arrays } = messages[i]!;
          expect(frame.header).toMatchObject({ id, text, arrays: arrays.map((_, $blob) => ({ $blob })) });
          expect(frame.blobs).toEqual(arrays);
        }
      },
    ),
  );
});

const whole = (): Buffer => Buffer.concat(encodeFrame({ id: 1, values: Float32Array.of(1, 2) }));

test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
  ["other magic", (b) => Buffer.concat([Buffer.from("HTTP"), b.subarray(4)]), /begin with W2S1, found "HTTP"/],
  ["cut short", (b) => b.subarray(0, -3), /announces \d+ bytes, found \d+/],
  ["a header that is no JSON", (b) => Buffer.from(b.map((byte, i) => (i === 16 ? 120 : byte))), /not JSON/],
  ["too large a header", (b) => Buffer.from(b.map((byte, i) => (i === 7 ? 255 : byte))), /at most/],
])("a frame with %s is refused", (_, damage, words) => {
  expect(() => decodeFrame(damage(whole()))).toThrow(words);
});
