import { createHash, timingSafeEqual } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import * as z from "zod";
import type { ToolDescription, ToolOutput } from "../agent.js";
import { decodeFrame, encodeFrame } from "../data/frame.js";
import { type ErrorCode, WeakToStrongError } from "../errors.js";
import type { TrainerHelpers } from "./helpers.js";
import { type HelperName, placed, requests } from "./requests.js";

/** What stands behind one agent's door. */
export interface DoorServices {
  /** What programs in the sandbox may call. */
  readonly tools: readonly ToolDescription[];
  /** Runs one of the agent's tools: checks the input, journals and accounts. `signal` aborts when the caller has left. */
  call(tool: string, input: unknown, options: { readonly signal: AbortSignal }): Promise<ToolOutput>;
  readonly helpers: TrainerHelpers;
  /** Told of every request that was refused, or failed, before it is answered. */
  refused?(request: {
    readonly method: string;
    readonly path: string;
    readonly code: ErrorCode;
    readonly message: string;
  }): void;
}

export interface DoorLimits {
  /** Bytes of one request. Default 64 MiB; what is on its way at the same time may have twice as many. */
  readonly bytes?: number;
  /** Calls at the same time; more are refused as `busy`. Default 16. */
  readonly calls?: number;
  /** Seconds in which a request must have arrived, and without reading of an answer. Default 60. */
  readonly seconds?: number;
  /** Open connections; more are closed. Default 1,024. */
  readonly connections?: number;
}

export const defaultLimits: Required<DoorLimits> = { bytes: 64 << 20, calls: 16, seconds: 60, connections: 1024 };

type Env = { Bindings: HttpBindings };

/** Bytes of a tool's input: parsing and checking JSON keeps everybody else waiting. */
const mostJson = 8 << 20;

const frames = "application/x-w2s-frames";

const statuses: Partial<Record<ErrorCode, number>> = {
  bad_input: 400,
  not_found: 404,
  unsupported: 422,
  busy: 429,
  exhausted: 403,
  worker_died: 503,
  disposed: 503,
};

/** Refused because of who asks or how, before anything of the request is read. */
class Refused extends WeakToStrongError {
  readonly status: number;

  constructor(status: number, code: ErrorCode, message: string) {
    super(code, message);
    this.status = status;
  }
}

