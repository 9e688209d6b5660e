/** The runs that wait for their turn: those by hand first, then interrupted ones, then due ones. */

import { spawn } from 'node:child_process'
import { backupCall } from '../jobs/backup-call.ts'
import { reasonToWait } from '../jobs/conditions.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import type { Definitions } from '../jobs/definitions.ts'
import { definitionOf } from '../jobs/edit-definitions.ts'
import { RunDatabase, withRuns } from '../jobs/run-database.ts'
import { scheduledRun, type StartOfRun } from '../jobs/scheduled-run.ts'
import type { News } from '../jobs/tell-channels.ts'
import { ownCommand } from '../own-files.ts'
import { programEnvironment } from '../programs/environment.ts'
import { type DueJob, dueJobs } from './due-jobs.ts'

export interface RunQueueOptions {
  readonly log: (line: string) => void
  /** A run has ended, so another one may start. */
  readonly changed: () => void
  /** A run waits for its store or source, or is given up. */
  readonly tell: (job: string, news: News) => void
}

interface Candidate extends StartOfRun {
  readonly job: string
}

/** A run that cannot begin now, for example because its store is absent. */
export interface HeldRun {
  readonly job: string
  readonly reason: string
}

interface Held extends HeldRun {
  readonly due: StartOfRun['due']
}

/** A run that could not begin is tried again after this time. */
const againMs = 60_000
/** A run that is interrupted this often in a row waits for its next due time. */
const mostResumes = 3

export class RunQueue {
  readonly #options: RunQueueOptions
  /** Asked for by hand. */
  #manual: readonly string[] = []
  #resumes: readonly Candidate[] = []
  #due: readonly DueJob[] = []
  /** Jobs with a process of this daemon. */
  readonly #children = new Set<string>()
  /** Jobs with a run of any process. */
  #running: ReadonlySet<string> = new Set()
  /** By candidate: the time of the next look at a run that could not begin. */
  readonly #again = new Map<string, number>()
  readonly #held = new Map<string, Held>()

  constructor(options: RunQueueOptions) {
    this.#options = options
  }

