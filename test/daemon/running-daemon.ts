/** A daemon of its own folders, and requests to its socket. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { cli, program } from '../cli/cli.ts'

/** An answer: the fields of a thing, or a list of things. */
type Body = Readonly<Record<string, unknown>> & readonly Readonly<Record<string, unknown>>[]

interface Reply {
  readonly status: number | undefined
  readonly headers: http.IncomingHttpHeaders
  readonly body: Body
  readonly text: string
}

interface AskOptions {
  readonly body?: unknown
  readonly headers?: http.OutgoingHttpHeaders
  /** Of the web side; by default the socket is asked. */
  readonly port?: number
}

export class RunningDaemon {
  readonly home = fs.mkdtempSync(path.join(os.tmpdir(), 'daemon-'))
  readonly env: Readonly<Record<string, string>> = {
    XDG_CONFIG_HOME: path.join(this.home, 'config'),
    XDG_STATE_HOME: path.join(this.home, 'state'),
    XDG_DATA_HOME: path.join(this.home, 'data'),
    XDG_CACHE_HOME: path.join(this.home, 'cache'),
    XDG_RUNTIME_DIR: path.join(this.home, 'run'),
  }
  readonly socketPath = path.join(this.home, 'run', 'butcher', 'daemon.sock')
  child: ChildProcess | undefined
  log = ''

  /** `more`: further variables of the daemon and of its command line. */
  constructor(more: Readonly<Record<string, string>> = {}) {
    this.env = { ...this.env, ...more }
  }

  path(...names: readonly string[]): string {
    return path.join(this.home, ...names)
  }

  /** A call of the command line that must succeed. */
  cli(...words: readonly string[]): string {
    const { status, stdout, stderr } = cli(words, this.env)
    expect({ words, status, stderr }).toMatchObject({ status: 0 })
    return stdout
  }

  async start(): Promise<void> {
    this.log = ''
    const [command, ...before] = program as [string, ...string[]]
    const child = spawn(command, [...before, 'daemon'], {
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.on('data', (text: Buffer) => (this.log += text.toString()))
    this.child = child
    await until(() => (this.log.includes('is ready') ? true : undefined))
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.child?.exitCode !== null || this.child.signalCode !== null) return
    this.child.kill(signal)
    await once(this.child, 'close')
  }

  ask(method: string, route: string, { body, headers = {}, port }: AskOptions = {}): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const where = port === undefined ? { socketPath: this.socketPath } : { host: '127.0.0.1', port }
      const json = body === undefined ? undefined : JSON.stringify(body)
      const request = http.request(
        {
          ...where,
          method,
          path: route,
          agent: false,
          headers: { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
        },
        (response) => {
          const pieces: Buffer[] = []
          response.on('data', (piece: Buffer) => pieces.push(piece))
          response.on('error', reject)
          response.on('end', () => {
            const text = Buffer.concat(pieces).toString('latin1')
            const isJson = response.headers['content-type'] === 'application/json'
            resolve({
              status: response.statusCode,
              headers: response.headers,
              body: (isJson ? JSON.parse(Buffer.concat(pieces).toString()) : {}) as Body,
              text,
            })
          })
        },
      )
      request.on('error', reject)
      request.end(json)
    })
  }

  get = (route: string): Promise<Reply> => this.ask('GET', `/api/v1/${route}`)
  post = (route: string, body: unknown = {}, headers = {}): Promise<Reply> =>
    this.ask('POST', `/api/v1/${route}`, { body, headers })
  put = (route: string, body: unknown, headers = {}): Promise<Reply> =>
    this.ask('PUT', `/api/v1/${route}`, { body, headers })
  delete = (route: string, headers = {}): Promise<Reply> =>
    this.ask('DELETE', `/api/v1/${route}`, { headers })

  /** Waits for the end of the newest run of a job. */
  async ended(job: string): Promise<Readonly<Record<string, unknown>>> {
    return until(async () => {
      const { body } = await this.get(`runs?job=${job}`)
      return body[0]?.['finished'] ? body[0] : undefined
    })
  }
}

/** Waits for something that comes by itself; the test's own limit ends it. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
