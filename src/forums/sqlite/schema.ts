import type { DatabaseSync } from "node:sqlite";
import { WeakToStrongError } from "../../errors.js";

/** In the file's header: what tells a forum from any other SQLite file. */
const applicationId = 0x77_32_73_66; // "w2sf"

/** A file of version n has seen the first n of these. They only ever get longer. */
const migrations = [
  `
  -- What followers see, in order. A cursor becomes visible with its commit, and writers wait for each other: no gaps.
  CREATE TABLE events (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    post INTEGER, -- that was voted on; null where the event is the post of the same cursor
    voter TEXT,
    value INTEGER
  ) STRICT;

  CREATE TABLE posts (
    cursor INTEGER PRIMARY KEY REFERENCES events,
    thread INTEGER NOT NULL REFERENCES posts,
    reply_to INTEGER REFERENCES posts,
    author TEXT NOT NULL,
    kind TEXT NOT NULL,
    at TEXT NOT NULL,
    key TEXT,
    snapshot TEXT,
    title TEXT NOT NULL,
    tags TEXT NOT NULL, -- JSON
    scores TEXT NOT NULL, -- JSON
    body TEXT NOT NULL -- last, since it may overflow into pages that filters need not read
  ) STRICT;
  CREATE INDEX posts_by_author ON posts (author);
  CREATE INDEX posts_by_thread ON posts (thread);
  CREATE INDEX posts_by_parent ON posts (reply_to) WHERE reply_to IS NOT NULL;
  CREATE UNIQUE INDEX posts_by_key ON posts (author, key) WHERE key IS NOT NULL;

  CREATE TABLE tags (
    tag TEXT NOT NULL,
    post INTEGER NOT NULL REFERENCES posts,
    PRIMARY KEY (tag, post)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE votes (
    post INTEGER NOT NULL REFERENCES posts,
    voter TEXT NOT NULL,
    value INTEGER NOT NULL CHECK (value IN (1, -1)),
    PRIMARY KEY (post, voter)
  ) STRICT, WITHOUT ROWID;

  CREATE VIRTUAL TABLE search USING fts5 (
    title, body, tags, author,
    content = 'posts', content_rowid = 'cursor', tokenize = "unicode61 remove_diacritics 2"
  );
  INSERT INTO search (search, rank) VALUES ('rank', 'bm25(8.0, 1.0, 4.0, 1.0)');

  CREATE TABLE snapshots (
    cursor INTEGER PRIMARY KEY AUTOINCREMENT,
    hash TEXT NOT NULL UNIQUE,
    author TEXT NOT NULL,
    title TEXT NOT NULL,
    at TEXT NOT NULL
  ) STRICT;

  CREATE TABLE contents (
    id INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE, -- SHA-256
    content BLOB NOT NULL
  ) STRICT;

  CREATE TABLE files (
    snapshot INTEGER NOT NULL REFERENCES snapshots,
    path TEXT NOT NULL,
    executable INTEGER NOT NULL,
    content INTEGER NOT NULL REFERENCES contents,
    PRIMARY KEY (snapshot, path)
  ) STRICT, WITHOUT ROWID;
  `,
];

/** Sets up a connection, and the file where it is new or older. Throws SQLite's errors as they are. */
export function prepareFile(database: DatabaseSync, file: string): void {
  checkFile(database, file); // before anything is written: it may be somebody else's
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  const mode = pragma(database, "journal_mode");
  if (mode !== "wal" && mode !== "memory") {
    throw new WeakToStrongError(
      "storage",
      `The forum ${file} lies on a disk without the locks and shared memory that a write-ahead log needs (SQLite stays in mode "${mode}"). Choose a local disk.`,
    );
  }
  if (checkFile(database, file) === migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const migration of migrations.slice(checkFile(database, file))) database.exec(migration);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`);
  } finally {
    if (database.isTransaction) database.exec("ROLLBACK");
  }
}

/** The version of a forum's file; 0 where it is empty. */
function checkFile(database: DatabaseSync, file: string): number {
  const version = Number(pragma(database, "user_version"));
  const empty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  const id = pragma(database, "application_id");
  if (id !== applicationId && !(empty && id === 0 && version === 0)) {
    throw new WeakToStrongError("bad_input", `${file} is an SQLite database, but no forum. Choose another file.`);
  }
  if (version > migrations.length) {
    throw new WeakToStrongError(
      "unsupported",
      `The forum ${file} has version ${version}; this version of weak-to-strong knows ${migrations.length}. Install a newer one.`,
    );
  }
  return version;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}
