import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { RunDatabase } from '../../src/jobs/run-database.ts'
import { RunReader } from '../../src/jobs/run-reader.ts'
import { openDatabase } from '../../src/sqlite/open-database.ts'

const newFile = (): string => path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'run-schema-')), 'jobs.sqlite')

/** The tables as version 1 made them. */
const versionOne = `
  CREATE TABLE run (
    run INTEGER PRIMARY KEY AUTOINCREMENT, job TEXT NOT NULL, trigger TEXT NOT NULL, due TEXT,
    missed INTEGER NOT NULL DEFAULT 0, started TEXT NOT NULL, finished TEXT, state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '', destination TEXT NOT NULL, summary TEXT,
    host TEXT NOT NULL, pid INTEGER NOT NULL, process_start TEXT NOT NULL
  ) STRICT;
  CREATE INDEX run_of_job ON run (job, run);
  CREATE INDEX due_of_job ON run (job, due);
  CREATE INDEX run_started ON run (started);
  CREATE INDEX run_of_set ON run (destination, state);
  CREATE UNIQUE INDEX one_run_of_a_set ON run (destination) WHERE state = 'running';
  CREATE TABLE event (
    event INTEGER PRIMARY KEY, run INTEGER NOT NULL, at TEXT NOT NULL, type TEXT NOT NULL, line TEXT NOT NULL
  ) STRICT;
  CREATE INDEX event_of_run ON event (run, event);
  CREATE TABLE progress (run INTEGER PRIMARY KEY, line TEXT NOT NULL) STRICT;
  PRAGMA user_version = 1;
`
const versionTwo = `
  ALTER TABLE run ADD COLUMN resumes INTEGER;
  ALTER TABLE run ADD COLUMN worker INTEGER;
  ALTER TABLE run ADD COLUMN worker_start TEXT;
  ALTER TABLE run ADD COLUMN stop_asked INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX running ON run (state) WHERE state = 'running';
  CREATE TABLE request (job TEXT PRIMARY KEY, at TEXT NOT NULL) STRICT;
  CREATE TABLE notice (about TEXT PRIMARY KEY, event TEXT NOT NULL, at TEXT NOT NULL) STRICT;
  PRAGMA user_version = 2;
`
const rows = `
  INSERT INTO run (job, trigger, due, missed, started, finished, state, reason, destination, summary, host, pid, process_start) VALUES
    ('photos', 'schedule', '2026-11-01T22:00:00.000Z', 2, '2026-11-01T22:00:01.000Z', '2026-11-01T22:05:00.000Z', 'ok', '', '/s/photos', '{"bytes_stored":700}', 'h', 7, 's'),
    ('photos', 'manual', NULL, 0, '2026-11-02T08:00:00.000Z', '2026-11-02T08:01:00.000Z', 'partial', 'a file', '/s/photos', '{"bytes_stored":30}', 'h', 8, 's'),
    ('photos', 'manual', NULL, 0, '2026-11-02T09:00:00.000Z', '2026-11-02T09:01:00.000Z', 'failed', 'the disk', '/s/photos', 'no json', 'h', 9, 's');
  INSERT INTO event (run, at, type, line) VALUES (2, '2026-11-02T08:00:30.000Z', 'warning', '{"type":"warning","message":"m"}');
`

test.each([
  ['1', versionOne],
  ['2', versionOne + versionTwo],
])('the runs of a database of version %s stay as they were', (_, sql) => {
  const file = newFile()
  const old = openDatabase(file)
  old.exec(sql)
  old.exec(rows)
  old.close()
  const database = new RunDatabase(file)
  expect(database.runs({ job: 'photos', most: 9 })).toMatchObject([
    { run: 3, state: 'failed', reason: 'the disk', summary: 'no json' },
    { run: 2, state: 'partial', trigger: 'manual', due: null, resumes: null, worker: null },
    { run: 1, state: 'ok', missed: 2, due: '2026-11-01T22:00:00.000Z', pid: 7 },
  ])
  expect(database.events(2)).toMatchObject([{ type: 'warning' }])
  expect(database.lastDue('photos')).toEqual(new Date('2026-11-01T22:00:00.000Z'))
  expect(database.requests()).toEqual([])
  database.close()
  const reader = new RunReader(file)
  expect(reader.days('2026-11-01', 120)).toEqual([
    { day: '2026-11-02', state: 'failed', runs: 1 },
    { day: '2026-11-02', state: 'ok', runs: 1 },
    { day: '2026-11-02', state: 'partial', runs: 1 },
  ])
  expect(reader.days('2026-11-01', -570)).toContainEqual({ day: '2026-11-01', state: 'ok', runs: 1 })
  expect(reader.bytesStored(['photos'], '2026-11-01')).toEqual([
    { day: '2026-11-01', bytes: 700 },
    { day: '2026-11-02', bytes: 30 },
  ])
  reader.close()
})

test('a database that is new, opened twice, has the version of this program', () => {
  const file = newFile()
  new RunDatabase(file).close()
  new RunDatabase(file).close()
  const db = openDatabase(file, { readonly: true })
  expect(db.pragma('user_version', { simple: true })).toBe(3)
  db.close()
})

test('a database of a newer butcher is refused, and not changed', () => {
  const file = newFile()
  const newer = openDatabase(file)
  newer.exec('CREATE TABLE run (anything TEXT); PRAGMA user_version = 99')
  newer.close()
  expect(() => new RunDatabase(file)).toThrow('is of a newer butcher')
  const db = openDatabase(file, { readonly: true })
  expect(db.pragma('user_version', { simple: true })).toBe(99)
  db.close()
})
