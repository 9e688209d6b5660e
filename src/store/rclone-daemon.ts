/**
 * One `rclone rcd` for a store. A call costs some milliseconds so, and a connection to the store stays open.
 * It listens on a free loopback port, for a random password that only its environment has. It ends with
 * butcher, also if that is killed.
 */

import { randomBytes } from 'node:crypto'
import type { ChildProcess } from 'node:child_process'
import type http from 'node:http'
import type { Socket } from 'node:net'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { endProgram, startProgram } from '../programs/run-program.ts'
import { rcloneEnvironment } from './rclone-environment.ts'
import { Trouble, troubleOf } from './rclone-error.ts'

/** The remote by which rclone knows the store: so its real name, with its secrets, is in no URL. */
export const storeRemote = 'butcherstore:'

const user = 'butcher'
/** A year: a slow upload is one answer. */
const longest = '8760h'
const startMs = 60_000
/** A listing of a million files has some 200 MB. */
const mostAnswerBytes = 512 << 20

interface Running {
  readonly child: ChildProcess
  readonly port: number
  readonly request: typeof http.request
  readonly agent: http.Agent
}

export class RcloneDaemon {
  readonly #program: string
  readonly #environment: NodeJS.ProcessEnv
  readonly #password = randomBytes(32).toString('hex')
  #running: Promise<Running> | undefined
  #isClosed = false

  /** Throws `program` if rclone is not installed. */
  constructor(remote: string, bandwidth: string | undefined) {
    const program = findProgram('rclone')
    if (program === undefined) {
      throw new ButcherError('program', 'rclone is not installed', {
        hint: 'on Debian: apt-get install rclone; or https://rclone.org/downloads',
      })
    }
    this.#program = program
    this.#environment = rcloneEnvironment({
      RCLONE_RC_ADDR: '127.0.0.1:0',
      RCLONE_RC_USER: user,
      RCLONE_RC_PASS: this.#password,
      RCLONE_RC_SERVE: 'true',
      RCLONE_RC_SERVER_READ_TIMEOUT: longest,
      RCLONE_RC_SERVER_WRITE_TIMEOUT: longest,
      RCLONE_ASK_PASSWORD: 'false',
      RCLONE_CONTIMEOUT: '20s',
      // In S3, the times of the local files would cost a request for each file.
      RCLONE_USE_SERVER_MODTIME: 'true',
      // butcher tries again itself, so that it can tell the user.
      RCLONE_LOW_LEVEL_RETRIES: '2',
      RCLONE_CONFIG_BUTCHERSTORE_TYPE: 'alias',
      RCLONE_CONFIG_BUTCHERSTORE_REMOTE: remote,
      ...(bandwidth === undefined ? {} : { RCLONE_BWLIMIT: bandwidth }),
    })
  }

  /** One call of rclone's API. Throws `Trouble`. */
  async call(command: string, parameters: object, signal?: AbortSignal): Promise<Record<string, unknown>> {
    const body = Buffer.from(JSON.stringify(parameters))
    const response = await this.#request(
      'POST',
      `/${command}`,
      { 'content-type': 'application/json' },
      body,
      signal,
    )
    const text = await wholeText(response)
    const answer = parsed(text)
    if (response.statusCode === 200 && answer) return answer
    const message = answer && typeof answer['error'] === 'string' ? answer['error'] : text
    throw troubleOf(response.statusCode ?? 0, message)
  }

  /** The bytes of a file from `first` on, up to `last` if given. Throws `Trouble`. */
  async open(
    path: string,
    first: number,
    last: number | undefined,
    signal?: AbortSignal,
  ): Promise<http.IncomingMessage> {
    const name = path.split('/').map(encodeURIComponent).join('/')
    const isPart = first > 0 || last !== undefined
    const headers = isPart ? { range: `bytes=${first}-${last ?? ''}` } : {}
    const response = await this.#request('GET', `/[${storeRemote}]/${name}`, headers, undefined, signal)
    if (response.statusCode === (isPart ? 206 : 200)) return response
    const text = await wholeText(response)
    // rclone answers so whatever keeps the file from being opened, also if `first` is behind its end.
    if (response.statusCode === 404 && text === '') throw new Trouble('away', 'the file does not open')
    throw troubleOf(response.statusCode ?? 0, text)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const running = await this.#running?.catch(() => undefined)
    if (!running) return
    running.agent.destroy()
    await endProgram(running.child, 1000)
  }

  async #request(
    method: string,
    path: string,
    headers: http.OutgoingHttpHeaders,
    body: Buffer | undefined,
    signal: AbortSignal | undefined,
  ): Promise<http.IncomingMessage> {
    throwIfAborted(signal)
    const { port, request: requestOf, agent } = await this.#start()
    const auth = `${user}:${this.#password}`
    return new Promise((resolve, reject) => {
      const request = requestOf(
        { host: '127.0.0.1', port, agent, method, path, headers, auth, ...(signal ? { signal } : {}) },
        resolve,
      )
      request.on('error', (error) => {
        // rclone itself has ended, or has closed an idle connection.
        reject(signal?.aborted ? error : new Trouble('away', `rclone does not answer: ${error.message}`))
      })
      request.end(body)
    })
  }

  /** Starts rclone, also again after it has ended. */
  async #start(): Promise<Running> {
    const before = await this.#running?.catch(() => undefined)
    if (before && before.child.exitCode === null && before.child.signalCode === null) return before
    if (this.#isClosed) throw new ButcherError('internal', 'the store is closed')
    this.#running = this.#launch()
    return this.#running
  }

  async #launch(): Promise<Running> {
    // The shell becomes rclone. A copy of it waits for the end of the pipe that butcher holds, and then
    // kills it.
    const script = '(trap "" HUP INT QUIT TERM; read -r word <&3; kill -9 $$) & exec "$0" rcd 3<&-'
    const child = startProgram('/bin/sh', ['-c', script, this.#program], {
      cwd: '/',
      env: this.#environment,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    })
    const pipe = child.stdio[3] as Socket | null
    pipe?.on('error', () => {})
    const port = await listeningPort(child)
    // Neither rclone nor its pipes keep butcher alive.
    child.unref()
    for (const one of [pipe, child.stderr as Socket | null]) one?.unref()
    // Its module loads an HTTP client of 0.5 MB more, which commands without a remote need not wait for.
    const { Agent, request } = await import('node:http')
    return { child, port, request, agent: new Agent({ keepAlive: true, maxSockets: 64 }) }
  }
}

