/*
 * The scorer's own process (docs/decisions/0009-scorer-process.md). It is told the truth through its standard input, keeps
 * it in memory, and ends when that input does: with the lab, however the lab ended.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { encodeFrame, FrameReader } from "../../data/frame.js";
import { WeakToStrongError } from "../../errors.js";
import { acquireLock } from "../../lock.js";
import { standingsOf } from "../standings.js";
import { mostBytes, type Op, parseFrame, parseMessage, parseRequest, question } from "./messages.js";
import { openRecords } from "./records.js";
import { Scoring } from "./scoring.js";
import { opening } from "./sealed.js";

const replies = new Socket({ fd: 3, readable: false, writable: true });
const owned = new AsyncDisposableStack();
let answer: ((op: Op, body: unknown) => Promise<unknown>) | undefined;

async function open(body: unknown): Promise<typeof answer> {
  const sealed = parseMessage(opening, body);
  const { dir, testbeds } = sealed;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  owned.use(await acquireLock(join(dir, "scorer.lock"), { what: "the scorer" }));
  const records = owned.use(await openRecords(dir, testbeds, randomBytes(32).toString("hex")));
  const scoring = new Scoring(sealed, records);
  return async (op, asked) => {
    // Whoever has been answered must find the same again after a crash.
    const durably = async <T>(value: T): Promise<T> => records.durable().then(() => value);
    const evaluations = (): (typeof records.all)[number]["evaluation"][] =>
      records.all.map(({ evaluation }) => evaluation);
    if (op === "describe") return scoring.describe();
    if (op === "evaluate") return durably(scoring.evaluate(parseRequest(asked as never)));
    if (op === "records") return durably(evaluations());
    return durably(
      standingsOf(
        evaluations(),
        testbeds.map(({ name }) => name),
      ),
    );
  };
}

async function handle(op: Op, body: unknown): Promise<unknown> {
  if (answer) return answer(op, body);
  answer = await open(body);
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
const serving = new Set<Promise<void>>();
let unread = 0;

process.stdin.on("data", (chunk: Buffer) => {
  unread += chunk.length;
  for (const frame of reader.push(chunk)) {
    unread = 0;
    const asked = serve(parseFrame(question, frame)).finally(() => serving.delete(asked));
    serving.add(asked);
  }
  if (answer && unread > 2 * mostBytes) throw new Error("a message is too long");
});
process.stdin.on("end", async () => {
  await Promise.allSettled(serving);
  await owned.disposeAsync();
});
// The lab is gone: there is nobody left to tell.
replies.on("error", () => undefined);
// Ctrl-C goes to every process of a terminal; the lab decides when this one ends.
process.on("SIGINT", () => undefined);
