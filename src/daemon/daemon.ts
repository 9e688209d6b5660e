/** The daemon: looks at the clock, and starts the jobs that are due, one after another. */

import { spawn } from 'node:child_process'
import http from 'node:http'
import { Api } from '../api/api.ts'
import type { DaemonState } from '../api/api-context.ts'
import { systemText } from '../errors.ts'
import { programVersion } from '../format/program-version.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { RunDatabase } from '../jobs/run-database.ts'
import { scheduledRun } from '../jobs/scheduled-run.ts'
import { programEnvironment } from '../programs/environment.ts'
import { type DueJob, dueJobs } from './due-jobs.ts'
import { bindSocket } from './socket.ts'

export interface DaemonOptions {
  /** Gets a line for the log. */
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Says that the daemon is ready. */
  readonly ready?: () => void
}

const tickMs = 20_000
/** After sleep the network may need a moment. */
const afterSleepMs = 60_000
/** A tick that comes this much late shows that the machine slept. */
const sleptMs = 60_000
/** A run that could not begin is tried again after this time. */
const againMs = 60_000

/** Runs until `signal` aborts. Throws `locked` if a daemon runs already. Its runs outlive it. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  let api: Api | undefined
  const log = (line: string): void => {
    api?.log(line)
    options.log(line)
  }
  const daemon = new Daemon({ ...options, log })
  const server = http.createServer((request, response) => api?.onSocket(request, response))
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  const unbind = await bindSocket(server)
  try {
    api = new Api(daemon.state)
    log(`butcher ${programVersion()} is ready`)
    options.ready?.()
    await daemon.loop()
  } finally {
    api?.close()
    server.closeAllConnections()
    server.close()
    unbind()
    options.log('the daemon has ended')
  }
}

class Daemon {
  readonly state: DaemonState
  readonly #options: DaemonOptions
  /** By hand first, then by due time. */
  readonly #manual: string[] = []
  #waiting: readonly DueJob[] = []
  #running: string | undefined
  /** Jobs whose start failed, and the time of the next try. */
  readonly #again = new Map<string, number>()
  #wake: () => void = () => {}
  #problem = ''

  constructor(options: DaemonOptions) {
    this.#options = options
    this.state = {
      version: programVersion(),
      started: new Date().toISOString(),
      queue: () => [...this.#manual, ...this.#waiting.map(({ job }) => job)],
      runNow: (job) => {
        if (!this.#manual.includes(job)) this.#manual.push(job)
        this.#wake()
      },
      look: () => this.#wake(),
    }
  }

  async loop(): Promise<void> {
    const { signal } = this.#options
    let last = Date.now()
    while (!signal.aborted) {
      const now = Date.now()
      if (now - last > tickMs + sleptMs) {
        this.#options.log('the clock jumped: the machine slept, or somebody set it')
        await this.#sleep(afterSleepMs)
      }
      last = Date.now()
      this.#look()
      this.#startNext()
      await this.#sleep(tickMs)
    }
  }

  /** Finds the jobs that are due. A wrong configuration is reported once, and starts nothing. */
  #look(): void {
    try {
      const database = new RunDatabase()
      try {
        this.#waiting = dueJobs(readDefinitions(), (job) => database.lastDue(job), new Date())
        if (this.#running === undefined) this.#running = database.runningJob()
        else if (this.#child === undefined && database.runningJob() === undefined) this.#running = undefined
      } finally {
        database.close()
      }
      this.#problem = ''
    } catch (error) {
      this.#waiting = []
      const problem = systemText(error)
      if (problem !== this.#problem) this.#options.log(`cannot look for due jobs: ${problem}`)
      this.#problem = problem
    }
  }

  #child: number | undefined

  #startNext(): void {
    if (this.#running !== undefined || this.#options.signal.aborted) return
    const manual = this.#manual.shift()
    const due = this.#waiting.find(({ job }) => (this.#again.get(job) ?? 0) <= Date.now())
    if (manual !== undefined) this.#start(manual, undefined)
    else if (due) this.#start(due.job, due)
  }

  #start(job: string, due: DueJob | undefined): void {
    this.#options.log(due ? `starting ${job}, due at ${due.at.toISOString()}` : `starting ${job} by hand`)
    const child = spawn(process.execPath, [process.argv[1] as string, 'job', 'run', '--quiet', '--', job], {
      stdio: ['ignore', 'ignore', 'pipe'],
      // A group of its own: Ctrl-C on the daemon leaves the run.
      detached: true,
      env: programEnvironment({
        LC_ALL: undefined,
        TZ: undefined,
        ...process.env,
        ...(due ? scheduledRun.environment(due) : {}),
      }),
    })
    this.#running = job
    this.#child = child.pid
    let complaint = ''
    child.stderr
      .setEncoding('utf8')
      .on('data', (text: string) => (complaint = `${complaint}${text}`.slice(-2000)))
    const ended = (how: string): void => {
      this.#options.log(
        `${job} ended: ${how}${complaint === '' ? '' : `: ${complaint.trim().split('\n').at(-1)}`}`,
      )
      this.#running = undefined
      this.#child = undefined
      // If there is a row of the run, its due time is stored, and this does nothing.
      if (how !== 'status 0') this.#again.set(job, Date.now() + againMs)
      this.#wake()
    }
    child.once('error', (error) => ended(error.message))
    child.once('close', (status, signal) => ended(signal ?? `status ${status}`))
  }

  async #sleep(milliseconds: number): Promise<void> {
    const { signal } = this.#options
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      signal.addEventListener('abort', this.#wake, { once: true })
    })
    signal.removeEventListener('abort', this.#wake)
  }
}
