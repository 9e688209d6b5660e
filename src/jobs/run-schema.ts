/** The tables of the database of runs, and the step from an older version. */

import type Database from 'better-sqlite3'
import { ButcherError } from '../errors.ts'

const version = 3

/** As the index has it, so that the text of a summary is not read again. */
export const storedBytes = `CASE WHEN json_valid(summary) THEN json_extract(summary, '$.bytes_stored') END`

const tables = `
  CREATE TABLE IF NOT EXISTS run (
    run INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL,
    trigger TEXT NOT NULL,
    due TEXT,
    missed INTEGER NOT NULL DEFAULT 0,
    started TEXT NOT NULL,
    finished TEXT,
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    step TEXT NOT NULL DEFAULT '',
    destination TEXT NOT NULL,
    summary TEXT,
    host TEXT NOT NULL,
    pid INTEGER NOT NULL,
    process_start TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS run_of_job ON run (job, run);
  CREATE INDEX IF NOT EXISTS due_of_job ON run (job, due);
  CREATE INDEX IF NOT EXISTS run_of_set ON run (destination, state);
  CREATE UNIQUE INDEX IF NOT EXISTS one_run_of_a_set ON run (destination) WHERE state = 'running';
  CREATE TABLE IF NOT EXISTS event (
    event INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    at TEXT NOT NULL,
    type TEXT NOT NULL,
    line TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS event_of_run ON event (run, event);
  CREATE TABLE IF NOT EXISTS progress (run INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;
`

/** A run that resumes another one, the process that works for it, and the wish to stop it. */
const sinceTwo = `
  ALTER TABLE run ADD COLUMN resumes INTEGER;
  ALTER TABLE run ADD COLUMN worker INTEGER;
  ALTER TABLE run ADD COLUMN worker_start TEXT;
  ALTER TABLE run ADD COLUMN stop_asked INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX running ON run (state) WHERE state = 'running';
  CREATE TABLE request (job TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
  CREATE TABLE notice (about TEXT PRIMARY KEY, event TEXT NOT NULL, at TEXT NOT NULL) STRICT;
`

/** Counts by day and the bytes of a store come from the indexes alone: half of the time. */
const sinceThree = `
  DROP INDEX IF EXISTS run_started;
  CREATE INDEX run_started ON run (started, state);
  CREATE INDEX stored_by_job ON run (job, started, ${storedBytes});
`

/** Makes the tables, or adds what an older database lacks. Throws `io` for one of a newer butcher. */
export function prepareRuns(db: Database.Database, file: string): void {
  const present = (): number => db.pragma('user_version', { simple: true }) as number
  if (present() > version)
    throw new ButcherError('io', `${file} is of a newer butcher`, { hint: 'update butcher' })
  if (present() === version) return
  // Several processes may come at once; each waits for the first one.
  db.exec('BEGIN IMMEDIATE')
  try {
    if (present() !== version) {
      if (present() < 2) db.exec(tables + sinceTwo)
      db.exec(sinceThree)
      db.pragma(`user_version = ${version}`)
    }
    db.exec('COMMIT')
  } catch (error) {
    db.exec('ROLLBACK')
    throw error
  }
}
