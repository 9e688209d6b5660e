import { expect, test } from 'vitest'
import { choicesOf, previewOf } from '../../src/page/timing.ts'
import { cronOfChoices, type SimpleTiming } from '../../src/schedule/describe-cron.ts'

test.each([
  '0 */6 * * *',
  '0 * * * *',
  '30 22 * * *',
  '0 3 */2 * *',
  '5 4 * * mon,thu',
  '0 2 15 * *',
  '0 2 1 */3 *',
])('the builder shows %s as choices, which make the same expression', (cron) => {
  const choices = choicesOf(cron)
  expect(choices.kind).not.toBe('cron')
  expect(cronOfChoices(previewOf(choices, 'UTC') as unknown as SimpleTiming)).toBe(cron)
})

test.each(['*/30 * * * *', '0 2 1 1 *', '0 2 1 * mon', '0 1-5 * * *', '0 2 * * mon-fri'])(
  'the builder shows %s as it is',
  (cron) => {
    expect(previewOf(choicesOf(cron), 'UTC')).toEqual({ cron, zone: 'UTC' })
  },
)

test('once is an empty expression', () => {
  expect(previewOf(choicesOf(''), 'UTC')).toEqual({ cron: '', zone: 'UTC' })
})
