/** The address of a queue: `redis://[USER:PASSWORD@]HOST[:PORT][/DB]`, or `rediss://` with TLS. */

import { ButcherError } from '../errors.ts'

export interface QueueAddress {
  readonly url: string
  /** Without user and password, for messages. */
  readonly shown: string
}

/** Throws `usage`. */
export function queueAddress(text: string): QueueAddress {
  const wrong = (why: string): ButcherError =>
    new ButcherError('usage', `the address of the queue ${why}`, {
      hint: 'write it as redis://HOST, redis://HOST:6379/0, or rediss://HOST with TLS',
    })
  let url: URL
  try {
    url = new URL(text.trim())
  } catch {
    throw wrong('is not a URL')
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    throw wrong('does not begin with redis:// or rediss://')
  if (url.hostname === '') throw wrong('has no host')
  if (!/^(\/\d*)?$/.test(url.pathname)) throw wrong('ends with something other than the number of a database')
  return { url: url.href, shown: `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}` }
}
