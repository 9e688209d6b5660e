/**
 * Guards the web side: pages of other sites, other names of this machine (DNS rebinding), other users of this
 * machine. Pure: the head of a request in, a refusal out.
 */

import type http from 'node:http'
import { ApiError } from './api-error.ts'

export interface WebNames {
  readonly port: number
  /** Names besides those of the loopback, which may stand with any port: a proxy may be in between. */
  readonly hosts: readonly string[]
}

type Head = Pick<http.IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'] as const
const safeMethods = ['GET', 'HEAD'] as const

/** Throws an `ApiError` for a request that must not be answered. */
export function guardRequest(head: Head, names: WebNames, hasToken: boolean): void {
  if (!head.url?.startsWith('/')) throw new ApiError(400, 'usage', 'the address is not valid')
  if (countOf(head, 'host') !== 1 || !isOwnHost(head.headers.host as string, names))
    throw new ApiError(421, 'usage', 'this machine does not have that name', {
      hint: 'butcher web --host NAME allows another name',
    })
  const site = head.headers['sec-fetch-site']
  const isOtherSite = site !== undefined && site !== 'same-origin' && site !== 'none'
  if (isSafe(head.method)) {
    // A link on another page may open the page. It may not ask its interface.
    if (isOtherSite && head.headers['sec-fetch-mode'] !== 'navigate') throw refusedSite()
    return
  }
  const { origin } = head.headers
  if (isOtherSite || (origin !== undefined && !isOwnOrigin(origin, head.headers.host as string)))
    throw refusedSite()
  // A browser always sends one of both with a request that changes something; a program sends a token.
  if (origin === undefined && site !== 'same-origin' && !hasToken) throw refusedSite()
  if (!/^application\/json\s*(;|$)/i.test(head.headers['content-type'] ?? ''))
    throw new ApiError(415, 'usage', 'the content type is not application/json')
}

const refusedSite = (): ApiError =>
  new ApiError(403, 'forbidden', 'the request comes from another site, or does not tell its origin')

export const isSafe = (method: string | undefined): boolean =>
  (safeMethods as readonly (string | undefined)[]).includes(method)

/** Node keeps the first of several headers, a proxy perhaps the last. */
const countOf = ({ rawHeaders }: Head, name: string): number =>
  rawHeaders.filter((one, i) => i % 2 === 0 && one.toLowerCase() === name).length

function isOwnHost(host: string, { port, hosts }: WebNames): boolean {
  const [, name, given] = /^(\[[0-9a-f:.]+\]|[^:]+)(?::(\d{1,5}))?$/i.exec(host.toLowerCase()) ?? []
  if (name === undefined) return false
  if ((loopbackNames as readonly string[]).includes(name)) return Number(given ?? 80) === port
  return hosts.some((one) => one.toLowerCase() === name)
}

/** The origin has the name and port that the browser asked for; its scheme is that of a proxy perhaps. */
const isOwnOrigin = (origin: string, host: string): boolean =>
  origin.toLowerCase() === `http://${host.toLowerCase()}` ||
  origin.toLowerCase() === `https://${host.toLowerCase()}`

/** The headers of every answer of the web side. */
export const guardHeaders: http.OutgoingHttpHeaders = {
  'content-security-policy': [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `manifest-src 'self'`,
    `form-action 'self'`,
    `base-uri 'none'`,
    `frame-ancestors 'none'`,
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}
