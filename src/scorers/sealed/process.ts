/*
 * The scorer's own process (docs/decisions/0009-scorer-process.md). It is told the truth through its standard input, keeps
 * it in memory, and ends when that input does: with the lab, however the lab ended.
 */
import { Socket } from "node:net";
import { encodeFrame, FrameReader } from "../../data/frame.js";
import { WeakToStrongError } from "../../errors.js";
import { mostBytes, type Op, parseFrame, parseMessage, question } from "./messages.js";
import { openServing, type Serving } from "./serving.js";
import { opening } from "./testbed.js";

const replies = new Socket({ fd: 3, readable: false, writable: true });
let serving: Serving | undefined;

async function handle(op: Op, body: unknown): Promise<unknown> {
  if (serving) return serving.answer(op, body);
  serving = await openServing(parseMessage(opening, body));
  return {};
}

function send(message: Readonly<Record<string, unknown>>): void {
  for (const part of encodeFrame(message)) replies.write(part);
}

async function serve({ id, op, body }: { id: number; op: Op; body?: unknown }): Promise<void> {
  try {
    send({ id, type: "result", body: await handle(op, body) });
  } catch (error) {
    // Anything else is a mistake of ours: the process ends, since its words might depend on a label.
    if (!WeakToStrongError.isInstance(error)) throw error;
    send({ id, type: "error", body: { code: error.code, message: error.message } });
  }
}

const reader = new FrameReader();
const underWay = new Set<Promise<void>>();
let unread = 0;

process.stdin.on("data", (chunk: Buffer) => {
  unread += chunk.length;
  for (const frame of reader.push(chunk)) {
    unread = 0;
    const asked = serve(parseFrame(question, frame)).finally(() => underWay.delete(asked));
    underWay.add(asked);
  }
  if (serving && unread > 2 * mostBytes) throw new Error("a message is too long");
});
process.stdin.on("end", async () => {
  await Promise.allSettled(underWay);
  await serving?.[Symbol.asyncDispose]();
});
// The lab is gone: there is nobody left to tell.
replies.on("error", () => undefined);
// Ctrl-C goes to every process of a terminal; the lab decides when this one ends.
process.on("SIGINT", () => undefined);
