import { expect, test } from 'vitest'
import type { ButcherEvent } from '../../src/events.ts'
import { Patience } from '../../src/store/patience.ts'
import { Trouble, troubleOf } from '../../src/store/rclone-error.ts'

const failing = (times: number, trouble: Trouble) => {
  let calls = 0
  return {
    calls: () => calls,
    call: async (): Promise<string> => {
      if (calls++ < times) throw trouble
      return 'done'
    },
  }
}

test('a store that is away is waited for, and told once', async () => {
  const events: ButcherEvent[] = []
  const patience = new Patience('rclone:x:y', 60_000, (event) => events.push(event))
  const away = troubleOf(500, 'dial tcp: connection refused')
  const first = failing(3, away)
  const second = failing(3, away)
  const doing = 'cannot list rclone:x:y'
  expect(await Promise.all([first, second].map(({ call }) => patience.try(doing, undefined, call)))).toEqual([
    'done',
    'done',
  ])
  expect(events.slice(0, 2)).toEqual([
    { type: 'note', message: 'waiting for rclone:x:y for up to 1 min: dial tcp: connection refused' },
    { type: 'note', message: 'rclone:x:y answers again' },
  ])
  expect([first.calls(), second.calls()]).toEqual([4, 4])
})

test('it is given up after its time', async () => {
  const patience = new Patience('rclone:x:y', 0)
  const { call } = failing(Infinity, troubleOf(500, 'unexpected EOF'))
  await expect(patience.try('cannot list rclone:x:y', undefined, call)).rejects.toMatchObject({
    code: 'io',
    message: 'cannot list rclone:x:y: no answer for 1 min: unexpected EOF',
    hint: 'run the same command again to continue',
  })
})

test('a final error ends the call at once, a strange one after five tries', async () => {
  const patience = new Patience('rclone:x:y')
  const full = failing(1, troubleOf(500, 'write: no space left on device'))
  await expect(patience.try('cannot write', undefined, full.call)).rejects.toMatchObject({ code: 'no-space' })
  expect(full.calls()).toBe(1)
  const local = failing(1, troubleOf(500, 'preallocate: file too big for remaining disk space'))
  await expect(patience.try('cannot write', undefined, local.call)).rejects.toMatchObject({
    code: 'no-space',
  })
  const strange = failing(Infinity, troubleOf(500, 'a strange thing'))
  await expect(patience.try('cannot write', undefined, strange.call)).rejects.toThrow(
    'cannot write: a strange thing',
  )
  expect(strange.calls()).toBe(5)
})

test('a stop ends the waiting', async () => {
  const patience = new Patience('rclone:x:y')
  const { call } = failing(Infinity, troubleOf(500, 'connection refused'))
  await expect(patience.try('cannot list', AbortSignal.timeout(20), call)).rejects.toMatchObject({
    code: 'aborted',
  })
})

test.each([
  [404, 'error in ListJSON: directory not found', 'missing'],
  [500, 'object not found', 'missing'],
  [500, 'Put "http://x": dial tcp 127.0.0.1:1: connect: connection refused', 'away'],
  [500, 'read metadata failed: 503 Service Unavailable', 'away'],
  [500, 'SlowDown: please reduce your request rate', 'away'],
  [500, "couldn't connect SSH: ssh: handshake failed: ssh: unable to authenticate", 'final'],
  [500, "failed to get dir: didn't find section in config file", 'final'],
  [500, 'AccessDenied: Access Denied status code: 403', 'final'],
  [500, 'no idea', 'passing'],
])('%i %s: %s', (status, message, kind) => {
  expect(troubleOf(status, message).kind).toBe(kind)
})
