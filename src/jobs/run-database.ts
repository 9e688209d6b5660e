/** The database of runs: a row before a run starts, so that nothing starts twice. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type Database from 'better-sqlite3'
import { asButcherError, ButcherError } from '../errors.ts'
import { processStart } from '../files/lock.ts'
import { openDatabase } from '../sqlite/open-database.ts'
import { stateFolder } from './places.ts'
import { endLostRuns, trimEvents } from './run-rows.ts'
import { prepareRuns } from './run-schema.ts'
import type { RunEnd, RunState } from './run-states.ts'

/** A run, as in `--json`. Times are ISO 8601 UTC. */
export interface RunFacts {
  /** Number of the run. */
  readonly run: number
  /** Name of the job. */
  readonly job: string
  /** Started by hand, by the schedule, or to resume a run that was interrupted. */
  readonly trigger: 'manual' | 'schedule' | 'resume'
  /** The time for which it was scheduled. */
  readonly due: string | null
  /** How many scheduled times before it passed without a run. */
  readonly missed: number
  /** Number of the interrupted run that it resumes. */
  readonly resumes: number | null
  readonly started: string
  readonly finished: string | null
  /** `queued`, `running`, or the end of the run. */
  readonly state: RunState
  /** Why it ended so; for a good run empty, or the discs to burn. */
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
  /** The process of the backup, which may outlive that of the run for a moment. */
  readonly worker: number | null
}

/** What is known of a run before it starts. */
export type NewRun = Pick<RunRow, 'job' | 'trigger' | 'due' | 'missed' | 'resumes' | 'destination'>

export interface RunEvent {
  readonly at: string
  readonly type: string
  /** The line of JSON. */
  readonly line: string
}

export const runColumns =
  'run, job, trigger, due, missed, resumes, started, finished, state, reason, step, destination, summary, pid, worker'

export class RunDatabase {
  readonly #db: Database.Database
  /** Asked of each job at each look at the clock. */
  #lastDue: Database.Statement | undefined

  /** Makes the file if there is none. Runs whose process is gone become `interrupted`. Throws `io`. */
  constructor(file = path.join(stateFolder(), 'jobs.sqlite')) {
    try {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
      this.#db = openDatabase(file)
      fs.chmodSync(file, 0o600)
      this.#db.pragma('journal_mode = WAL')
      this.#db.pragma('synchronous = FULL')
      prepareRuns(this.#db, file)
      endLostRuns(this.#db)
    } catch (error) {
      throw asButcherError(error, 'cannot open the database of runs', file)
    }
  }

  close(): void {
    this.#db.close()
  }

  /**
   * Throws `locked` if another run works on this set, or if there is a run of this due time already, or one
   * that resumes the same run. `takesRequest`: the daemon was asked for it, and one request is one run.
   */
  begin(run: NewRun, takesRequest = false): number {
    return this.#db.transaction(() => {
      if (takesRequest && !this.dropRequest(run.job)) throw ranAlready(run.job)
      return this.#insert(run, { state: 'running', reason: '', finished: null })
    })()
  }

  /** Keeps the wish for a run by hand until its start, also if the daemon ends. */
  request(job: string): void {
    this.#db
      .prepare('INSERT OR IGNORE INTO request (job, at) VALUES (?, ?)')
      .run(job, new Date().toISOString())
  }

  /** Whether there was one. A wish that came after `until` stays. */
  dropRequest(job: string, until = new Date()): boolean {
    const drop = this.#db.prepare('DELETE FROM request WHERE job = ? AND at <= ?')
    return drop.run(job, until.toISOString()).changes > 0
  }

  /** Whether something of a job may be told now: the same is told once in `leastMs`. Records it. */
  mayTell(job: string, event: string, leastMs: number, now = new Date()): boolean {
    return (
      this.#db
        .prepare(
          `INSERT INTO notice (about, event, at) VALUES (@job || '/' || @event, @event, @at)
           ON CONFLICT (about) DO UPDATE SET at = @at WHERE at < @before OR at > @at`,
        )
        .run({ job, event, at: now.toISOString(), before: new Date(now.getTime() - leastMs).toISOString() })
        .changes > 0
    )
  }

  /** All is well again. Whether one of these events was told. */
  forgetTold(job: string, events: readonly string[]): boolean {
    const forget = this.#db.prepare('DELETE FROM notice WHERE about = ?')
    return events.map((event) => forget.run(`${job}/${event}`).changes > 0).includes(true)
  }

