import { expect, test } from 'vitest'
import {
  fileInSource,
  givenLength,
  showSource,
  sourceOfText,
  sourceText,
  type SourceTree,
} from '../../src/format/source-tree.ts'

const several: SourceTree = [
  { name: 'b', path: '/mnt/b' },
  { name: 'a', path: '/home/a' },
  { name: 'note', path: '/home/link', file: '/home/note.txt' },
]

test('files of one folder, and of named sources', () => {
  expect(fileInSource('/home', 'x/y')).toBe('/home/x/y')
  expect(fileInSource('/home', 'x\udcff')).toEqual(Buffer.from('/home/x\xff', 'latin1'))
  expect(fileInSource(several, 'a/x/y')).toBe('/home/a/x/y')
  expect(fileInSource(several, 'a')).toBe('/home/a/.')
  expect(fileInSource(several, 'note')).toBe('/home/note.txt')
  expect(fileInSource(several, 'ab/x')).toBe('/dev/null/ab')
  expect([givenLength('/home', 'x/y'), givenLength(several, 'note')]).toEqual([0, 4])
})

test('the text in a catalog says the names and paths, whatever they are', () => {
  expect(sourceText('/home')).toBe('/home')
  expect(sourceText(several)).toBe('{"a":"/home/a","b":"/mnt/b","note":"/home/link"}')
  expect(sourceOfText('/home')).toBe('/home')
  const odd: SourceTree = ['__proto__', '2', 'a"b', 'x\udcff', '\n'].map((name) => ({
    name,
    path: `/${name}`,
  }))
  const text = sourceText(odd)
  expect(text).toContain(String.raw`"x\udcff":"/x\udcff"`)
  const again = sourceOfText(text) as Exclude<SourceTree, string>
  expect(again.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    odd.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  )
  for (const not of ['{', '{"a":1}', '{"a":"/a"', '[]']) expect(sourceOfText(not)).toBe(not)
})

test('for people: the paths alone', () => {
  expect(showSource('/a\nb')).toBe(String.raw`/a\nb`)
  expect(showSource(several)).toBe('/mnt/b, /home/a, /home/link')
})
