/** The daemon: looks at the clock, and starts the jobs that are due. */

import http from 'node:http'
import { Api } from '../api/api.ts'
import type { DaemonState } from '../api/api-context.ts'
import { systemText } from '../errors.ts'
import { programVersion } from '../format/program-version.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { daemonLogFile } from '../jobs/places.ts'
import { LogFile } from './log-file.ts'
import { RunQueue } from './run-queue.ts'
import { bindSocket } from './socket.ts'
import { Teller } from './teller.ts'

export interface DaemonOptions {
  /** Gets a line for the log. */
  readonly log: (line: string) => void
  readonly signal: AbortSignal
  /** Says that the daemon is ready. */
  readonly ready?: () => void
  /** Gets the function that reads the definitions again and opens the log file again. */
  readonly onReload: (reload: () => void) => void
}

const tickMs = 20_000
/** After sleep the network may need a moment. */
const afterSleepMs = 60_000
/** A tick that comes this much late shows that the machine slept. */
const sleptMs = 60_000

/** Runs until `signal` aborts. Throws `locked` if a daemon runs already. Its runs outlive it. */
export async function runDaemon(options: DaemonOptions): Promise<void> {
  let api: Api | undefined
  const file = new LogFile(daemonLogFile(), { complain: options.log })
  const log = (line: string): void => {
    api?.log(line)
    file.write(line)
    options.log(line)
  }
  const daemon = new Daemon({ ...options, log })
  const server = http.createServer((request, response) => api?.onSocket(request, response))
  server.requestTimeout = 10_000
  server.headersTimeout = 10_000
  const unbind = await bindSocket(server)
  try {
    api = new Api(daemon.state)
    await api.openWeb()
    log(`butcher ${programVersion()} is ready`)
    options.onReload(() => {
      file.reopen()
      void api?.openWeb()
      daemon.reload()
    })
    options.ready?.()
    await daemon.loop()
  } finally {
    api?.close()
    api = undefined
    server.closeAllConnections()
    server.close()
    unbind()
    log('the daemon has ended')
    file.close()
  }
}

class Daemon {
  readonly state: DaemonState
  readonly #options: DaemonOptions
  readonly #teller: Teller
  readonly #queue: RunQueue
  #wake: () => void = () => {}
  #problem = ''

  constructor(options: DaemonOptions) {
    this.#options = options
    this.#teller = new Teller(options.log)
    this.#queue = new RunQueue({
      log: options.log,
      changed: () => this.#wake(),
      tell: (job, news) => this.#teller.tell(job, news),
    })
    this.state = {
      version: programVersion(),
      started: new Date().toISOString(),
      queue: () => this.#queue.waiting(),
      held: () => this.#queue.held(),
      runNow: (job) => {
        this.#queue.add(job)
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
      this.#advance()
      await this.#sleep(tickMs)
    }
  }

  /** Says what it read: a wrong file would otherwise be noticed only when a job is due. */
  reload(): void {
    try {
      const { jobs } = readDefinitions()
      this.#options.log(`read the definitions again; jobs: ${jobs.length}`)
    } catch (error) {
      this.#options.log(systemText(error))
    }
    this.#wake()
  }

  /** A wrong configuration is reported once, and starts nothing. */
  #advance(): void {
    try {
      this.#queue.advance(new Date())
      this.#teller.lookForLate(new Date(), this.#queue.waiting())
      this.#problem = ''
    } catch (error) {
      this.#queue.clear()
      const problem = systemText(error)
      if (problem !== this.#problem) this.#options.log(`cannot look for due jobs: ${problem}`)
      this.#problem = problem
    }
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
