/** Loads the packages of the queue, and tells at the start if the server cannot be used. */

import type * as BullMq from 'bullmq'
import type { Redis, RedisOptions } from 'ioredis'
import { ButcherError, systemCode } from '../errors.ts'
import type { Report } from '../events.ts'
import type { QueueAddress } from './queue-address.ts'

export interface QueuePackages {
  readonly bullmq: typeof BullMq
  readonly connect: (address: QueueAddress, options: RedisOptions) => Redis
}

/** Throws `program` if they are not installed: one machine needs neither. */
export async function loadQueuePackages(): Promise<QueuePackages> {
  try {
    const [bullmq, ioredis] = await Promise.all([import('bullmq'), import('ioredis')])
    return { bullmq, connect: ({ url }, options) => new ioredis.Redis(url, options) }
  } catch (cause) {
    throw new ButcherError(
      'program',
      'a queue needs the packages bullmq and ioredis, which are not installed',
      {
        hint: 'npm install -g bullmq ioredis, beside butcher',
        cause,
      },
    )
  }
}

/** BullMQ needs commands of this version. */
const leastVersion = [6, 2] as const

/** Throws `io` if the server is not reached, `secret` for a wrong password, `program` if it is too old. */
export async function checkServer(
  { connect }: QueuePackages,
  address: QueueAddress,
  report: Report,
): Promise<void> {
  const client = connect(address, {
    lazyConnect: true,
    retryStrategy: () => null,
    connectTimeout: 5000,
    maxRetriesPerRequest: 0,
  })
  let reason: unknown
  client.on('error', (error: unknown) => (reason ??= error))
  const warn = (message: string): void => report({ type: 'warning', kind: 'other', message })
  try {
    await client.connect()
    const facts = await client.info()
    const fact = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(facts)?.[1] ?? ''
    refuseOld(fact('redis_version'), address)
    if (fact('aof_enabled') === '0' && fact('loading') !== '1')
      warn(
        `${address.shown} keeps no append-only file: after a crash of it, jobs are packed again (appendonly yes)`,
      )
    if (!['', 'noeviction'].includes(fact('maxmemory_policy')))
      warn(`${address.shown} may drop jobs when its memory is full (maxmemory-policy noeviction)`)
  } catch (error) {
    throw error instanceof ButcherError ? error : unreachable(reason ?? error, address)
  } finally {
    client.disconnect()
  }
}

function refuseOld(version: string, { shown }: QueueAddress): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > leastVersion[0] || (major === leastVersion[0] && minor >= leastVersion[1])) return
  throw new ButcherError('program', `the Redis at ${shown} is version ${version}, and the queue needs 6.2`, {
    hint: 'install a newer Redis, or Valkey',
  })
}

function unreachable(error: unknown, { shown }: QueueAddress): ButcherError {
  const message = error instanceof Error ? error.message : String(error)
  if (/WRONGPASS|NOAUTH|invalid password|invalid username/i.test(message))
    return new ButcherError('secret', `the queue ${shown} refuses the password, or wants one`, {
      hint: 'put redis://USER:PASSWORD@HOST into a file, and give it by --queue-file',
      cause: error,
    })
  const why =
    systemCode(error) === 'ECONNREFUSED' ? 'nothing listens there' : message.replace(/\.$/, '') || 'no answer'
  return new ButcherError('io', `cannot reach the queue ${shown}: ${why}`, {
    hint: 'start Redis or Valkey there, or check the address',
    cause: error,
  })
}
