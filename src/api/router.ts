/** Finds the route of a request, reads its body, and writes the answer. */

import type http from 'node:http'
import { ApiError, answerOfError, notThere, wrongRequest } from './api-error.ts'
import type { ApiContext } from './api-context.ts'
import { AnswersByKey } from './answers-by-key.ts'
import { type Answer, writeJson } from './answer.ts'
import { apiPrefix } from './api-prefix.ts'
import type { ApiRequest, Caller, Route } from './route.ts'
import { routeGroups } from './routes.ts'
import { allows } from './scope.ts'

const mostBodyBytes = 1 << 20
const routes = routeGroups.flatMap((group) =>
  group.routes.map((route) => ({ route, parts: route.path.split('/') })),
)

export class Router {
  readonly #context: ApiContext
  readonly #answers = new AnswersByKey()

  constructor(context: ApiContext) {
    this.#context = context
  }

  /** Answers a request below `apiPrefix`; it never throws. */
  async answer(request: http.IncomingMessage, response: http.ServerResponse, caller: Caller): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    let answer: Answer
    try {
      answer = await this.#answerOf(request, caller, gone.signal)
      if (answer.write) {
        await answer.write(response)
        return
      }
    } catch (error) {
      if (response.headersSent) {
        response.destroy()
        return
      }
      answer = answerOfError(error)
    }
    // The rest of a body that nobody reads would keep the connection.
    if (!request.complete) response.setHeader('connection', 'close')
    writeJson(response, answer)
  }

  async #answerOf(request: http.IncomingMessage, caller: Caller, signal: AbortSignal): Promise<Answer> {
    const { url, names } = partsOf(request.url ?? '')
    const { route, params } = routeOf(request.method ?? '', names)
    if (!allows(caller.scope, route.scope) && caller.scope === 'anyone')
      throw new ApiError(401, 'login', 'you are not logged in', { hint: 'butcher web prints a link' })
    if (!allows(caller.scope, route.scope))
      throw new ApiError(
        403,
        'forbidden',
        `this needs the scope ${route.scope}, and yours is ${caller.scope}`,
      )
    const body = route.method === 'GET' ? undefined : await readBody(request)
    const asked: ApiRequest = {
      params,
      query: url.searchParams,
      body,
      headers: request.headers,
      ...caller,
      signal,
    }
    const work = async (): Promise<Answer> => route.handle(asked, this.#context)
    const key = request.headers['idempotency-key']
    return route.isOnce === true && typeof key === 'string'
      ? this.#answers.once(`${route.path} ${url.pathname} ${key}`, work)
      : work()
  }
}

function partsOf(address: string): { readonly url: URL; readonly names: readonly string[] } {
  try {
    const url = new URL(address, 'http://daemon')
    if (!url.pathname.startsWith(apiPrefix)) throw notThere(`there is no ${address.slice(0, 200)}`)
    return { url, names: url.pathname.slice(apiPrefix.length).split('/').map(decodeURIComponent) }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw wrongRequest('the address is not valid')
  }
}

interface Found {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

function routeOf(method: string, names: readonly string[]): Found {
  const there = routes.flatMap(({ route, parts }) => {
    const params = paramsOf(parts, names)
    return params ? [{ route, params }] : []
  })
  const found = there.find(({ route }) => route.method === method)
  if (found) return found
  const path = names.join('/').slice(0, 200)
  if (there.length === 0) throw notThere(`there is no ${apiPrefix}${path}`)
  throw new ApiError(405, 'usage', `${method} is not possible on ${path}`, {
    hint: `it takes ${[...new Set(there.map(({ route }) => route.method))].join(', ')}`,
  })
}

function paramsOf(
  parts: readonly string[],
  names: readonly string[],
): Readonly<Record<string, string>> | undefined {
  if (parts.length !== names.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, part] of parts.entries()) {
    const name = names[i] as string
    if (!part.startsWith('{')) {
      if (part !== name) return undefined
    } else if (name === '') return undefined
    else params[part.slice(1, -1)] = name
  }
  return params
}

/** The body from JSON. Throws for one that is too large or no JSON. */
async function readBody(request: http.IncomingMessage): Promise<unknown> {
  const tooLarge = (): ApiError =>
    new ApiError(413, 'usage', `the body is larger than ${mostBodyBytes} bytes`)
  if (Number(request.headers['content-length'] ?? 0) > mostBodyBytes) throw tooLarge()
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request) {
    bytes += (piece as Buffer).length
    if (bytes > mostBodyBytes) throw tooLarge()
    pieces.push(piece as Buffer)
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8')) as unknown
  } catch {
    throw wrongRequest('the body is not JSON')
  }
}
