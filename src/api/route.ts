/** The form of a route. `routes.ts` has the table of all, from which docs/api.md is made. */

import type http from 'node:http'
import type { Answer } from './answer.ts'
import type { ApiContext } from './api-context.ts'
import type { Scope } from './scope.ts'
import type { Session } from './sessions.ts'

export interface Caller {
  readonly scope: Scope
  /** The session of a browser, if there is one. */
  readonly session: Session | undefined
}

export interface ApiRequest extends Caller {
  /** The parts of the path in braces. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  /** The body from JSON; undefined without one. */
  readonly body: unknown
  readonly headers: http.IncomingHttpHeaders
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal
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

/** The value of a name in the path. */
export const param = ({ params }: ApiRequest, name: string): string => params[name] as string
