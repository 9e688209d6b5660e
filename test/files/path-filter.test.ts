import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { includedRoots, pathFilter, type PathFilterOptions } from '../../src/files/path-filter.ts'

const taken = (options: PathFilterOptions, ...paths: string[]): string[] => {
  const filter = pathFilter(options)
  return paths.filter((name) => filter(name.replace(/\/$/, ''), name.endsWith('/')))
}

describe('pathFilter', () => {
  test('takes everything without options', () => {
    expect(taken({}, 'a', '.hidden', 'dir/', '..odd/x')).toHaveLength(4)
  })

  test('takes what matches an include, and all that is in a directory that does', () => {
    expect(
      taken(
        { include: ['*.jpg', '/photos'] },
        'a.jpg',
        'x/b.jpg',
        'photos/',
        'photos/c.raw',
        'x/photos',
        'd',
      ),
    ).toEqual(['a.jpg', 'x/b.jpg', 'photos/', 'photos/c.raw'])
  })

  test('leaves what matches an exclude, also under an include', () => {
    const options = { include: ['src'], exclude: ['*.o', 'tmp/'] }
    expect(taken(options, 'src/a.c', 'src/a.o', 'src/tmp/', 'src/tmp/x', 'src/deep/tmp/x', 'other')).toEqual([
      'src/a.c',
    ])
  })

  test('a pattern with a trailing slash matches directories only', () => {
    expect(taken({ exclude: ['cache/'] }, 'cache', 'cache/')).toEqual(['cache'])
  })

  test('! takes back, later patterns win', () => {
    expect(taken({ exclude: ['*.log', '!keep.log'] }, 'a.log', 'keep.log')).toEqual(['keep.log'])
  })

  test('tells upper from lower case', () => {
    expect(taken({ include: ['*.jpg'] }, 'a.jpg', 'a.JPG')).toEqual(['a.jpg'])
  })

  test('the regular expression is for the whole path of what is no directory', () => {
    expect(taken({ filter: '^a/.*\\.txt$' }, 'a/', 'a/x.txt', 'a/x.md', 'b/', 'b/x.txt')).toEqual([
      'a/',
      'a/x.txt',
      'b/',
    ])
  })

  test('names that are no UTF-8 or hold newlines pass', () => {
    expect(
      taken({ exclude: ['*.txt'] }, 'a\udcff', 'b\udcff.txt', 'c\nd', 'e\nf.txt', 'back\\slash'),
    ).toEqual(['a\udcff', 'c\nd', 'back\\slash'])
  })

  test('reads patterns from files', () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'path-filter-'))
    const file = path.join(folder, 'patterns')
    fs.writeFileSync(file, '# comment\n\n*.o\r\n/build/\n')
    expect(taken({ excludeFrom: [file] }, 'a.o', 'build/', 'build/x', 'x/build/', 'a.c')).toEqual([
      'x/build/',
      'a.c',
    ])
    fs.rmSync(folder, { recursive: true })
  })

  test('more tests than one matcher takes', () => {
    const filter = pathFilter({ exclude: ['*.o'] })
    for (let i = 0; i < 25_000; i++) expect(filter(`f${i}.o`, false) || !filter(`f${i}.c`, false)).toBe(false)
  })

  test('refuses a bad regular expression, a bad pattern and a missing file', () => {
    expect(() => pathFilter({ filter: '(' })).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => pathFilter({ excludeFrom: ['/no/such/file'] })).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('/no/such/file') }),
    )
    expect(() => pathFilter({ include: ['[z-a]'] })).not.toThrow()
  })
})

describe('includedRoots', () => {
  test.each([
    [['/a'], ['a']],
    [
      ['/a/b', 'c/d/'],
      ['a/b', 'c/d'],
    ],
    [
      ['/a b/ü', 'x/y'],
      ['a b/ü', 'x/y'],
    ],
  ])('%j begins at the root', (include, roots) => {
    expect(includedRoots(include)).toEqual(roots)
  })

  test.each([
    [undefined], [[]], [['a']], [['a/']], [['/a', 'b']], [['/a/*.jpg']], [['/a/b?']], [['/[ab]/c']], [['!/a']], [['/']],
    [['/a//b']], [['/a/../b']], [['./a/b']], [['#a/b']], [['/a/b ']], [[String.raw`/a\ b`]], [[' /a']], [['**/a']],
  ])('%j may mean more', (include) => {
    expect(includedRoots(include)).toBeUndefined()
  }) // prettier-ignore

  test('nothing else is taken', () => {
    const paths = ['a', 'a/b', 'a/b/c', 'a/bc', 'b', 'b/a/b', 'x/y', 'x/y/z', 'x']
    const include = ['/a/b', 'x/y/']
    expect(includedRoots(include)).toEqual(['a/b', 'x/y'])
    expect(taken({ include }, ...paths, 'x/y/')).toEqual(['a/b', 'a/b/c', 'x/y/z', 'x/y/'])
  })
})
