import { expect, test } from 'vitest'
import { nearest } from '../../src/cli/nearest.ts'

const known = [
  '--exclude',
  '--exclude-from',
  '--include',
  '--passphrase',
  '--passphrase-file',
  '--hash',
  '--at',
  '--json',
]

test.each([
  ['--exlude', '--exclude'],
  ['--exclude-form', '--exclude-from'],
  ['--inclued', '--include'],
  ['--pass', '--passphrase'],
  ['--hsah', '--hash'],
  ['-at', '--at'],
  ['--jsno', '--json'],
  ['--x', undefined],
  ['--frobnicate', undefined],
])('%s is near to %s', (word, expected) => {
  expect(nearest(word, known)).toBe(expected)
})
