import { expect, test } from 'vitest'
import { Tally } from '../../src/restore/restore-report.ts'

test('a path that fails twice is told and counted once', () => {
  const told: string[] = []
  const tally = new Tally((event) => event.type === 'warning' && told.push(event.message))
  tally.fail('a', 'first')
  tally.fail('a', 'second')
  tally.failStored('a', 'third')
  tally.fail('b\udcff', 'not UTF-8')
  tally.fail('b\udcff', 'again')
  expect(tally.failed).toBe(2)
  expect(tally.warnings).toBe(2)
  expect(told).toHaveLength(2)
  expect(told[0]).toBe('not restored: a: first')
})
