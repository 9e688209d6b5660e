/** The form of a route. `routes.ts` has the table of all, from which docs/api.md is made. */

import type http from 'node:http'
import type { ApiContext } from './api-context.ts'

/** What a caller may do; each scope includes those before it, but `metrics` stands alone. */
const scopes = ['read', 'run', 'admin'] as const
export type Scope = (typeof scopes)[number] | 'metrics'

export const allows = (given: Scope, needed: Scope): boolean =>
  given === needed || (given !== 'metrics' && rankOf(given) >= rankOf(needed))

/** Whoever may do everything may also read the metrics. */
const rankOf = (scope: Scope): number => (scope === 'metrics' ? scopes.length - 1 : scopes.indexOf(scope))

export interface ApiRequest {
  /** The parts of the path in braces. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body from JSON; undefined without one. */
  readonly body: unknown
  readonly headers: http.IncomingHttpHeaders
  readonly scope: Scope
  /** The session of a browser, if there is one. */
  readonly session: string | undefined
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
}

export interface Answer {
  readonly status: number
  readonly body?: object
  readonly headers?: http.OutgoingHttpHeaders
  /** Writes the answer itself, in place of `body`. */
  readonly write?: (response: http.ServerResponse) => Promise<void> | void
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below `/api/v1/`: `jobs/{name}/run`. */
  readonly path: string
  readonly scope: Scope
  /** Begins with a verb. */
  readonly summary: string
  /** Parameters of the address, with their meanings. */
  readonly query?: Readonly<Record<string, string>>
  /** The fields of the body. */
  readonly body?: string
  /** The answer of status 200, 201 or 202. */
  readonly answer: string
  /** The same `Idempotency-Key` gets the same answer, and nothing is done twice. */
  readonly isOnce?: boolean
  readonly handle: (request: ApiRequest, context: ApiContext) => Answer | Promise<Answer>
}

export const ok = (body: object, headers?: http.OutgoingHttpHeaders): Answer => ({
  status: 200,
  body,
  ...(headers === undefined ? {} : { headers }),
})
export const created = (body: object, headers: http.OutgoingHttpHeaders): Answer => ({
  status: 201,
  body,
  headers,
})
export const accepted = (body: object): Answer => ({ status: 202, body })

/** The value of a name in the path. */
export const param = ({ params }: ApiRequest, name: string): string => params[name] as string
