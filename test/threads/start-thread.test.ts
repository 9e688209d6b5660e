import { expect, test } from 'vitest'
import { ButcherError } from '../../src/errors.ts'
import { fromPlain, type PlainError, toPlain } from '../../src/threads/plain-error.ts'
import { startThread, type Thread } from '../../src/threads/start-thread.ts'

interface Started {
  readonly thread: Thread<string>
  readonly said: (string | PlainError)[]
  readonly deaths: ButcherError[]
  /** Resolves with the next message. */
  readonly next: () => Promise<void>
}

function start(): Started {
  const said: (string | PlainError)[] = []
  const deaths: ButcherError[] = []
  let wake = (): void => {}
  const thread = startThread<string, string | PlainError>(new URL('./sample-thread.ts', import.meta.url), {
    name: 'a thread',
    onMessage: (message) => {
      said.push(message)
      wake()
    },
    onDeath: (error) => deaths.push(error),
  })
  return { thread, said, deaths, next: () => new Promise((resolve) => (wake = resolve)) }
}

test('a thread that ends by itself is noticed, after all its messages', async () => {
  const { thread, said, deaths } = start()
  thread.send('hello')
  thread.send('exit')
  await thread.gone
  expect(said).toEqual(['hello'])
  expect(deaths).toMatchObject([{ code: 'internal', message: 'a thread ended by itself, with status 3' }])
})

test('a thread that throws dies once, with its error as the cause', async () => {
  const { thread, deaths } = start()
  thread.send('throw')
  await thread.gone
  expect(deaths).toHaveLength(1)
  expect(deaths[0]).toMatchObject({
    message: 'a thread died: RangeError: out of range',
    cause: { message: 'out of range', stack: expect.stringContaining('sample-thread') as string },
  })
})

test('a thread that is ended does not die', async () => {
  const { thread, deaths } = start()
  await thread.end()
  await thread.gone
  expect(deaths).toEqual([])
})

test('an error arrives with class, code, path, hint, stack and cause', async () => {
  const { thread, said, next } = start()
  const answer = next()
  thread.send('fail')
  await answer
  await thread.end()
  const error = fromPlain(said[0] as PlainError)
  expect(error).toBeInstanceOf(ButcherError)
  expect(error).toMatchObject({ code: 'io', message: 'cannot write', path: '/a', hint: 'do' })
  expect(error.stack).toContain('sample-thread')
  expect(error.cause).toMatchObject({ message: 'no room', code: 'ENOSPC', errno: -28, syscall: 'write' })
})

test('whatever is thrown becomes an error', () => {
  expect(fromPlain(toPlain('words'))).toMatchObject({ message: 'words' })
  const circle = new Error('its own cause')
  circle.cause = circle
  expect(fromPlain(toPlain(circle)).message).toBe('its own cause')
})