  waiting(): readonly string[] {
    const jobs = [...this.#manual, ...this.#resumes.map(({ job }) => job), ...this.#due.map(({ job }) => job)]
    return [...new Set(jobs)].filter((job) => !this.#children.has(job))
  }

  held(): readonly HeldRun[] {
    const waiting = [...this.#held.values()].filter(({ job }) => !this.#children.has(job))
    return waiting.map(({ job, reason }) => ({ job, reason }))
  }

  /** Puts a job before those of the schedule. */
  add(job: string): void {
    this.#manual = withRuns((database) => {
      database.request(job)
      return database.requests()
    })
  }

  /** Finds what is due, and starts as many runs as may go on at once. Throws for a wrong configuration. */
  advance(now: Date): void {
    const definitions = readDefinitions()
    const database = new RunDatabase()
    try {
      this.#look(definitions, database, now)
      const most = definitions.settings?.runs_at_once ?? 1
      while (new Set([...this.#running, ...this.#children]).size < most) {
        const next = this.#next(definitions, database, now)
        if (!next) break
        this.#start(next)
      }
    } finally {
      database.close()
    }
  }

  /** A wrong configuration starts nothing. */
  clear(): void {
    this.#due = []
    this.#resumes = []
  }

  #look(definitions: Definitions, database: RunDatabase, now: Date): void {
    for (const [key, time] of this.#again) if (time <= now.getTime()) this.#again.delete(key)
    this.#running = new Set(database.runningJobs())
    this.#manual = database.requests()
    this.#due = dueJobs(definitions, (job) => database.lastDue(job), now)
    const interrupted = database.interrupted()
    for (const { job, run, times } of interrupted)
      if (times > mostResumes)
        this.#options.tell(job, {
          event: 'failed',
          run,
          reason: `it was interrupted ${times} times in a row`,
        })
    this.#resumes = interrupted
      .filter(({ job, times }) => times <= mostResumes && isEnabled(definitions, job))
      .map(({ job, run }) => ({ job, resumes: run }))
    for (const held of this.#held.values()) this.#endHeld(held, definitions, database)
  }

  /** A run waits until the next due time of its job. Then it is skipped, and the next one waits. */
  #endHeld({ job, reason, due }: Held, definitions: Definitions, database: RunDatabase): void {
    const present = this.#due.find((one) => one.job === job)
    if (due && present && present.at > due.at) {
      const about = { job, trigger: 'schedule', due: due.at.toISOString(), missed: due.missed } as const
      const { destination } = backupCall(definitionOf(definitions, 'job', job), definitions)
      database.record({ ...about, resumes: null, destination }, { state: 'skipped', reason })
      this.#due = dueJobs(definitions, (name) => database.lastDue(name), present.at)
    } else if (present || this.#resumes.some((one) => one.job === job)) return
    this.#held.delete(job)
  }

  #next(definitions: Definitions, database: RunDatabase, now: Date): Candidate | undefined {
    const isFree = (job: string): boolean => !this.#running.has(job) && !this.#children.has(job)
    const manual = this.#manual.find(isFree)
    if (manual !== undefined) return { job: manual }
    const later = [...this.#resumes, ...this.#due.map((due): Candidate => ({ job: due.job, due }))]
    return later.find(
      (one) =>
        isFree(one.job) &&
        (this.#again.get(keyOf(one)) ?? 0) <= now.getTime() &&
        this.#canBegin(one, definitions, database, now),
    )
  }

  #canBegin(candidate: Candidate, definitions: Definitions, database: RunDatabase, now: Date): boolean {
    const { job } = candidate
    const reason = waitingReason(job, definitions, database)
    if (reason === undefined) return true
    this.#hold(candidate, reason)
    this.#again.set(keyOf(candidate), now.getTime() + againMs)
    return false
  }

  /** Tells it once. The entry stays until the run begins, or its next due time comes. */
  #hold({ job, due }: Candidate, reason: string): void {
    if (!this.#held.has(job)) {
      this.#options.log(`${job} waits: ${reason}`)
      this.#options.tell(job, { event: 'absent', reason })
    }
    this.#held.set(job, { job, reason, due: due ?? this.#due.find((one) => one.job === job) })
  }

  #start(candidate: Candidate): void {
    const { job, ...start } = candidate
    const started = new Date()
    this.#options.log(`starting ${job}${wordsOf(start)}`)
    const [program, ...args] = ownCommand(['job', 'run', '--quiet', '--', job])
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C on the daemon leaves the run.
      detached: true,
      env: programEnvironment({
        LC_ALL: undefined,
        TZ: undefined,
        ...process.env,
        ...scheduledRun.environment(start),
      }),
    })
    this.#children.add(job)
    let complaint = ''
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-2000)))
    const ended = (how: string): void => {
      if (!this.#children.delete(job)) return
      const last =
        complaint
          .trim()
          .split('\n')
          .at(-1)
          ?.replace(/^error: /, '') ?? ''
      // A remote is asked by the run itself. If it is away, the run has not begun.
      if (how === 'status 1' && last !== '' && !hasBegun(candidate)) this.#hold(candidate, last)
      else this.#options.log(`${job} ended: ${how}${last === '' ? '' : `: ${last}`}`)
      // If there is a row of the run, its due time is stored, and this does nothing.
      if (how !== 'status 0') this.#again.set(keyOf(candidate), Date.now() + againMs)
      // A run by hand that could not begin, such as of a job that is gone, is not tried again. A wish that
      // came while it ran is another one.
      if (how.startsWith('status') && isByHand(start))
        withRuns((database) => database.dropRequest(job, started))
      this.#options.changed()
    }
    child.once('error', (error) => ended(error.message))
    child.once('close', (status, signal) => ended(signal ?? `status ${status}`))
  }
}

const isByHand = ({ due, resumes }: StartOfRun): boolean => due === undefined && resumes === undefined

/** Whether there is a row of the run. */
function hasBegun({ job, due, resumes }: Candidate): boolean {
  return withRuns((database) => {
    if (due !== undefined) return (database.lastDue(job)?.getTime() ?? 0) >= due.at.getTime()
    return resumes === undefined || !database.interrupted().some(({ run }) => run === resumes)
  })
}

const keyOf = ({ job, due, resumes }: Candidate): string => `${job}/${resumes ?? due?.at.getTime() ?? ''}`

const isEnabled = ({ jobs }: Definitions, name: string): boolean =>
  jobs.some((job) => job.name === name && job.enabled)

/** Undefined also for a job with wrong definitions: its run fails, and says so. */
function waitingReason(name: string, definitions: Definitions, database: RunDatabase): string | undefined {
  const job = definitionOf(definitions, 'job', name)
  try {
    const call = backupCall(job, definitions)
    return reasonToWait(job, call, definitions, database.hasGoodRun(call.destination))
  } catch {
    return undefined
  }
}

function wordsOf({ due, resumes }: StartOfRun): string {
  if (resumes !== undefined) return `, to resume run ${resumes}`
  return due ? `, due at ${due.at.toISOString()}` : ' by hand'
}
