/** Upkeep of the rows of runs: those of dead processes end, and logs stay bounded. */

import os from 'node:os'
import type Database from 'better-sqlite3'
import { processStart } from '../files/lock.ts'

interface Processes {
  readonly run: number
  readonly pid: number
  readonly start: string
  readonly worker: number | null
  readonly workerStart: string | null
}

/** A kill, or the end of the machine, leaves a row that says `running`. */
export function endLostRuns(db: Database.Database): void {
  const running = db
    .prepare(
      `SELECT run, pid, process_start AS start, worker, worker_start AS workerStart
       FROM run WHERE state = 'running' AND host = ?`,
    )
    .all(os.hostname()) as Processes[]
  for (const { run, pid, start, worker, workerStart } of running) {
    if (lives(pid, start) || (worker !== null && lives(worker, workerStart ?? ''))) continue
    db.prepare(
      `UPDATE run SET state = 'interrupted', reason = ?, finished = ? WHERE run = ? AND state = 'running'`,
    ).run('its process is gone; the next run resumes', new Date().toISOString(), run)
    db.prepare('DELETE FROM progress WHERE run = ?').run(run)
    trimEvents(db, run)
  }
}

function lives(pid: number, start: string): boolean {
  const present = processStart(pid)
  return present !== undefined && (start === '' || present === start)
}

/** Of each run: all warnings up to a bound, and the newest other lines. */
const mostWarnings = 10_000
const mostLines = 2000

export function trimEvents(db: Database.Database, run: number): void {
  const drop = (which: string, most: number): void =>
    void db
      .prepare(
        `DELETE FROM event WHERE run = @run AND type ${which} 'warning' AND event <= (
           SELECT event FROM event WHERE run = @run AND type ${which} 'warning'
           ORDER BY event DESC LIMIT 1 OFFSET @most)`,
      )
      .run({ run, most })
  drop('=', mostWarnings)
  drop('<>', mostLines)
}