/** The door's HTTP side. `closing` aborts every call that is under way. */
export function doorApp(
  { token, services, limits }: { token: string; services: DoorServices; limits: Required<DoorLimits> },
  closing: AbortSignal,
  /** What is being worked on, whether its sender still waits or not. */
  underWay: Set<Promise<unknown>>,
): Hono<Env> {
  const { tools, helpers } = services;
  const toolNames = new Set(tools.map(({ name }) => name));
  const expected = digest(`Bearer ${token}`);
  let calls = 0;
  let bytes = 0;

  /**
   * Takes a request in if there is room, and keeps the room until the work is done, also where its sender has left, and
   * the answer read.
   */
  async function admit(
    c: Context<Env>,
    most: number,
    work: (body: Uint8Array, signal: AbortSignal) => Promise<Response>,
  ): Promise<Response> {
    const length = Number(c.req.header("content-length") ?? Number.NaN);
    if (!Number.isSafeInteger(length)) {
      throw new Refused(411, "bad_input", "The request must say how long it is, in Content-Length.");
    }
    if (length > most) {
      throw new Refused(
        413,
        "bad_input",
        `The request has ${length} bytes; at most ${most} are taken. Send less at a time.`,
      );
    }
    if (calls >= limits.calls || bytes + length > 2 * limits.bytes) {
      throw new Refused(
        429,
        "busy",
        `${calls} calls of yours are under way, and the door takes ${limits.calls} at once. Wait for one to end, then ask again.`,
      );
    }
    calls++;
    bytes += length;
    const release = (): void => {
      calls--;
      bytes -= length;
    };
    const { outgoing } = c.env;
    const left = new AbortController();
    outgoing.once("close", () => left.abort(new DOMException("the caller has left", "AbortError")));
    try {
      const signal = AbortSignal.any([left.signal, closing]);
      const body = new Uint8Array(await c.req.arrayBuffer());
      const working = work(body, signal);
      underWay.add(working);
      const answer = await working.finally(() => underWay.delete(working));
      if (outgoing.destroyed) release();
      else outgoing.once("close", release).setTimeout(limits.seconds * 1000);
      return answer;
    } catch (error) {
      release();
      throw error;
    }
  }

  const app = new Hono<Env>();
  app.use(async (c, next) => {
    if (!timingSafeEqual(digest(c.req.header("authorization") ?? ""), expected)) {
      throw new Refused(401, "bad_input", "token: expected this sandbox's own as `Authorization: Bearer ...`.");
    }
    await next();
  });
  app.get("/tools", (c) => c.json({ tools }));
  app.post("/tools/:name", (c) =>
    admit(c, Math.min(limits.bytes, mostJson), async (body, signal) => {
      const name = c.req.param("name");
      if (!toolNames.has(name)) {
        const known =
          toolNames.size > 0 ? `there are ${[...toolNames].join(", ")}` : "there are none: only the trainer";
        throw new WeakToStrongError("not_found", `There is no tool ${shown(name)} here; ${known}.`);
      }
      const { content, isError } = await services.call(name, parseJson(body), { signal });
      return c.json({ content, isError });
    }),
  );
  app.post("/trainer/:call", (c) =>
    admit(c, limits.bytes, async (body, signal) => {
      const name = c.req.param("call");
      if (!Object.hasOwn(requests, name)) {
        const known = Object.keys(requests).join(", ");
        throw new WeakToStrongError("not_found", `The trainer has no call ${shown(name)} here; it has ${known}.`);
      }
      const answer = await helperCall(helpers, name as HelperName, body, signal);
      return c.body(Buffer.concat(encodeFrame({ body: answer })), 200, { "content-type": frames });
    }),
  );
  const refuse = (c: Context<Env>, error: unknown): Response => {
    const answer = refusal(error);
    services.refused?.({ method: c.req.method, path: c.req.path, ...answer.error });
    return Response.json({ error: answer.error }, { status: answer.status, headers: answer.headers });
  };
  app.notFound((c) =>
    refuse(c, new Refused(404, "not_found", "The door has GET /tools, POST /tools/NAME and POST /trainer/CALL.")),
  );
  app.onError((error, c) => refuse(c, error));
  return app;
}

async function helperCall(
  helpers: TrainerHelpers,
  name: HelperName,
  body: Uint8Array,
  signal: AbortSignal,
): Promise<Record<string, unknown>> {
  let message: unknown;
  try {
    const { header, blobs } = decodeFrame(body);
    message = placed((header as { body?: unknown }).body, blobs);
  } catch (cause) {
    if (!WeakToStrongError.isInstance(cause)) throw cause;
    throw new WeakToStrongError("bad_input", cause.message, { cause });
  }
  const options = { signal };
  switch (name) {
    case "fit":
      return helpers.fit(parsed(requests.fit, message, name), options);
    case "predict":
      return helpers.predict(parsed(requests.predict, message, name), options);
    case "embed":
      return helpers.embed(parsed(requests.embed, message, name), options);
    case "score":
      return helpers.score(parsed(requests.score, message, name), options);
    case "quote":
      return { ...(await helpers.quote(parsed(requests.quote, message, name), options)) };
  }
}

function parsed<S extends z.ZodType>(schema: S, value: unknown, name: string): z.infer<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const words = z.prettifyError(result.error).slice(0, 2000);
  throw new WeakToStrongError("bad_input", `The request to ${name} is not as it must be:\n${words}`);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString("utf8"));
  } catch (cause) {
    throw new WeakToStrongError("bad_input", "The request is not JSON.", { cause });
  }
}

/** What is not of the library's own family says how the lab works inside: programs in the sandbox are not told. */
function refusal(error: unknown) {
  const { code, message } = WeakToStrongError.isInstance(error)
    ? error
    : { code: "failed" as const, message: "The lab failed at this call; it is not your program's fault." };
  const early = error instanceof Refused;
  const status = early ? error.status : (statuses[code] ?? 500);
  // What is left of a request that nobody reads must not be taken for the next one.
  const headers: Record<string, string> = early ? { connection: "close" } : {};
  return { status, error: { code, message }, headers };
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}
