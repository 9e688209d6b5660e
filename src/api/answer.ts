/** Answers to requests. */

import type http from 'node:http'

export interface Answer {
  readonly status: number
  readonly body?: object
  readonly headers?: http.OutgoingHttpHeaders
  /** Writes the answer itself, in place of `body`. */
  readonly write?: (response: http.ServerResponse) => Promise<void> | void
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

export function writeJson(response: http.ServerResponse, { status, body = {}, headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  response.end(`${JSON.stringify(body)}\n`)
}
