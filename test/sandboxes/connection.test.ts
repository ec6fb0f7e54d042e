import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import * as z from "zod";
import { HelperConnection, type HelperProcess } from "../../src/sandboxes/connection.js";
import { spawnInside } from "../../src/sandboxes/spawned.js";

/** A helper that says what a test lets it say. */
class FakeHelper implements HelperProcess {
  readonly stdin = new PassThrough();
  readonly stdout = new PassThrough();
  readonly #gone = Promise.withResolvers<string>();
  readonly gone = this.#gone.promise;
  ended = false;

  hold(): void {}

  async end(): Promise<void> {
    this.ended = true;
    this.#gone.resolve("was ended");
  }

  say(header: object, payload = 0): void {
    const text = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(8);
    prefix.writeUInt32LE(text.length, 0);
    prefix.writeUInt32LE(payload, 4);
    this.stdout.write(Buffer.concat([prefix, text, Buffer.alloc(payload)]));
  }
}

test("bytes for a question that nobody asked close the connection before they are taken", async () => {
  const helper = new FakeHelper();
  const connection = new HelperConnection(helper, "fake");
  const asked = connection.ask("ping", z.object({}));
  helper.say({ id: 77, ok: {} }, 1);
  await expect(asked).rejects.toMatchObject({ code: "protocol" });
  expect(helper.ended).toBe(true);
});

test("an answer to nothing closes the connection", async () => {
  const helper = new FakeHelper();
  const connection = new HelperConnection(helper, "fake");
  const asked = connection.ask("ping", z.object({}));
  helper.say({ id: 77, ok: {} });
  await expect(asked).rejects.toMatchObject({ code: "protocol" });
});

test("output of a program that nobody started closes the connection", async () => {
  const helper = new FakeHelper();
  const connection = new HelperConnection(helper, "fake");
  const asked = connection.ask("ping", z.object({}));
  helper.say({ stream: 77, of: "stdout" }, 1);
  await expect(asked).rejects.toMatchObject({ code: "protocol" });
});

test("output beyond the room that was given closes the connection", async () => {
  const helper = new FakeHelper();
  const connection = new HelperConnection(helper, "fake");
  const starting = spawnInside(connection, {});
  helper.say({ id: 1, ok: { pid: 1 } });
  const { exit, stdout } = await starting;
  for (let piece = 0; piece < 100; piece++) helper.say({ stream: 1, of: "stdout" }, 1 << 16);
  await expect(exit).rejects.toMatchObject({ code: "protocol" });
  expect(helper.ended).toBe(true);
  await expect(new Response(stdout).bytes()).rejects.toMatchObject({ code: "protocol" });
});
