import { expect, test } from 'vitest'
import { parseDiscNumbers } from '../../src/format/disc-numbers.ts'
import { timeBefore } from '../../src/format/duration-text.ts'

test('discs are given by number, as a list and as a range', () => {
  expect(parseDiscNumbers('3')).toEqual([3])
  expect(parseDiscNumbers('7, 3-5,4')).toEqual([7, 3, 4, 5])
  for (const wrong of ['', '0', '3-', '5-3', 'all', '1e3', '-2', '3;4'])
    expect(() => parseDiscNumbers(wrong)).toThrow('not a disc number')
})

test('a span of time goes back by days, or by the months and years of the calendar', () => {
  const now = Date.UTC(2024, 2, 31, 12, 30)
  const before = (text: string): string => new Date(timeBefore(text, now)).toISOString().slice(0, 16)
  expect(before('90d')).toBe('2024-01-01T12:30')
  expect(before('2w')).toBe('2024-03-17T12:30')
  expect(before('1m')).toBe('2024-02-29T12:30')
  expect(before('13M')).toBe('2023-02-28T12:30')
  expect(before('1y')).toBe('2023-03-31T12:30')
  for (const wrong of ['', '1', 'y', '1.5y', '-1d', '1 year'])
    expect(() => timeBefore(wrong, now)).toThrow('not a span of time')
})
