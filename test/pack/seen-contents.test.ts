import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { SeenContents, sharedContents } from '../../src/pack/seen-contents.ts'

const hashOf = (n: number): string => createHash('sha256').update(String(n)).digest('hex')

test('of two workers one is told that it stores a content, the other that it is elsewhere', () => {
  const shared = sharedContents(5000)
  const [one, other] = [new SeenContents(shared), new SeenContents(shared)]
  for (let n = 0; n < 5000; n++) {
    const [first, second] = n % 2 ? [one, other] : [other, one]
    expect(first.seenElsewhere(hashOf(n))).toBe(false)
    expect(second.seenElsewhere(hashOf(n))).toBe(true)
  }
  one.record(hashOf(1), { content: 7, member: 'a' })
  expect(one.find(hashOf(1))).toEqual({ content: 7, member: 'a' })
  expect(other.find(hashOf(1))).toBeUndefined()
  one.beginChunk()
  expect(one.find(hashOf(1))).toBeUndefined()
})

test('more contents than there is room for are stored each', () => {
  const seen = new SeenContents(sharedContents(1))
  const taken = Array.from({ length: 20_000 }, (_, n) => seen.seenElsewhere(hashOf(n)))
  expect(taken.filter(Boolean)).toHaveLength(0)
})
