import { expect, test } from 'vitest'
import { checkBandwidth } from '../../src/store/bandwidth.ts'

test.each([
  '10M',
  '1.5Mi',
  '512k',
  '100',
  'off',
  '10M:100k',
  '08:00,512k 19:00,off',
  'Mon-00:00,512 Fri-23:59,10M:off',
])('%s is a limit', (text) => {
  expect(checkBandwidth(text)).toBe(text)
})

test.each(['nonsense', '', '10 M', '08:00 512k', '10M,5M', '-1M', '10M\n--config=x'])(
  '%j is none',
  (text) => {
    expect(() => checkBandwidth(text, '--bwlimit')).toThrow('is not a speed or a timetable')
  },
)
