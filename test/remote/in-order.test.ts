import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { inOrder, type Settle } from '../../src/remote/in-order.ts'

const said: string[] = []
const sending = (name: string, ms: number) => async (): Promise<Settle> => {
  await sleep(ms)
  said.push(`sent ${name}`)
  return async () => {
    await sleep(1)
    said.push(`named ${name}`)
  }
}

test('files are sent side by side, and named step by step', async () => {
  said.length = 0
  await inOrder([[sending('catalog', 30)], [sending('a', 0), sending('b', 5)], [], [sending('sums', 0)]])
  expect(said.filter((text) => text.startsWith('named'))).toEqual([
    'named catalog',
    'named a',
    'named b',
    'named sums',
  ])
  expect(said.indexOf('sent sums')).toBeLessThan(said.indexOf('named catalog'))
})

test('after an error nothing more is named, and what runs is waited for', async () => {
  said.length = 0
  const failing = async (): Promise<Settle> => {
    throw new Error('the store is away')
  }
  await expect(inOrder([[sending('a', 0)], [failing], [sending('slow', 20)]])).rejects.toThrow('away')
  expect(said).toEqual(['sent a', 'named a', 'sent slow'])
})
