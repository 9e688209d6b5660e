import { expect, test } from 'vitest'
import { jolietLabel } from '../../src/burn/joliet-label.ts'
import { discLabel, spareLabel } from '../../src/format/layout.ts'

const set = '0011223344556677'

test('the Joliet label tells discs and spares of a set apart in 16 characters', () => {
  const labels = [1, 2, 10, 999, 9999, 10_000, 99_999].flatMap((number) => [
    jolietLabel(discLabel(set, number)),
    jolietLabel(spareLabel(set, number)),
  ])
  expect(new Set(labels).size).toBe(labels.length)
  expect(labels.filter((label) => label.length > 16)).toEqual([])
  expect(labels.slice(0, 2)).toEqual(['BU_00112233_0001', 'SP_00112233_0001'])
})
