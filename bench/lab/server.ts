/*
 * The Messages API for bench/lab.ts, in a process of its own: a model that thinks for a second or two and then works, posts,
 * searches and calls through the door, until it is told to finish. Sends its address to the process that forked it.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messagesServer, type PolicyBlock, type ServedRequest } from "weak-to-strong/testing";

const thinks = Number(process.argv[2]);
let finishing = false;

const use = (name: string, input: unknown): PolicyBlock => ({ type: "tool_use", name, input });

function work(turn: number): PolicyBlock {
  if (turn % 25 === 24) return use("shell", { command: "python3 -m w2s_trainer.lab budget" });
  if (turn % 20 === 19) return use("post", { kind: "insight", title: `Turn ${turn}`, body: "What I saw. ".repeat(50) });
  if (turn % 10 === 9) return use("search_forum", { text: "what I saw" });
  if (turn % 10 === 4) return use("write_file", { path: `notes/${turn % 7}.md`, content: "A note.\n".repeat(200) });
  return use("shell", { command: `echo ${turn} >> log; head -c 3000 /dev/urandom | base64` });
}

const server = await messagesServer({
  async policy({ turn }) {
    await sleep(thinks * 1000 * (0.5 + Math.random()));
    const text = `This is turn ${turn}. ${"I look at what came of it. ".repeat(20)}`;
    return [{ type: "text", text }, finishing ? use("finish", { summary: text }) : work(turn)];
  },
});
process.on("message", () => {
  finishing = true;
});
process.on("disconnect", () => process.exit());
// What was served is not looked at, and would fill this process's memory.
setInterval(() => {
  (server.requests as ServedRequest[]).length = 0;
}, 1000).unref();
process.send?.(server.url);
