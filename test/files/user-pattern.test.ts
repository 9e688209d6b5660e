import { expect, test } from 'vitest'
import { pathFilter } from '../../src/files/path-filter.ts'
import { filePattern, type PatternPlace, userPath, userPattern } from '../../src/files/user-pattern.ts'

const place = (source: string | undefined, ...top: string[]): PatternPlace => ({
  source,
  isAtTop: (name) => top.includes(name),
})

test.each([
  ['x', 'x'],
  ['*.o', '*.o'],
  ['x/', 'x/'],
  ['./x', '/x'],
  ['././/x/', '/x/'],
  ['a//b', 'a/b'],
  ['a/./b//', 'a/b/'],
  ['/a/b', '/a/b'],
  ['**/b/**', '**/b/**'],
  ['.', '*'],
  ['./', '*'],
  ['#x', '\\#x'],
  ['\\#x', '\\#x'],
  ['!x', '!x'],
  ['!./x', '!/x'],
  ['x ', 'x\\ '],
  ['x  ', 'x\\ \\ '],
  ['x\\ ', 'x\\ '],
  ['.hidden', '.hidden'],
  ['..x', '..x'],
  ['/home/me/photos/2019/', '/2019/'],
  ['/home/me/photos//a/./*.jpg', '/a/*.jpg'],
  ['!/home/me/photos/keep', '!/keep'],
  ['/home/me/photos', '*'],
  ['/home/me/photos/', '*'],
  ['/home/me/photos-too/a', '/home/me/photos-too/a'],
  ['/home/me', '/home/me'],
  ['home/me/photos/a', 'home/me/photos/a'],
])('%j is %j of the source /home/me/photos', (text, pattern) => {
  expect(userPattern(text, place('/home/me/photos'))).toBe(pattern)
})

test('a name at the top of the source comes before a source below a folder of that name', () => {
  expect(userPattern('/usr/lib', place('/usr'))).toBe('/lib')
  expect(userPattern('/usr/lib', place('/usr', 'usr'))).toBe('/usr/lib')
  expect(userPattern('/lib', place('/'))).toBe('/lib')
  expect(userPattern('/lib', place(undefined))).toBe('/lib')
})

test('a source with characters that patterns give a meaning, as it is and escaped', () => {
  expect(userPattern('/a[1]/b*/c', place('/a[1]/b*'))).toBe('/c')
  expect(userPattern('/a\\[1\\]/b\\*/c', place('/a[1]/b*'))).toBe('/c')
})

test('in a file # and blanks at the end mean what they mean in a .gitignore', () => {
  expect(filePattern('#x', place('/s'))).toBe('#x')
  expect(filePattern('x ', place('/s'))).toBe('x ')
  expect(filePattern('/s/x', place('/s'))).toBe('/x')
  expect(filePattern('', place('/s'))).toBe('')
})

test('paths', () => {
  const at = place('/home/me')
  expect(['./a//b/', '/home/me/a/b', 'a/./b', '/a/b'].map((text) => userPath(text, at))).toEqual(
    Array.from({ length: 4 }, () => 'a/b'),
  )
  expect(['.', '/home/me/', '', '/'].map((text) => userPath(text, at))).toEqual(['', '', '', ''])
})

test.each([
  ['./x', ['x'], ['a/x', 'xy']],
  ['#x', ['#x'], ['x']],
  ['x ', ['x '], ['x']],
  ['a//b', ['a/b', 'a/b/c'], ['b']],
  ['.', ['x', 'a/b'], []],
  ['/s/t/a', ['a', 'a/b'], ['b/a']],
])('%j takes %j, and not %j', (text, taken, left) => {
  const filter = pathFilter({ include: [userPattern(text, place('/s/t'))] })
  expect(taken.filter((name) => filter(name, false))).toEqual(taken)
  expect(left.filter((name) => filter(name, false))).toEqual([])
})

test('an absolute path below one of several sources begins with its name', () => {
  const source = [
    { name: 'me', path: '/home/me' },
    { name: 'a*[', path: '/home/me/odd' },
    { name: 'note', path: '/etc/note' },
  ]
  const at: PatternPlace = { source, isAtTop: (name) => source.some((one) => one.name === name) }
  const patterns = [
    '/home/me/x',
    '/home/me',
    '/home/me/odd/y/',
    '/etc/note',
    '/me/x',
    '/else',
    '*.o',
    './me/x',
  ]
  expect(patterns.map((text) => userPattern(text, at))).toEqual([
    '/me/x',
    '/me',
    String.raw`/a\*\[/y/`,
    '/note',
    '/me/x',
    '/else',
    '*.o',
    '/me/x',
  ])
  expect(['/home/me/odd/y', 'me/x'].map((text) => userPath(text, at))).toEqual(['a*[/y', 'me/x'])
})
