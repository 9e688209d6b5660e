import { expect, test } from 'vitest'
import { nothingPicked, pick, type Selection, toggle } from '../../src/page/selection.ts'

const order = ['a', 'b', 'c', 'd', 'e']
const plain = { ctrlKey: false, shiftKey: false, metaKey: false }
const picked = (selection: Selection): string => [...selection.picked].sort().join('')

test('a click takes one, Ctrl adds, Shift takes a range, both add a range', () => {
  const one = pick(pick(nothingPicked, order, 'a', plain), order, 'b', plain)
  expect(picked(one)).toBe('b')
  expect(picked(pick(one, order, 'd', { ...plain, ctrlKey: true }))).toBe('bd')
  expect(picked(pick(one, order, 'd', { ...plain, shiftKey: true }))).toBe('bcd')
  expect(picked(pick(one, order, 'a', { ...plain, shiftKey: true }))).toBe('ab')
  const two = toggle(one, 'e')
  expect(picked(pick(two, order, 'd', { ...plain, shiftKey: true, metaKey: true }))).toBe('bde')
  expect(picked(toggle(two, 'b'))).toBe('e')
})

test('a range without a beginning takes one', () => {
  expect(picked(pick(nothingPicked, order, 'c', { ...plain, shiftKey: true }))).toBe('c')
})
