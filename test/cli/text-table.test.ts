import { expect, test } from 'vitest'
import { textTable } from '../../src/cli/text-table.ts'

const rows = [
  ['disc', 'label', 'fill', 'location'],
  ['1', 'BUTCHER_0001', '98.9 %', 'cellar, second shelf from the left'],
  ['12', 'BUTCHER_0012', '3.1 %', '-'],
]

test('without a limit every row is one line, and numbers stand at the right', () => {
  expect(textTable(rows, { right: [0, 2], optional: [1] })).toEqual([
    'disc  label           fill  location',
    '   1  BUTCHER_0001  98.9 %  cellar, second shelf from the left',
    '  12  BUTCHER_0012   3.1 %  -',
  ])
})

test('the last column is wrapped at the width', () => {
  expect(textTable(rows, { right: [0, 2], width: 50 })).toEqual([
    'disc  label           fill  location',
    '   1  BUTCHER_0001  98.9 %  cellar, second shelf\n                            from the left',
    '  12  BUTCHER_0012   3.1 %  -',
  ])
})

test('optional columns are left out in their order, and only those that have to be', () => {
  const narrow = textTable(rows, { right: [0, 2], width: 30, optional: [1, 2] })
  expect(narrow[0]).toBe('disc    fill  location')
  expect(textTable(rows, { right: [0, 2], width: 20, optional: [1, 2] })[0]).toBe('disc  location')
})

test.each([24, 40, 60, 80, 120])('no line is wider than %d columns', (width) => {
  const lines = textTable(rows, { right: [0, 2], width, optional: [1, 2] }).flatMap((row) => row.split('\n'))
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
})

test('an empty table has no rows', () => {
  expect(textTable([], { width: 80 })).toEqual([])
})
