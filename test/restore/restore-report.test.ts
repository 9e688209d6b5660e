import { expect, test } from 'vitest'
import { RestoreReport } from '../../src/restore/restore-report.ts'

test('a path that fails twice is told and counted once', () => {
  const told: string[] = []
  const report = new RestoreReport((event) => event.type === 'warning' && told.push(event.message))
  report.fail('a', 'first')
  report.fail('a', 'second')
  report.failStored('a', 'third')
  report.fail('b\udcff', 'not UTF-8')
  report.fail('b\udcff', 'again')
  expect(report.failed).toBe(2)
  expect(report.warnings).toBe(2)
  expect(told).toHaveLength(2)
  expect(told[0]).toBe('not restored: a: first')
})
