import { expect, test } from 'vitest'
import { checksumText, parseChecksums } from '../../src/format/checksum-list.ts'

const [a, b] = ['a'.repeat(64), 'b'.repeat(64)]

test('a list is sorted by name, and read as it was written', () => {
  const text = checksumText(
    new Map([
      ['chunks/2', b],
      ['README.txt', a],
      ['chunks/ä b', a],
    ]),
  )
  expect(text).toBe(`${a}  README.txt\n${b}  chunks/2\n${a}  chunks/ä b\n`)
  const { sums, wrongLines } = parseChecksums(Buffer.from(text))
  expect([...sums]).toEqual([
    ['README.txt', a],
    ['chunks/2', b],
    ['chunks/ä b', a],
  ])
  expect(wrongLines).toEqual([])
  expect(checksumText([])).toBe('')
})

test('a line in any other form is a wrong one', () => {
  const lines = [
    `${a}  right`,
    `${a} *binary`,
    `${a.toUpperCase()}  capitals`,
    `${a} one blank`,
    'no sum',
    `${b}  right`,
  ]
  const { sums, wrongLines } = parseChecksums(Buffer.from(`${lines.join('\n')}\n`))
  expect([...sums]).toEqual([['right', a]])
  expect(wrongLines).toEqual([2, 3, 4, 5, 6])
  expect(parseChecksums(Buffer.from(`${a}  cut`))).toMatchObject({ wrongLines: [1] })
})