/** Waits until rclone says on which port it listens. */
function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string): void => {
      clearTimeout(timer)
      const last =
        said
          .replace(/^\S+ \S+ /gm, '')
          .trim()
          .split('\n')
          .at(-1) ?? ''
      const { kind, message, code, hint } = troubleOf(0, `rclone did not start: ${last === '' ? why : last}`)
      reject(
        kind === 'final' ? new Trouble(kind, message, code, hint) : new Trouble('final', message, 'program'),
      )
    }
    const timer = setTimeout(() => {
      void endProgram(child, 0)
      fail(`it has said nothing for ${startMs / 1000} s`)
    }, startMs)
    child.once('error', (error) => fail(error.message))
    child.once('exit', (status, signal) => fail(`it ended with ${signal ?? status}`))
    child.stderr?.on('data', (data: Buffer) => {
      if (said.length < 65_536) said += data.toString()
      const port = /Serving remote control on http:\/\/127\.0\.0\.1:(\d+)\//.exec(said)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
    })
  })
}

async function wholeText(response: http.IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of response) {
      bytes += (piece as Buffer).length
      if (bytes > mostAnswerBytes) throw new Trouble('final', 'the answer is too large', 'damaged')
      pieces.push(piece as Buffer)
    }
  } catch (error) {
    throw error instanceof Trouble ? error : new Trouble('away', `rclone does not answer: ${String(error)}`)
  }
  return Buffer.concat(pieces).toString()
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
