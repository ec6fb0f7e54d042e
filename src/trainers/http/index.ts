import pLimit from "p-limit";
import { WeakToStrongError } from "../../errors.js";
import type { Trainer } from "../../trainer.js";
import { defineTrainer } from "../define.js";
import { type Ask, callsBy } from "../wire/calls.js";
import { Client } from "./client.js";

/** Where the trainer server is, and how patiently it is asked. */
export interface HttpTrainerOptions {
  /** Where `python -m w2s_trainer serve` listens, or what stands in front of it: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** The contents of the server's `--token-file`. It appears in no message. */
  readonly token: string;
  /**
   * How long a connection that was lost is tried to be restored, in seconds; meanwhile the fit goes on there. Default 30.
   */
  readonly reconnectSeconds?: number;
  /** A connection that is silent for longer counts as lost, in seconds; the server gives a sign of life every 5. Default 30. */
  readonly idleSeconds?: number;
}

/** So many connections at most; a server queues what is more than its devices can do anyway. */
const connections = 64;

/**
 * Trains on another machine, where `python -m w2s_trainer serve` runs (docs/remote.md). Datasets travel once. A lost
 * connection is restored and the call goes on; an abort, and disposing, stop it there. Checkpoints stay there, without
 * a `path`.
 *
 * Errors: `worker_died` (the server cannot be reached, its worker died, or the connection was lost for longer than
 * `reconnectSeconds`), `bad_input` (also a wrong token or url), `protocol` (another version, or something that is no
 * trainer server), and those of the trainer there.
 */
export function httpTrainer(options: HttpTrainerOptions): Trainer {
  const url = checkUrl(options.url);
  const who = `the trainer server at ${url}`;
  const idle = 1000 * checkSeconds("idleSeconds", options.idleSeconds ?? 30);
  const patience = 1000 * checkSeconds("reconnectSeconds", options.reconnectSeconds ?? 30);
  const sender = `T${who.slice(1)}`;
  const client = new Client({ url, token: checkToken(options.token), who, sender, idle }, patience);
  const limit = pLimit(connections);
  const ask: Ask = (op, body, rows, calling) => limit(() => client.ask(op, body, rows, calling));
  const calls = callsBy(ask);

  return defineTrainer({
    name: "http",
    async capabilities(calling) {
      const { body } = await ask("capabilities", {}, [], calling);
      return { ...body, predict: true, embed: true, score: true, warmStart: true };
    },
    async fingerprint(model, calling) {
      return (await ask("fingerprint", { model }, [], calling)).body.fingerprint;
    },
    ...calls,
    async fit(request, calling) {
      const { checkpoint, ...result } = await calls.fit(request, calling);
      return { ...result, ...(checkpoint && { checkpoint: { id: checkpoint.id } }) };
    },
    dispose: () => client.close(new WeakToStrongError("disposed", 'The trainer "http" has been disposed.')),
  });
}

function checkUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) {
    throw new WeakToStrongError(
      "bad_input",
      `httpTrainer({ url }): expected an address like "http://127.0.0.1:8000" without user and password, found ${url && (url.username || url.password) ? "one with" : JSON.stringify(text)}.`,
    );
  }
  url.search = "";
  url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return url;
}

function checkToken(token: string): string {
  const trimmed = typeof token === "string" ? token.trim() : "";
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new WeakToStrongError(
    "bad_input",
    `httpTrainer({ token }): expected the contents of the server's --token-file, one word of ASCII characters, found ${typeof token !== "string" ? `a value of type ${typeof token}` : trimmed ? "other characters" : "nothing"}.`,
  );
}

function checkSeconds(name: string, seconds: number): number {
  if (Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400) return seconds;
  throw new WeakToStrongError(
    "bad_input",
    `httpTrainer({ ${name} }): expected a number of seconds from above 0 to 86400, found ${seconds}.`,
  );
}
