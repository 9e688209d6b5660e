/** The web side of the daemon: a port for browsers, behind a guard. It is off until somebody asks for it. */

import http from 'node:http'
import type { Socket } from 'node:net'
import { asButcherError, ButcherError } from '../errors.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import type { WebSettings } from '../jobs/definitions.ts'
import { ApiError, answerOfError } from './api-error.ts'
import { guardHeaders, guardRequest, isSafe, type WebNames } from './guard.ts'
import { sendPage } from './page-files.ts'
import { apiPrefix } from './api-prefix.ts'
import { writeJson } from './answer.ts'
import type { Caller } from './route.ts'
import { linkSeconds, type Sessions } from './sessions.ts'
import type { OpenWeb, WebDoor } from './web-door.ts'
import { hasPassword, scopeOfToken } from './web-access.ts'

const loopback = ['127.0.0.1', '::1'] as const
const headBytes = 16_384
const headMs = 10_000
const requestMs = 30_000
const idleMs = 120_000
const mostConnections = 256

/** Answers a request of the interface. */
type AnswerApi = (
  request: http.IncomingMessage,
  response: http.ServerResponse,
  caller: Caller,
) => Promise<void>

export class WebServer implements WebDoor {
  readonly #sessions: Sessions
  readonly #answerApi: AnswerApi
  #server: http.Server | undefined
  #open: OpenWeb | undefined
  #names: WebNames = { port: 0, hosts: [] }

  constructor(sessions: Sessions, answerApi: AnswerApi) {
    this.#sessions = sessions
    this.#answerApi = answerApi
  }

  get open(): OpenWeb | undefined {
    return this.#open
  }

  /** The name of the cookie: all ports of a name share their cookies. */
  get cookieName(): string {
    return `butcher-${this.#names.port}`
  }

  async start({ port, bind = loopback[0], hosts = [] }: WebSettings): Promise<OpenWeb> {
    if (!isLoopback(bind) && !hasPassword()) {
      this.stop()
      throw new ButcherError('usage', `cannot open the page on ${bind}: it has no password`, {
        hint: 'butcher web --set-password',
      })
    }
    const isSame = this.#open?.bind === bind && (port === undefined || port === this.#open.port)
    if (this.#open && !isSame) this.stop()
    const { port: opened } = this.#open ?? (await this.#listen(port ?? 0, bind))
    this.#names = { port: opened, hosts: isLoopback(bind) ? hosts : [...hosts, hostText(bind)] }
    this.#open = { port: opened, bind }
    return this.#open
  }

  stop(): void {
    this.#server?.closeAllConnections()
    this.#server?.close()
    this.#server = undefined
    this.#open = undefined
  }

  link(): { readonly url: string; readonly seconds: number } {
    const { bind, port } = this.#open as OpenWeb
    const host = bind === '0.0.0.0' || bind === '::' ? loopback[0] : hostText(bind)
    return { url: `http://${host}:${port}/login?once=${this.#sessions.newLink()}`, seconds: linkSeconds }
  }

  async #listen(port: number, bind: string): Promise<OpenWeb> {
    const server = http.createServer(
      { maxHeaderSize: headBytes, connectionsCheckingInterval: 2000, requireHostHeader: false },
      (request, response) => void this.#answer(request, response),
    )
    server.headersTimeout = headMs
    server.requestTimeout = requestMs
    server.maxConnections = mostConnections
    server.timeout = idleMs
    server.on('upgrade', (_, socket: Socket) => socket.destroy())
    server.on('connect', (_, socket: Socket) => socket.destroy())
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, bind, resolve)
      })
    } catch (error) {
      throw asButcherError(error, 'cannot listen on', `${hostText(bind)}:${port}`)
    }
    this.#server = server
    return { port: (server.address() as { readonly port: number }).port, bind }
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    try {
      for (const [name, value] of Object.entries(guardHeaders)) response.setHeader(name, value as string)
      const token = bearerOf(request)
      guardRequest(request, this.#names, token !== undefined)
      const { url = '' } = request
      if (url.startsWith(apiPrefix))
        return await this.#answerApi(request, response, this.#callerOf(request, token))
      if (!isSafe(request.method)) throw new ApiError(405, 'usage', 'this address can only be read')
      if (url === '/healthz') return writeJson(response, { status: 200, body: { ok: true } })
      if (url.startsWith('/login?')) return this.#logIn(request, response)
      sendPage(request, response)
    } catch (error) {
      if (response.headersSent) response.destroy()
      else {
        if (!request.complete) response.setHeader('connection', 'close')
        writeJson(response, answerOfError(error))
      }
    }
  }

  #callerOf(request: http.IncomingMessage, token: string | undefined): Caller {
    if (token !== undefined) {
      const scope = scopeOfToken(token)
      if (scope === undefined) throw new ApiError(401, 'login', 'the token is not valid')
      return { scope, session: undefined }
    }
    const session = this.#sessions.find(cookieOf(request, this.cookieName))
    return { scope: session ? 'admin' : 'anyone', session }
  }

  #logIn(request: http.IncomingMessage, response: http.ServerResponse): void {
    const secret = new URL(request.url ?? '', 'http://page').searchParams.get('once') ?? ''
    // A browser that only looks ahead would use the link up.
    const purpose = `${String(request.headers['sec-purpose'])} ${String(request.headers['purpose'])}`
    if (request.method !== 'GET' || purpose.includes('prefetch'))
      throw new ApiError(403, 'forbidden', 'a link begins a session only when it is opened')
    const isTaken = this.#sessions.takeLink(secret)
    response.writeHead(303, {
      location: isTaken ? './' : './?link=used',
      'cache-control': 'no-store',
      ...(isTaken ? { 'set-cookie': this.cookie(this.#sessions.begin()) } : {}),
    })
    response.end()
  }

  cookie(value: string): string {
    return `${this.cookieName}=${value}; HttpOnly; SameSite=Strict; Path=/${value === '' ? '; Max-Age=0' : ''}`
  }
}

/** The settings of the page, with those that a call gives. */
export const webSettings = (given: WebSettings = {}): WebSettings => ({
  ...readDefinitions().settings?.web,
  ...given,
})

const isLoopback = (bind: string): boolean => (loopback as readonly string[]).includes(bind)

const hostText = (address: string): string => (address.includes(':') ? `[${address}]` : address)

const bearerOf = ({ headers }: http.IncomingMessage): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1]

const cookieOf = ({ headers }: http.IncomingMessage, name: string): string | undefined =>
  headers.cookie
    ?.split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