  /** The oldest first. */
  requests(): readonly string[] {
    const rows = this.#db.prepare('SELECT job FROM request ORDER BY at').all() as { job: string }[]
    return rows.map(({ job }) => job)
  }

  /** A run that ended before it began, such as one that waited for its store in vain. */
  record(run: NewRun, { state, reason }: RunEnd): number {
    return this.#insert(run, { state, reason, finished: new Date().toISOString() })
  }

  #insert(run: NewRun, state: Pick<RunRow, 'state' | 'reason' | 'finished'>): number {
    const insert = this.#db.prepare(
      `INSERT INTO run (job, trigger, due, missed, resumes, started, finished, state, reason, destination,
         host, pid, process_start)
       SELECT @job, @trigger, @due, @missed, @resumes, @started, @finished, @state, @reason, @destination,
         @host, @pid, @start
       WHERE NOT EXISTS (SELECT 1 FROM run WHERE job = @job AND started <= @started
         AND (due = @due OR resumes = @resumes))`,
    )
    try {
      const { lastInsertRowid, changes } = insert.run({
        ...run,
        ...state,
        started: new Date().toISOString(),
        host: os.hostname(),
        pid: process.pid,
        start: processStart(process.pid) ?? '',
      })
      if (changes === 0) throw ranAlready(run.job)
      return Number(lastInsertRowid)
    } catch (error) {
      if ((error as { code?: string }).code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error
      const other = this.#runningOn(run.destination)
      throw new ButcherError(
        'locked',
        `the job '${run.job}' cannot start: ${other === undefined ? 'a run' : `run ${other}`} works on the same set`,
        other === undefined ? {} : { hint: `butcher run stop ${other}` },
      )
    }
  }

  finish(run: number, { state, reason }: RunEnd, summary: string | undefined): void {
    this.#db
      .prepare(`UPDATE run SET state = ?, reason = ?, finished = ?, summary = ? WHERE run = ?`)
      .run(state, reason, new Date().toISOString(), summary ?? null, run)
    this.#db.prepare('DELETE FROM progress WHERE run = ?').run(run)
    trimEvents(this.#db, run)
  }

  /** The process of the backup: while it lives, the run goes on. */
  setWorker(run: number, worker: number | undefined): void {
    this.#db
      .prepare('UPDATE run SET worker = ?, worker_start = ? WHERE run = ?')
      .run(worker ?? null, worker === undefined ? null : (processStart(worker) ?? ''), run)
  }

  askToStop(run: number): void {
    this.#db.prepare('UPDATE run SET stop_asked = 1 WHERE run = ?').run(run)
  }

  isAskedToStop(run: number): boolean {
    const row = this.#db.prepare('SELECT stop_asked AS asked FROM run WHERE run = ?').get(run)
    return (row as { asked: number } | undefined)?.asked === 1
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
    this.#lastDue ??= this.#db.prepare('SELECT max(due) AS due FROM run WHERE job = ?')
    const row = this.#lastDue.get(job) as { due: string | null }
    return row.due === null ? undefined : new Date(row.due)
  }

  /** The jobs that run now, whoever started them. */
  runningJobs(): readonly string[] {
    const rows = this.#db.prepare(`SELECT job FROM run WHERE state = 'running'`).all() as { job: string }[]
    return rows.map(({ job }) => job)
  }

  /** The newest run of each job, if it was interrupted; and how many in a row were. */
  interrupted(): readonly Interrupted[] {
    return this.#db
      .prepare(
        `SELECT job, run, (SELECT count(*) FROM run AS bad WHERE bad.job = last.job AND bad.run > coalesce(
             (SELECT max(run) FROM run AS other WHERE other.job = last.job AND state <> 'interrupted'), 0)) AS times
         FROM run AS last
         WHERE state = 'interrupted' AND run = (SELECT max(run) FROM run AS one WHERE one.job = last.job)
         ORDER BY run`,
      )
      .all() as Interrupted[]
  }

  #runningOn(destination: string): number | undefined {
    const row = this.#db
      .prepare(`SELECT run FROM run WHERE destination = ? AND state = 'running'`)
      .get(destination)
    return (row as { run: number } | undefined)?.run
  }
}

const ranAlready = (job: string): ButcherError =>
  new ButcherError('locked', `the job '${job}' has run for this time already`)

export interface Interrupted {
  readonly job: string
  readonly run: number
  readonly times: number
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
