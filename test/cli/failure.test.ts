import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { asFailure, failureLine, failureStatus } from '../../src/cli/failure.ts'
import { ButcherError } from '../../src/errors.ts'

const thrownBy = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}

test('an error of ours is its message, and the hint behind it', () => {
  const error = new ButcherError('secret', 'wrong passphrase', { hint: 'try another' })
  expect(asFailure(error)).toBe(error)
  expect(failureLine(error)).toBe('error: wrong passphrase (try another)')
  const statuses = (['io', 'catalog', 'usage', 'no-set', 'locked', 'secret', 'key', 'aborted'] as const).map(
    (code) => failureStatus(new ButcherError(code, 'x')),
  )
  expect(statuses).toEqual([1, 1, 2, 10, 11, 12, 12, 130])
})

test('it is one line, and does nothing to a terminal', () => {
  expect(failureLine(new ButcherError('io', 'cannot read a\nb\u001b[2J'))).toBe(
    String.raw`error: cannot read a\nb\x1b[2J`,
  )
})

test('a system error is told by its path and its words', () => {
  const nowhere = path.join(import.meta.dirname, 'nowhere')
  const error = thrownBy(() => fs.readFileSync(nowhere))
  expect(failureLine(asFailure(error))).toBe(`error: ${nowhere}: no such file or directory`)
})

test('a fault of SQLite is a trouble with the catalog', () => {
  const db = new Database(Buffer.from('no database at all'.repeat(300)))
  const failure = asFailure(thrownBy(() => db.prepare('SELECT * FROM sqlite_schema').all()))
  expect(failure).toMatchObject({
    code: 'catalog',
    message: expect.stringContaining('cannot be read') as string,
  })
  db.close()
})

test('what nobody foresaw is told as a fault of butcher, in one line', () => {
  const line = failureLine(asFailure(new TypeError('x is undefined')))
  expect(line).toBe(
    'error: x is undefined (a fault of butcher; please report it; BUTCHER_DEBUG=1 shows the stack)',
  )
})
