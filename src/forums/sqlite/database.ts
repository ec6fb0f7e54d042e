import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { WeakToStrongError } from "../../errors.js";
import { prepareFile } from "./schema.js";

/** How long other processes may keep the file locked, in milliseconds. */
const patience = 30_000;
const damaged = "is damaged. Restore it from a copy";
const sqlite = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

type Value = string | number | Uint8Array | null;
export type Row = Record<string, unknown>;

/**
 * One connection, opened when first needed. SQLite's own waiting would block the event loop, so that a lock that another
 * process holds is tried for again and again with pauses.
 */
export class Database {
  readonly file: string;
  readonly #statements = new Map<string, StatementSync>();
  #connection: DatabaseSync | undefined;
  #module: typeof import("node:sqlite") | undefined;

  /** `file`: a path, or `:memory:`. */
  constructor(file: string) {
    this.file = file === ":memory:" ? file : resolve(file); // a relative "file:…" would be taken for a URI
  }

  all(sql: string, ...values: Value[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  /** Gives the row id of what was inserted. */
  run(sql: string, ...values: Value[]): number {
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** Does `work` once nobody is in the way. What it throws, SQLite's errors aside, is thrown as it is. */
  async read<T>(work: () => T, signal: AbortSignal): Promise<T> {
    this.#module ??= await import("node:sqlite");
    const { DatabaseSync } = this.#module;
    const until = performance.now() + patience;
    for (let pause = 1; ; pause = Math.min(2 * pause, 25)) {
      signal.throwIfAborted();
      try {
        this.#connection ??= this.#open(DatabaseSync);
        return work();
      } catch (error) {
        if (!isBusy(error)) throw this.#failure(error);
        if (performance.now() > until) {
          throw new WeakToStrongError(
            "busy",
            `The forum ${this.file} has been locked by another process for ${patience / 1000} s. End that process, or try again.`,
            { cause: error },
          );
        }
      }
      await sleep(pause * (0.5 + Math.random()), undefined, { signal });
    }
  }

  /** Like {@link read}, in one transaction that is on the disk when this returns, or of which nothing is there. */
  write<T>(work: () => T, signal: AbortSignal): Promise<T> {
    return this.read(() => {
      const connection = this.#connection!;
      connection.exec("BEGIN IMMEDIATE");
      try {
        const result = work();
        connection.exec("COMMIT");
        return result;
      } finally {
        if (connection.isTransaction) connection.exec("ROLLBACK");
      }
    }, signal);
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  #open(DatabaseSync: typeof import("node:sqlite").DatabaseSync): DatabaseSync {
    if (this.file !== ":memory:") mkdirSync(dirname(this.file), { recursive: true });
    const connection = new DatabaseSync(this.file, { timeout: 0 });
    try {
      prepareFile(connection, this.file);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection!.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #failure(error: unknown): unknown {
    const because = (code: "bad_input" | "storage", what: string): WeakToStrongError =>
      new WeakToStrongError(code, `The forum ${this.file} ${what} (${(error as Error).message}).`, { cause: error });
    if (isFileError(error)) return because("storage", "cannot be made. Check the folder and the right to write there");
    if (error instanceof z.ZodError || error instanceof SyntaxError) return because("storage", damaged);
    switch (errorCode(error)) {
      case sqlite.full:
        return because("storage", "cannot grow, and nothing of this was kept. Make room on its disk");
      case sqlite.ioError:
      case sqlite.readOnly:
      case sqlite.cannotOpen:
        return because("storage", "cannot be read or written. Check its disk, its folder and the right to write there");
      case sqlite.corrupt:
        return because("storage", damaged);
      case sqlite.notADatabase:
        return because("bad_input", "is no SQLite database. Choose another file");
      default:
        return error;
    }
  }
}

/** Another connection is in the way at this moment. */
function isBusy(error: unknown): boolean {
  return errorCode(error) === sqlite.busy;
}

/** SQLite's primary result code; the extended ones say it in their lowest byte. */
function errorCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | undefined)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}
