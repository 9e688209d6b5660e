import { expect, test } from 'vitest'
import { SealPatience } from '../../src/pack/seal-patience.ts'

const aborted = (signal: AbortSignal): Promise<unknown> =>
  new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))

test('it ends some time after the last sign of life, and not before it begins', async () => {
  const patience = new SealPatience(undefined, 1)
  patience.renew()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(patience.signal.aborted).toBe(false)
  patience.begin()
  await aborted(patience.signal)
})

test('once over it ends nothing, and it ends with the signal that stops at once', async () => {
  const now = new AbortController()
  const patience = new SealPatience(now.signal, 1)
  patience.begin()
  patience.end()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(patience.signal.aborted).toBe(false)
  now.abort()
  expect(patience.signal.aborted).toBe(true)
})
