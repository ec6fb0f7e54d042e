import { readFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dataset, type FitRequest, minilm, type TrainerEvent, WeakToStrongError } from "weak-to-strong";
import { trainerSuite } from "weak-to-strong/testing";
import { httpTrainer } from "weak-to-strong/trainers/http";
import { pythonTrainer } from "weak-to-strong/trainers/python";
import { startTrainerServer, type TrainerServer } from "../../examples/lib/trainer-server.js";
import { projectHome } from "../../src/home.js";
import { sampleRequest, sampleTask } from "../../src/testing/trainer-samples.js";
import { tinyModel } from "../fixtures/tiny-model.js";

let server: TrainerServer;
beforeAll(async () => {
  server = await startTrainerServer({ home: projectHome() }); // extracted features are found there
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const models = { pretrained: minilm(), causal: tinyModel() };
describe("httpTrainer", () => {
  for (const { name, run } of trainerSuite(() => httpTrainer(server), models)) {
    test(name, run, 120_000);
  }
});

/** A request that no other test makes: `seed` names it. 2,000 epochs take about a second. */
function request(seed: number, epochs: number): FitRequest {
  const { model } = sampleTask;
  return { ...sampleRequest(), seed, model: { ...model, optimizer: { ...model.optimizer, epochs } } };
}
const endless = (seed: number): FitRequest => {
  const asked = request(seed, 100_000);
  return {
    ...asked,
    model: { ...sampleTask.model, optimizer: { ...sampleTask.model.optimizer, epochs: 100_000, batchSize: 1 } },
  };
};

/** Resolves when `found` does not give undefined. */
async function until<T>(found: () => T | undefined): Promise<T> {
  for (;;) {
    const value = found();
    if (value !== undefined) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** What the server has logged since, about fits that began since: the end of one before may be written late. */
function fitsSince(from: TrainerServer): () => { starts: number; ends: string[] } {
  const before = from.log().length;
  return () => {
    const log = from.log().slice(before);
    const starts = [...log.matchAll(/ fit (\w+): starts on/g)].map(([, fit]) => fit);
    const ends = [...log.matchAll(/ fit (\w+): (\w+) after/g)].filter(([, fit]) => starts.includes(fit));
    return { starts: starts.length, ends: ends.map(([, , how]) => how!) };
  };
}

/** Starts a fit and resolves when it is training. */
async function training(trainer: ReturnType<typeof httpTrainer>, asked: FitRequest) {
  const controller = new AbortController();
  const started = Promise.withResolvers<void>();
  const fit = trainer.fit(asked, {
    signal: controller.signal,
    emit: (event) => event.type === "progress" && event.stage === "train" && started.resolve(),
  });
  fit.catch(() => undefined);
  await Promise.race([started.promise, fit]);
  return { fit, controller };
}

async function fails(promise: Promise<unknown>): Promise<WeakToStrongError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(WeakToStrongError.isInstance(error), `found ${error}`).toBe(true);
  return error as WeakToStrongError;
}

test("progress comes while it fits, and an abort stops the fit on the server within a second", async () => {
  await using trainer = httpTrainer(server);
  const fits = fitsSince(server);
  const controller = new AbortController();
  const steps: number[] = [];
  const enough = Promise.withResolvers<void>();
  const emit = (event: TrainerEvent): void => {
    if (event.type === "progress" && event.stage === "train") steps.push(event.step);
    if (steps.length >= 3) enough.resolve();
  };
  const fit = trainer.fit(endless(10), { signal: controller.signal, emit });
  await Promise.race([enough.promise, fit]);
  expect(steps.toSorted((a, b) => a - b)).toEqual(steps);
  expect(fits()).toEqual({ starts: 1, ends: [] });
  controller.abort(new Error("enough"));
  const aborted = performance.now();
  await expect(fit).rejects.toThrow("enough");
  const ends = await until(() => (fits().ends.length > 0 ? fits().ends : undefined));
  expect(ends).toEqual(["cancelled"]);
  expect(performance.now() - aborted).toBeLessThan(1000);
});

test("disposing stops the fit on the server", async () => {
  const fits = fitsSince(server);
  const trainer = httpTrainer(server);
  const { fit } = await training(trainer, endless(11));
  await trainer[Symbol.asyncDispose]();
  expect((await fails(fit)).code).toBe("disposed");
  expect(await until(() => fits().ends[0])).toBe("cancelled");
});

test("equal requests of two clients train once, whether at the same time or one after the other", async () => {
  await using one = httpTrainer(server);
  await using two = httpTrainer(server);
  const fits = fitsSince(server);
  const first = await training(one, request(20, 4_000));
  const [a, b] = await Promise.all([first.fit, two.fit(request(20, 4_000))]);
  const c = await two.fit(request(20, 4_000));
  expect(fits()).toEqual({ starts: 1, ends: ["done", "done"] });
  expect(c.cost).toEqual({ ...(a as typeof c).cost, cached: true });
  expect(b.predictions).toEqual(c.predictions);
  expect((a as typeof c).predictions).toEqual(c.predictions);
});

test("an abort of one client leaves the fit that it shares with another alone", async () => {
  await using one = httpTrainer(server);
  await using two = httpTrainer(server);
  const fits = fitsSince(server);
  const asked = request(21, 4_000);
  const first = await training(one, asked);
  const second = await training(two, asked);
  first.controller.abort(new Error("not I"));
  await expect(first.fit).rejects.toThrow("not I");
  expect(await second.fit).toMatchObject({ predictions: { test: { rows: 40 } } });
  expect(fits()).toEqual({ starts: 1, ends: ["done"] });
});

test("answers are those of a local trainer with the same fingerprint, bit for bit", async () => {
  await using remote = httpTrainer(server);
  await using local = pythonTrainer();
  const { model } = sampleTask;
  expect(await remote.fingerprint(model)).toBe(await local.fingerprint(model));
  const asked = { ...request(22, 50), traces: true, curve: true };
  const [there, here] = [await remote.fit(asked), await local.fit(asked)];
  expect({ ...there, checkpoint: undefined, cost: undefined }).toEqual({
    ...here,
    checkpoint: undefined,
    cost: undefined,
  });
  expect(there.checkpoint, "a path there says nothing here").toEqual({ id: here.checkpoint.id });
});

test("a warm start goes from a checkpoint on the server", async () => {
  await using trainer = httpTrainer(server);
  const { checkpoint } = await trainer.fit(request(23, 5));
  const warm = await trainer.fit({ ...request(24, 1), from: checkpoint });
  const cold = await trainer.fit(request(24, 1));
  expect(warm.history[0]!.loss).toBeLessThan(cold.history[0]!.loss);
});

test("a worker that is killed is an error with its last words, and the next fit works", async () => {
  await using own = await startTrainerServer();
  await using trainer = httpTrainer(own);
  const { fit } = await training(trainer, endless(30));
  const { pid } = own.process;
  const [worker] = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").map(Number);
  process.kill(worker!, "SIGKILL");
  const error = await fails(fit);
  expect(error.code).toBe("worker_died");
  expect(error.message).toMatch(/worker on cpu was killed by signal 9.*out of memory.*next call starts a new one/s);
  expect((await trainer.fit(sampleRequest())).predictions.test?.rows).toBe(40);
});

describe("a connection", () => {
  /** A TCP proxy in front of a server. `cut` ends all connections; while `closed`, new ones are refused. */
  async function proxyTo(target: string) {
    const sockets = new Set<Socket>();
    const state = { closed: false, connections: 0 };
    const { port } = new URL(target);
    const proxy = createTcpServer((client) => {
      state.connections++;
      if (state.closed) return void client.destroy();
      const upstream = connect(Number(port), "127.0.0.1");
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const cut = (): void => {
      for (const socket of sockets) socket.destroy();
    };
    /** Lets nothing through any more, without ending the connections that there are. */
    const freeze = (): void => {
      for (const socket of sockets) socket.unpipe().pause();
    };
    return {
      url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      state,
      cut,
      freeze,
      async [Symbol.asyncDispose]() {
        cut();
        await new Promise((resolve) => proxy.close(resolve));
      },
    };
  }

  test("that is cut in the middle of a fit, twice, still brings its result, and it is trained once", async () => {
    await using proxy = await proxyTo(server.url);
    await using trainer = httpTrainer({ url: proxy.url, token: server.token });
    await using direct = httpTrainer(server);
    const fits = fitsSince(server);
    const asked = request(40, 4_000);
    const { fit } = await training(trainer, asked);
    const before = proxy.state.connections;
    proxy.cut();
    await until(() => (proxy.state.connections > before ? true : undefined));
    proxy.cut();
    const result = (await fit) as Awaited<ReturnType<typeof direct.fit>>;
    expect(fits()).toEqual({ starts: 1, ends: ["done"] });
    expect(result.cost.cached, "it is the answer of its own call").toBeUndefined();
    expect((await direct.fit(asked)).predictions).toEqual(result.predictions);
  });

  test("that comes back after the fit has ended brings its result", async () => {
    await using proxy = await proxyTo(server.url);
    await using trainer = httpTrainer({ url: proxy.url, token: server.token });
    const fits = fitsSince(server);
    const { fit } = await training(trainer, request(41, 4_000));
    proxy.state.closed = true;
    proxy.cut();
    await until(() => fits().ends[0]);
    proxy.state.closed = false;
    expect(await fit).toMatchObject({ predictions: { test: { rows: 40 } } });
    expect(fits().starts).toBe(1);
  });

  test("that is lost for good is an error, and the fit goes on: a lost connection is no abort", async () => {
    await using proxy = await proxyTo(server.url);
    const trainer = httpTrainer({ url: proxy.url, token: server.token, reconnectSeconds: 0.3 });
    const fits = fitsSince(server);
    const asked = request(42, 4_000);
    const { fit } = await training(trainer, asked);
    proxy.state.closed = true;
    proxy.cut();
    const error = await fails(fit);
    expect(error.code).toBe("worker_died");
    expect(error.message).toMatch(/was lost and not restored within 0\.3 s.*start the server again/);
    expect(await until(() => fits().ends[0])).toBe("done");
    await using direct = httpTrainer(server);
    expect((await direct.fit(asked)).cost.cached).toBe(true);
    await trainer[Symbol.asyncDispose]();
  });

  test("to a server that is killed and started again while it fits is restored, and it is trained there", async () => {
    const first = await startTrainerServer();
    const { port } = new URL(first.url);
    await using trainer = httpTrainer(first);
    const { fit } = await training(trainer, request(43, 4_000));
    first.process.kill("SIGKILL");
    await first[Symbol.asyncDispose]();
    await using second = await startTrainerServer({ port: Number(port), token: first.token });
    expect(await fit).toMatchObject({ predictions: { test: { rows: 40 } } });
    expect(fitsSince(second)().starts).toBe(0);
    expect(second.log()).toMatch(/fit .* done/);
  });

  test("that hangs in the middle of a fit is noticed and replaced", async () => {
    await using proxy = await proxyTo(server.url);
    await using trainer = httpTrainer({ url: proxy.url, token: server.token, idleSeconds: 1 });
    const fits = fitsSince(server);
    const { fit } = await training(trainer, request(44, 6_000));
    const before = proxy.state.connections;
    proxy.freeze();
    expect(await fit).toMatchObject({ predictions: { test: { rows: 40 } } });
    expect(proxy.state.connections).toBeGreaterThan(before);
    expect(fits()).toEqual({ starts: 1, ends: ["done"] });
  });

  test("that says nothing is given up, and the token is in no message", async () => {
    await using silent = await listening(() => undefined);
    await using trainer = httpTrainer({ url: silent.url, token: "a-secret-of-16-letters", idleSeconds: 0.2 });
    const error = await fails(trainer.fit(sampleRequest()));
    expect(error.code).toBe("worker_died");
    expect(error.message).toMatch(/cannot be reached: nothing came for 0 s|nothing came/);
    expect(error.message).not.toContain("a-secret");
  });
});

/** An HTTP server of another kind. */
async function listening(handler: RequestListener) {
  const http = createServer(handler);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

describe("what is wrong with the server or its address is said", () => {
  const token = "a-secret-of-16-letters";

  async function told(url: string, other = token): Promise<WeakToStrongError> {
    await using trainer = httpTrainer({ url, token: other, reconnectSeconds: 0.5 });
    const error = await fails(trainer.fit(sampleRequest()));
    expect(`${error.message} ${error.stack} ${String(error.cause)}`).not.toContain(other);
    return error;
  }

  test("a wrong token", async () => {
    const error = await told(server.url);
    expect(error.code).toBe("bad_input");
    expect(error.message).toMatch(/^token: the trainer server at .* refused it \(401\).*--token-file/);
  });

  test("a missing token: the server says no more than that", async () => {
    for (const headers of [{}, { authorization: "Bearer" }, { authorization: `Basic ${server.token}` }]) {
      const answer = await fetch(`${server.url}/v1/hello`, { headers });
      expect([answer.status, await answer.text()]).toEqual([401, "unauthorized\n"]);
    }
  });

  test("a path below the server's own", async () => {
    const error = await told(`${server.url}/somewhere`, server.token);
    expect(error.code).toBe("bad_input");
    expect(error.message).toMatch(/no such address here; known are: GET \/v1\/hello/);
  });

  test("nobody there", async () => {
    const gone = await listening(() => undefined);
    await gone[Symbol.asyncDispose]();
    const error = await told(gone.url);
    expect(error.code).toBe("worker_died");
    expect(error.message).toMatch(/cannot be reached: nothing listens there\. Is the server running/);
  });

  test("no such host", async () => {
    const error = await told("http://no-such-host.invalid:8000");
    expect(error.code).toBe("worker_died");
    expect(error.message).toMatch(/cannot be reached: (there is no host of this name|the name of the host)/);
  });

  test("no HTTP", async () => {
    const tcp = createTcpServer((socket) => {
      socket.on("error", () => undefined).once("data", () => socket.end("220 mail.example ESMTP\r\n"));
    });
    await new Promise<void>((resolve) => tcp.listen(0, "127.0.0.1", resolve));
    const error = await told(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`);
    await new Promise((resolve) => tcp.close(resolve));
    expect(error.code).toBe("protocol");
    expect(error.message).toMatch(/does not speak HTTP/);
  });

  test.each([
    ["a page of a proxy's", 200, {}, "protocol", /answered 200 with text\/html instead of the trainer's frames/],
    ["a path that is not there", 404, {}, "protocol", /answered 404 with text\/html.*a proxy, a sign-in page/],
    ["a proxy whose server is down", 502, {}, "worker_died", /cannot be reached: a proxy in front of it answered 502/],
    [
      "a redirection",
      302,
      { location: "https://login.example/?to=x" },
      "bad_input",
      /redirects to https:\/\/login\.example\. /,
    ],
    ["another protocol", 426, { "w2s-protocol": "2" }, "protocol", /speaks protocol 2, and this package speaks 1/],
  ])("%s", async (_, status, headers, code, words) => {
    await using page = await listening((_request, response) => {
      response.writeHead(status, { "content-type": "text/html; charset=utf-8", ...headers }).end("<html>hello</html>");
    });
    const error = await told(page.url);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(words);
  });

  test("frames that are none, and frames that are cut off each time", async () => {
    for (const [bytes, code, words] of [
      ["this is no frame of ours", "protocol", /no frame of the protocol.*begin with W2S1/],
      ["W2S1\u0009\0\0\0", "worker_died", /cannot be reached: the answer was cut off/],
    ] as const) {
      await using broken = await listening((_request, response) => {
        response.writeHead(200, { "content-type": "application/x-w2s-frames", "w2s-protocol": "1" }).end(bytes);
      });
      const error = await told(broken.url);
      expect([error.code, words.test(error.message) || error.message]).toEqual([code, true]);
    }
  });

  test.each([
    [{ url: "127.0.0.1:8000" }, /url.*expected an address like "http/],
    [{ url: "http://me:hidden@box:8000" }, /url.*without user and password, found one with/],
    [{ token: "" }, /token.*found nothing/],
    [{ token: "two words" }, /token.*found other characters/],
    [{ idleSeconds: 0 }, /idleSeconds.*found 0/],
  ])("the options %j", (options, words) => {
    const make = (): unknown => httpTrainer({ url: server.url, token, ...options });
    expect(make).toThrow(expect.objectContaining({ code: "bad_input", message: expect.stringMatching(words) }));
    expect(make).not.toThrow(/hidden|two words/);
  });
});

test("a dataset above the server's limit is refused before it is sent, and the server refuses it too", async () => {
  await using small = await startTrainerServer({ options: ["--max-mb", "1"] });
  await using trainer = httpTrainer(small);
  const large = dataset([{ text: "x".repeat(2_000_000) }]);
  const error = await fails(trainer.fit({ ...sampleRequest(), predict: { large: { dataset: large } } }));
  expect(error.code).toBe("bad_input");
  expect(error.message).toMatch(/has 2000\d\d\d bytes, and .* takes 1048576 at most.*--max-mb/);
  const answer = await fetch(`${small.url}/v1/calls/some-call`, {
    method: "POST",
    body: Buffer.alloc(2_000_000),
    headers: { authorization: `Bearer ${small.token}` },
  });
  expect(answer.status).toBe(413);
  expect(await answer.text()).toMatch(/has 2000000 bytes; this server takes 1048576 at most/);
  expect((await trainer.fit(sampleRequest())).predictions.test?.rows).toBe(40);
});

test("a loss that the server lacks is unsupported, whatever a client calls it", async () => {
  await using trainer = httpTrainer(server);
  for (const name of ["focal", "/tmp/loss.py"]) {
    const error = await fails(trainer.fit({ ...sampleRequest(), loss: { name } }));
    expect(error.code).toBe("unsupported");
    expect(error.message).toContain(name);
  }
});
