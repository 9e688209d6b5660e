/** The database of runs: a row before a run starts, so that nothing starts twice. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { asButcherError, ButcherError } from '../errors.ts'
import { processStart } from '../files/lock.ts'
import { stateFolder } from './places.ts'
import type { RunEnd, RunState } from './run-states.ts'

/** A run, as in `--json`. Times are ISO 8601 UTC. */
export interface RunFacts {
  /** Number of the run. */
  readonly run: number
  /** Name of the job. */
  readonly job: string
  /** Started by hand, or by the schedule. */
  readonly trigger: 'manual' | 'schedule'
  /** The time for which it was scheduled. */
  readonly due: string | null
  /** How many scheduled times before it passed without a run. */
  readonly missed: number
  readonly started: string
  readonly finished: string | null
  /** `queued`, `running`, or the end of the run. */
  readonly state: RunState
  /** Why it ended so; empty for a good run. */
  readonly reason: string
  /** The step in work, or the last one. */
  readonly step: string
  /** The place of the set. */
  readonly destination: string
}

export interface RunRow extends RunFacts {
  /** The summary of the backup, as a line of its `--json`. */
  readonly summary: string | null
  readonly pid: number
}

export interface RunEvent {
  readonly at: string
  readonly type: string
  /** The line of JSON. */
  readonly line: string
}

/** Of each run: all warnings up to a bound, and the newest other lines. */
const mostWarnings = 10_000
const mostLines = 2000

const schema = `
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
  CREATE INDEX IF NOT EXISTS run_started ON run (started);
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
  PRAGMA user_version = 1;
`

export const runColumns =
  'run, job, trigger, due, missed, started, finished, state, reason, step, destination, summary, pid'

export class RunDatabase {
  readonly #db: Database.Database

  /** Makes the file if there is none. Runs whose process is gone become `interrupted`. Throws `io`. */
  constructor(file = path.join(stateFolder(), 'jobs.sqlite')) {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
      this.#db = new Database(file)
      fs.chmodSync(file, 0o600)
      this.#db.pragma('journal_mode = WAL')
      this.#db.pragma('synchronous = FULL')
      const version = this.#db.pragma('user_version', { simple: true }) as number
      if (version > 1)
        throw new ButcherError('io', `${file} is of a newer butcher`, { hint: 'update butcher' })
      this.#db.exec(schema)
      this.#endLostRuns()
    } catch (error) {
      throw asButcherError(error, 'cannot open the database of runs', file)
    }
  }

  close(): void {
    this.#db.close()
  }

  /** Throws `locked` if another run works on this set. */
  begin(run: Pick<RunRow, 'job' | 'trigger' | 'due' | 'missed' | 'destination'>): number {
    const insert = this.#db.prepare(
      `INSERT INTO run (job, trigger, due, missed, started, state, destination, host, pid, process_start)
       VALUES (@job, @trigger, @due, @missed, @started, 'running', @destination, @host, @pid, @start)`,
    )
    try {
      const { lastInsertRowid } = insert.run({
        ...run,
        started: new Date().toISOString(),
        host: os.hostname(),
        pid: process.pid,
        start: processStart(process.pid) ?? '',
      })
      return Number(lastInsertRowid)
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error
      const other = this.#runningOn(run.destination)
      throw new ButcherError(
        'locked',
        `the job '${run.job}' cannot start: run ${other} works on the same set`,
        {
          hint: `butcher run stop ${other}`,
        },
      )
    }
  }

  finish(run: number, { state, reason }: RunEnd, summary: string | undefined): void {
    this.#db
      .prepare(`UPDATE run SET state = ?, reason = ?, finished = ?, summary = ? WHERE run = ?`)
      .run(state, reason, new Date().toISOString(), summary ?? null, run)
    this.#db.prepare('DELETE FROM progress WHERE run = ?').run(run)
    this.#trimEvents(run)
  }

  setStep(run: number, step: string): void {
    this.#db.prepare('UPDATE run SET step = ? WHERE run = ?').run(step, run)
  }

  /** The newest line of progress. It is gone when the run ends. */
  setProgress(run: number, step: string, line: string): void {
    this.#db.transaction(() => {
      this.setStep(run, step)
      this.#db.prepare('INSERT OR REPLACE INTO progress (run, line) VALUES (?, ?)').run(run, line)
    })()
  }

  addEvent(run: number, type: string, line: string): void {
    this.#db
      .prepare('INSERT INTO event (run, at, type, line) VALUES (?, ?, ?, ?)')
      .run(run, new Date().toISOString(), type, line)
  }

  events(run: number): readonly RunEvent[] {
    return this.#db
      .prepare('SELECT at, type, line FROM event WHERE run = ? ORDER BY event')
      .all(run) as RunEvent[]
  }

  /** The newest first. */
  runs({ job, most }: { readonly job?: string | undefined; readonly most: number }): readonly RunRow[] {
    const where = job === undefined ? '' : 'WHERE job = @job'
    return this.#db
      .prepare(`SELECT ${runColumns} FROM run ${where} ORDER BY run DESC LIMIT @most`)
      .all({ most, ...(job === undefined ? {} : { job }) }) as RunRow[]
  }

  find(run: number): RunRow | undefined {
    return this.#db.prepare(`SELECT ${runColumns} FROM run WHERE run = ?`).get(run) as RunRow | undefined
  }

  /** Whether a backup was stored there before. */
  hasGoodRun(destination: string): boolean {
    const row = this.#db
      .prepare(`SELECT 1 FROM run WHERE destination = ? AND state IN ('ok', 'partial') LIMIT 1`)
      .get(destination)
    return row !== undefined
  }

  /** The due time of the last run that a schedule started. */
  lastDue(job: string): Date | undefined {
    const row = this.#db.prepare('SELECT max(due) AS due FROM run WHERE job = ?').get(job) as {
      due: string | null
    }
    return row.due === null ? undefined : new Date(row.due)
  }

  /** A job that runs now, whoever started it. */
  runningJob(): string | undefined {
    const row = this.#db.prepare(`SELECT job FROM run WHERE state = 'running' LIMIT 1`).get()
    return (row as { job: string } | undefined)?.job
  }

  #runningOn(destination: string): number {
    const row = this.#db
      .prepare(`SELECT run FROM run WHERE destination = ? AND state = 'running'`)
      .get(destination)
    return (row as { run: number }).run
  }

  /** A kill, or the end of the machine, leaves a row that says `running`. */
  #endLostRuns(): void {
    const running = this.#db
      .prepare(`SELECT run, pid, process_start AS start FROM run WHERE state = 'running' AND host = ?`)
      .all(os.hostname()) as { run: number; pid: number; start: string }[]
    for (const { run, pid, start } of running) {
      const present = processStart(pid)
      if (present !== undefined && (start === '' || present === start)) continue
      this.finish(
        run,
        { state: 'interrupted', reason: 'its process is gone; the next run resumes' },
        undefined,
      )
    }
  }

  #trimEvents(run: number): void {
    const drop = (which: string, most: number): void =>
      void this.#db
        .prepare(
          `DELETE FROM event WHERE run = @run AND type ${which} 'warning' AND event <= (
             SELECT event FROM event WHERE run = @run AND type ${which} 'warning'
             ORDER BY event DESC LIMIT 1 OFFSET @most)`,
        )
        .run({ run, most })
    drop('=', mostWarnings)
    drop('<>', mostLines)
  }
}

/** Opens the database for `work` alone. */
export function withRuns<T>(work: (database: RunDatabase) => T): T {
  const database = new RunDatabase()
  try {
    return work(database)
  } finally {
    database.close()
  }
}
