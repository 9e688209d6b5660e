/** The interface of the daemon: HTTP/1.1 with JSON below `/api/v1`. */

import type http from 'node:http'
import { ButcherError, type ErrorCode } from '../errors.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { definitionOf, definitionsOf, type KindName } from '../jobs/edit-definitions.ts'
import { withRuns } from '../jobs/run-database.ts'
import { stopRun } from '../jobs/stop-run.ts'

export interface DaemonState {
  readonly version: string
  readonly started: string
  /** Jobs that wait for their turn. */
  readonly queue: () => readonly string[]
  /** Puts a job before those of the schedule. */
  readonly runNow: (job: string) => void
}

const kinds: Readonly<Record<string, KindName>> = {
  items: 'item',
  vaults: 'vault',
  stores: 'store',
  schedules: 'schedule',
  jobs: 'job',
}

const prefix = '/api/v1/'
const mostRuns = 200

interface Answer {
  readonly status: number
  readonly body: object
}

/** Answers a request; it never throws. */
export function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  state: DaemonState,
): void {
  const { status, body } = answerOf(request.method ?? '', request.url ?? '', state)
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}

function answerOf(method: string, url: string, state: DaemonState): Answer {
  try {
    const { pathname, searchParams } = new URL(url, 'http://daemon')
    if (!pathname.startsWith(prefix)) return unknown(url)
    const [first = '', second, third, ...more] = pathname
      .slice(prefix.length)
      .split('/')
      .map(decodeURIComponent)
    if (more.length > 0) return unknown(url)
    if (method === 'GET' && third === undefined)
      return read(first, second, searchParams, state) ?? unknown(url)
    if (method === 'POST' && second !== undefined) return act(first, second, third, state) ?? unknown(url)
    return { status: 405, body: { code: 'usage', message: `${method} is not possible on ${pathname}` } }
  } catch (error) {
    return failure(error)
  }
}

function read(
  first: string,
  second: string | undefined,
  query: URLSearchParams,
  state: DaemonState,
): Answer | undefined {
  if (first === 'daemon' && second === undefined) {
    const { version, started } = state
    return ok({ version, started, pid: process.pid, queue: state.queue() })
  }
  const kind = Object.hasOwn(kinds, first) ? kinds[first] : undefined
  if (kind) {
    const all = readDefinitions()
    return ok(second === undefined ? definitionsOf(all, kind) : definitionOf(all, kind, second))
  }
  if (first !== 'runs') return undefined
  return withRuns((database) => {
    if (second === undefined) return ok(database.runs({ job: query.get('job') ?? undefined, most: mostRuns }))
    const run = /^\d{1,15}$/.test(second) ? database.find(Number(second)) : undefined
    return run && ok({ ...run, events: database.events(run.run) })
  })
}

function act(first: string, name: string, verb: string | undefined, state: DaemonState): Answer | undefined {
  if (first === 'jobs' && verb === 'run') {
    definitionOf(readDefinitions(), 'job', name)
    state.runNow(name)
    return { status: 202, body: { job: name, queue: state.queue() } }
  }
  if (first !== 'runs' || verb !== 'stop' || !/^\d{1,15}$/.test(name)) return undefined
  return withRuns((database) => {
    const run = database.find(Number(name))
    if (run) stopRun(run)
    return run && { status: 202, body: run }
  })
}

const ok = (body: object): Answer => ({ status: 200, body })
const unknown = (url: string): Answer => ({
  status: 404,
  body: { code: 'no-match', message: `there is no ${url}` },
})

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  usage: 400,
  locked: 409,
  exists: 409,
  'no-match': 404,
}

function failure(error: unknown): Answer {
  if (error instanceof ButcherError) {
    const { code, message, hint } = error
    return { status: statusOfCode[code] ?? 500, body: { code, message, hint: hint ?? null } }
  }
  if (error instanceof URIError || error instanceof TypeError)
    return { status: 400, body: { code: 'usage', message: 'the address is not valid' } }
  return { status: 500, body: { code: 'internal', message: (error as Error).message } }
}
