import { expect, test } from 'vitest'
import { RestoreReport } from '../../src/restore/restore-report.ts'

test('a path that fails twice is told and counted once', () => {
  const warnings: string[] = []
  const report = new RestoreReport((event) => event.type === 'warning' && warnings.push(event.message))
  report.fail('a', 'first')
  report.fail('a', 'second')
  report.failStored('a', 'third')
  report.fail('b\udcff', 'not UTF-8')
  report.fail('b\udcff', 'again')
  expect(report.failed).toBe(2)
  expect(report.warnings).toBe(2)
  expect(warnings).toHaveLength(2)
  expect(warnings[0]).toBe('not restored: a: first')
})
