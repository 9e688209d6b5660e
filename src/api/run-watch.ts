/**
 * Makes events of the runs. Each run is a process of its own that writes into the database, also one that
 * somebody starts in a terminal. So the changes of the database are watched, as long as somebody listens.
 */

import fs from 'node:fs'
import { configurationFile, readDefinitions } from '../jobs/configuration.ts'
import type { RunRow } from '../jobs/run-database.ts'
import type { WatchedContext } from './api-context.ts'
import { parseJson } from './parse-json.ts'
import { runObject } from './run-objects.ts'

const lookMs = 500
/** After so long without a listener nothing is watched. */
const idleMs = 60_000
const mostWarningsAtOnce = 200

export class RunWatch {
  readonly #context: WatchedContext
  #timer: NodeJS.Timeout | undefined
  #lastListener = 0
  #version = -1
  #newestRun = 0
  #newestEvent = 0
  #running = new Map<number, string>()
  #queued: readonly string[] = []
  #held = ''
  #definitions = ''

  constructor(context: WatchedContext) {
    this.#context = context
  }

  /** Call it when a listener has come. */
  begin(): void {
    this.#lastListener = Date.now()
    if (this.#timer) return
    const { reader, daemon, events } = this.#context
    events.forget()
    this.#version = reader.version()
    this.#newestRun = reader.newestRun()
    this.#newestEvent = reader.newestEvent()
    this.#running = new Map(reader.running().map(({ run }) => [run, '']))
    this.#queued = daemon.queue()
    this.#held = JSON.stringify(daemon.held())
    this.#definitions = stateOfDefinitions()
    this.#timer = setInterval(() => this.#lookSafely(), lookMs).unref()
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #lookSafely(): void {
    const { events } = this.#context
    if (events.clients > 0) this.#lastListener = Date.now()
    else if (Date.now() - this.#lastListener > idleMs) {
      this.close()
      return
    }
    try {
      this.#look()
    } catch {
      // A locked or unreadable database: the next look finds all that changed.
    }
  }

  #look(): void {
    const { reader, daemon, events } = this.#context
    const queue = daemon.queue()
    for (const job of queue) if (!this.#queued.includes(job)) events.send('run.queued', { job })
    this.#queued = queue
    const held = JSON.stringify(daemon.held())
    if (held !== this.#held) events.send('run.held', { queue, held: daemon.held() })
    this.#held = held
    const definitions = stateOfDefinitions()
    if (definitions !== this.#definitions) events.send('job.changed', {})
    this.#definitions = definitions
    const version = reader.version()
    if (version === this.#version) return
    this.#version = version
    this.#lookAtRuns()
  }

  #lookAtRuns(): void {
    const { reader, events } = this.#context
    for (const row of reader.runsAfter(this.#newestRun)) {
      this.#newestRun = row.run
      events.send('run.started', runObject({ ...row, state: 'running', finished: null }))
      this.#running.set(row.run, '')
    }
    for (const { event, run, line } of reader.warnings(this.#newestEvent, mostWarningsAtOnce)) {
      this.#newestEvent = event
      const { message } = (parseJson(line) ?? {}) as { readonly message?: unknown }
      events.send('run.warning', { run, job: reader.find(run)?.job ?? '', message: String(message ?? '') })
    }
    for (const [run, before] of this.#running) {
      const row = reader.find(run)
      if (row === undefined) this.#running.delete(run)
      else if (row.state === 'running') this.#running.set(run, this.#tellProgress(row, before))
      else {
        this.#running.delete(run)
        events.send('run.finished', runObject(row))
        this.#tellWishes(row)
      }
    }
  }

  #tellProgress(row: RunRow, before: string): string {
    const progress = this.#context.reader.progress(row.run)
    const state = `${row.step} ${progress ?? ''}`
    if (state === before) return before
    const { progress: shown } = runObject(row, progress) as { readonly progress: object | null }
    const { run, job, step } = row
    this.#context.events.send('run.progress', { run, job, step, progress: shown })
    return state
  }

  /** What a run asks of people: a store that is absent, a disc to burn. */
  #tellWishes({ job, state, reason, summary }: RunRow): void {
    const { events } = this.#context
    const all = readDefinitions()
    const name = all.jobs.find((one) => one.name === job)?.store_name
    const store = all.stores.find((one) => one.name === name)
    if (store === undefined) return
    if (state === 'skipped' && reason.startsWith(`the store '${store.name}' is absent`))
      events.send('store.absent', { job, store: store.name, reason })
    const { discs } = (parseJson(summary ?? '') ?? {}) as { readonly discs?: readonly number[] }
    if (store.type === 'optical' && discs !== undefined && discs.length > 0)
      events.send('disc.wanted', { job, discs })
  }
}

function stateOfDefinitions(): string {
  const stat = fs.statSync(configurationFile(), { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs} ${stat.size} ${stat.ino}`
}
