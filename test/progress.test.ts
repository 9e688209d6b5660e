import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ButcherEvent } from '../src/events.ts'
import { pace, paced } from '../src/progress.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('an event is due at first, then after each interval, and always if asked for', () => {
  const isDue = pace(100)
  expect(isDue()).toBe(true)
  vi.advanceTimersByTime(99)
  expect(isDue()).toBe(false)
  vi.advanceTimersByTime(1)
  expect(isDue()).toBe(true)
  expect(isDue(true)).toBe(true)
  vi.advanceTimersByTime(99)
  expect(isDue()).toBe(false)
})

test('of progress the first event and the last one pass', () => {
  const told: ButcherEvent[] = []
  const progress = paced((event) => told.push(event))
  for (let bytes = 1; bytes <= 5; bytes++)
    progress({ type: 'progress', stage: 'repair', bytes, files: 0, totalBytes: 5 })
  expect(told).toMatchObject([{ bytes: 1 }, { bytes: 5 }])
})
