import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { pathPattern } from '../../src/catalog/path-pattern.ts'
import { oddNames } from '../support/sample-trees.ts'

const cases: readonly (readonly [pattern: string, fits: readonly string[], not: readonly string[]])[] = [
  ['*.jpg', ['a.jpg', 'x/y/a.jpg', '.jpg'], ['a.jpeg', 'a.jpg/b', 'a.JPG']],
  ['a?c', ['abc', 'x/aéc', 'x/a😀c'], ['ac', 'a/c', 'abbc']],
  ['[a-c]1', ['a1', 'x/c1'], ['d1', 'A1']],
  ['[!a-c]1', ['d1', 'x/-1'], ['a1', 'x/1']],
  ['[]x]', [']', 'x'], ['[', '[]x]']],
  ['a[b', ['a[b'], ['ab']],
  ['{a,b}.txt', ['a.txt', 'x/b.txt'], ['c.txt', '{a,b}.txt']],
  ['{a,b{c,d}}', ['a', 'bc', 'bd'], ['b', 'bcd']],
  ['{a}', ['{a}'], ['a']],
  [String.raw`\*`, ['*', 'x/*'], ['a']],
  [String.raw`\{a,b\}`, ['{a,b}'], ['a']],
  ['x/*.txt', ['x/a.txt'], ['x/y/a.txt', 'z/x/a.txt', 'x/a.txt/b']],
  ['/a.txt', ['a.txt'], ['x/a.txt']],
  ['./x/a', ['x/a'], ['a']],
  ['x/**', ['x/a', 'x/y/a'], ['x', 'y/x/a']],
  ['**/a', ['a', 'x/a', 'x/y/a'], ['ba', 'x/ba']],
  ['x/**/a', ['x/a', 'x/y/z/a'], ['xa', 'y/x/a', 'x/ya']],
  ['x/a', ['x/a'], ['x/ab', 'x/a/b']],
  ['new\nline', ['new\nline'], ['new line']],
  ['*\udcff*', ['not-\udcff', 'x/\udcff'], ['not-\udcfe']],
]

describe.each(cases)('%j', (text, fits, not) => {
  const pattern = pathPattern(text)

  test('fits what it should', () => {
    expect(fits.filter((path) => !pattern.matches(path, false))).toEqual([])
    expect(not.filter((path) => pattern.matches(path, false))).toEqual([])
  })

  test('lets SQLite pass whatever fits', () => {
    const db = new Database(':memory:')
    const passes = db.prepare('SELECT ? GLOB ?').pluck()
    for (const path of fits.filter((candidate) => candidate.isWellFormed() && text.isWellFormed())) {
      expect([path, pattern.globs.some((glob) => passes.get(path, glob) === 1)]).toEqual([path, true])
      expect(path.startsWith(pattern.folder)).toBe(true)
    }
    db.close()
  })
})

test('any name, escaped, fits itself alone', () => {
  for (const name of oddNames) {
    const pattern = pathPattern(name.replace(/[\\*?[\]{}]/g, String.raw`\$&`))
    expect(oddNames.filter((other) => pattern.matches(`x/${other}`, false))).toEqual([name])
  }
})

test('upper and lower case can be taken for the same', () => {
  const pattern = pathPattern('ÄRGER/*.Jpg', { ignoreCase: true })
  expect(pattern.matches('ärger/X.JPG', false)).toBe(true)
  expect(pattern.exactPath).toBeUndefined()
  expect(pattern.folder).toBe('')
  const db = new Database(':memory:')
  expect(db.prepare('SELECT ? GLOB ?').pluck().get('ärger/X.JPG', pattern.globs[0])).toBe(1)
  db.close()
})

test('a slash at the end asks for a directory', () => {
  const pattern = pathPattern('photos/')
  expect(pattern.matches('x/photos', true)).toBe(true)
  expect(pattern.matches('x/photos', false)).toBe(false)
})

test('a pattern without wildcards, or with a folder in front, narrows the search', () => {
  expect(pathPattern('x/y/a.txt')).toMatchObject({ exactPath: 'x/y/a.txt' })
  expect(pathPattern('x/y/*.txt')).toMatchObject({ exactPath: undefined, folder: 'x/y' })
  expect(pathPattern('x/y*')).toMatchObject({ folder: 'x' })
  expect(pathPattern('a.txt')).toMatchObject({ exactPath: undefined, folder: '' })
  expect(pathPattern('{x/a,y/b}')).toMatchObject({ exactPath: undefined, folder: '' })
})

test.each(['', '/', './', '{a,b}'.repeat(9)])('%j is refused', (text) => {
  expect(() => pathPattern(text)).toThrow(expect.objectContaining({ code: 'usage' }))
})
