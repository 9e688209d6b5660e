import { expect, test } from 'vitest'
import { AttributeWish } from '../../src/mount/attribute-wish.ts'

test('folders are listed with attributes after somebody looked up files in a listed one', () => {
  const wish = new AttributeWish()
  expect(wish.isFor(1)).toBe(false)
  wish.lookedUp(9)
  expect(wish.isFor(2)).toBe(false)
  wish.lookedUp(2)
  const next = Array.from({ length: 65 }, (_, i) => wish.isFor(10 + i))
  expect(next).toEqual([...Array.from({ length: 64 }, () => true), false])
  // The last folder is asked for again: it counts as listed without.
  wish.lookedUp(74)
  expect(wish.isFor(1)).toBe(true)
})
