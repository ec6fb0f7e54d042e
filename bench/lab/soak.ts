/* Claude agents in one process, in sandboxes, with forum and journal: memory, handles and files every half minute. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { claude } from "weak-to-strong/agents/claude";
import { type LabRun, lab } from "weak-to-strong/lab";
import { smallLab } from "../../test/lab/fixtures/small-lab.js";
import { descendants, peak, type Taken, taken } from "./process.js";

/** Seconds for which the model thinks, on average. */
const thinks = 3;

interface Row extends Taken {
  /** Files in the temporary folder. */
  readonly files: number;
}

export async function soak(agents: number, minutes: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "w2s-soak-"));
  // Temporary files of this process, and of those that it starts, are where they can be counted.
  process.env.TMPDIR = join(folder, "tmp");
  mkdirSync(process.env.TMPDIR);
  const server = fork(fileURLToPath(new URL("server.ts", import.meta.url)), [String(thinks)]);
  try {
    const [baseURL] = (await once(server, "message")) as [string];
    const team = Array.from({ length: agents }, (_, i) =>
      claude({ model: "claude-haiku-5-5", baseURL, apiKey: `agent-${i}`, compactAt: 50_000 }),
    );
    const dir = join(folder, "lab");
    const options = { ...(await smallLab(dir, team)), budget: { hours: 1 + minutes / 30, usd: 1_000_000 } };
    console.log(
      "minute  answers  RSS MB  heap MB  descriptors  handles  temporary files  (other processes: number, MB)",
    );
    const watch = new Watch(process.env.TMPDIR, server.pid);
    watch.look();
    await using run = lab(options);
    await follow(run, agents, watch, () => setTimeout(() => server.send("finish"), minutes * 60_000));
    const working = peak();
    const outcome = await run.result();
    watch.look();
    const ended = Map.groupBy(outcome.agents, ({ state }) => state);
    console.log([...ended].map(([state, of]) => `${of.length} ${state}`).join(", "));
    const journal = statSync(join(dir, "journal.jsonl")).size / 2 ** 20;
    console.log(`journal ${journal.toFixed(0)} MB, ${outcome.agents.reduce((sum, { posts }) => sum + posts, 0)} posts`);
    console.log(`highest RSS: ${working.toFixed(0)} MB while agents worked, ${peak().toFixed(0)} MB with the outcome`);
  } finally {
    server.disconnect();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Looks every half minute from when all agents have begun until the first ends. */
async function follow(run: LabRun, agents: number, watch: Watch, begun: () => NodeJS.Timeout): Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  let started = 0;
  for await (const event of run) {
    if (event.type === "agent" && event.event.type === "text") watch.answers++;
    if (event.type === "agent-started" && ++started === agents) {
      watch.begin();
      timers.push(
        begun(),
        setInterval(() => watch.look(), 30_000),
      );
    }
    if (event.type === "agent-ended") for (const timer of timers.splice(0)) clearTimeout(timer);
  }
}

class Watch {
  answers = 0;
  readonly #temporary: string;
  readonly #server: number | undefined;
  #started = performance.now();

  constructor(temporary: string, server: number | undefined) {
    this.#temporary = temporary;
    this.#server = server;
  }

  begin(): void {
    this.#started = performance.now();
  }

  look(): void {
    const row: Row = { ...taken(), files: readdirSync(this.#temporary, { recursive: true }).length };
    const { count, rss } = descendants(this.#server);
    const minute = (performance.now() - this.#started) / 60_000;
    const cells = [
      minute.toFixed(1).padStart(6),
      String(this.answers).padStart(7),
      row.rss.toFixed(0).padStart(6),
      row.heap.toFixed(0).padStart(7),
      String(row.descriptors).padStart(11),
      String(row.handles).padStart(7),
      String(row.files).padStart(15),
      `(${count}, ${rss.toFixed(0)})`,
    ];
    console.log(cells.join("  "));
  }
}
