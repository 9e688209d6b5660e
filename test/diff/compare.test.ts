import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Comparison } from '../../src/diff/compare.ts'
import type { EntryState } from '../../src/format/entry-state.ts'
import type { EntryType } from '../../src/format/manifest.ts'
import { isTextPath } from '../../src/format/path-text.ts'

const entry = (path: string, more: Partial<EntryState> = {}): EntryState => ({
  path, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 1n, ctime: 2n, inode: 3n, size: 4, link: null, device: null, ...more,
}) // prettier-ignore

const inOrder = (a: EntryState, b: EntryState): number =>
  Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))

function compared(found: readonly EntryState[], previous: readonly EntryState[]): string[] {
  const text = previous.filter(({ path }) => isTextPath(path)).toSorted(inOrder)
  const bytes = new Map(previous.filter(({ path }) => !isTextPath(path)).map((one) => [one.path, one]))
  const changes: string[] = []
  const comparison = new Comparison(
    text[Symbol.iterator](),
    bytes,
    ({ kind, entry: now, previous: then }) => void changes.push(`${kind} ${(now ?? then)?.path}`),
  )
  for (const each of found) comparison.see(each)
  comparison.end()
  comparison.close()
  return changes
}

describe('two states are merged', () => {
  test('new, changed, unchanged and gone', () => {
    const found = [entry('a'), entry('b', { mtime: 9n }), entry('d'), entry('e')]
    const previous = [entry('0'), entry('b'), entry('c'), entry('d'), entry('z')]
    expect(compared(found, previous)).toEqual([
      'gone 0',
      'new a',
      'changed b',
      'gone c',
      'unchanged d',
      'new e',
      'gone z',
    ])
    expect(compared([], [])).toEqual([])
    expect(compared(found, [])).toEqual(['new a', 'new b', 'new d', 'new e'])
    expect(compared([], previous)).toEqual(['gone 0', 'gone b', 'gone c', 'gone d', 'gone z'])
  })

  test('names that are not UTF-8 stand wherever the walk puts them', () => {
    const found = [entry('a'), entry('x\udcff'), entry('b'), entry('new\udcfe')]
    const previous = [entry('a'), entry('b'), entry('x\udcff'), entry('gone\udc80')]
    expect(compared(found, previous)).toEqual([
      'unchanged a',
      'unchanged x\udcff',
      'unchanged b',
      'new new\udcfe',
      'gone gone\udc80',
    ])
  })

  test('each path of either side comes once, whatever there is', () => {
    const path = fc.oneof(
      fc.stringMatching(/^[a-c/.\-é\u{1f600}\ue000]{1,4}$/u),
      fc.constantFrom('x\udcff', 'y\udc80'),
    )
    const state = fc.dictionary(path, fc.nat(2))
    fc.assert(
      fc.property(state, state, (now, then) => {
        const entries = (of: Record<string, number>): EntryState[] =>
          Object.entries(of).map(([name, mtime]) => entry(name, { mtime: BigInt(mtime) }))
        const expected = [...new Set([...Object.keys(now), ...Object.keys(then)])].map((name) => {
          if (!Object.hasOwn(then, name)) return `new ${name}`
          if (!Object.hasOwn(now, name)) return `gone ${name}`
          return `${now[name] === then[name] ? 'unchanged' : 'changed'} ${name}`
        })
        expect(compared(entries(now).sort(inOrder), entries(then)).sort()).toEqual(expected.sort())
      }),
      { numRuns: 300 },
    )
  })
})

describe('what counts as a change', () => {
  const kind = (then: Partial<EntryState>, now: Partial<EntryState>): string =>
    compared([entry('a', now)], [entry('a', then)])[0]?.split(' ')[0] as string

  test.each([
    { mtime: 5n }, { ctime: 5n }, { inode: 5n }, { size: 5 }, { mode: 0o600 }, { uid: 5 }, { gid: 5 }, { type: 'dir' as const },
  ])('of a file: %o', (now) => expect(kind({}, now)).toBe('changed')) // prettier-ignore

  test('of anything else, inode says nothing; ctime does, as attributes may be others', () => {
    const others: EntryType[] = ['dir', 'symlink', 'fifo', 'socket', 'chardev', 'blockdev']
    for (const type of others) {
      expect(kind({ type }, { type, inode: 5n })).toBe('unchanged')
      expect(kind({ type }, { type, ctime: 5n })).toBe('changed')
      expect(kind({ type }, { type, mtime: 5n })).toBe('changed')
    }
    expect(kind({ type: 'symlink', link: 'a' }, { type: 'symlink', link: 'b' })).toBe('changed')
    expect(kind({ type: 'chardev', device: '1,3' }, { type: 'chardev', device: '1,5' })).toBe('changed')
    expect(kind({ type: 'hardlink', link: 'a' }, { type: 'hardlink', link: 'a', ctime: 5n })).toBe('changed')
    expect(kind({ type: 'hardlink', link: 'a' }, { type: 'hardlink', link: 'b' })).toBe('changed')
  })
})
