/** Names that are plain on Linux and lead elsewhere on Windows: the rules of Windows, tested on Linux. */

import Database from 'better-sqlite3'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { isGroupName } from '../../src/format/spare-group.ts'
import { isSafePath, systemPathTrouble, windowsNameTrouble } from '../../src/format/system-name.ts'
import { makePlan } from '../../src/restore/plan.ts'
import { createPlan } from '../../src/restore/plan-tables.ts'
import { isStorePath } from '../../src/store/store-path.ts'
import { addEntry, freshFolder, hostileSet } from './hostile-set.ts'

const character = (text: string): string => `it contains the character ${JSON.stringify(text)}`
const device = 'Windows reserves it for a device'
const ending = 'it ends with a dot or a blank'

const refused: readonly (readonly [name: string, why: string])[] = [
  ['..\\..\\evil.txt', character('\\')],
  ['\\\\server\\share', character('\\')],
  ['\\??\\C:', character('\\')],
  ['C:x', character(':')],
  ['C:', character(':')],
  ['a:stream', character(':')],
  ['x::$DATA', character(':')],
  ['what?', character('?')],
  ['a*', character('*')],
  ['a"b', character('"')],
  ['<a', character('<')],
  ['a>', character('>')],
  ['a|b', character('|')],
  ['a\u0001b', character('\u0001')],
  ['a\nb', character('\n')],
  ['CON', device],
  ['nul', device],
  ['aux.txt', device],
  ['aux.tar.gz', device],
  ['PRN', device],
  ['nul .txt', device],
  ['COM1', device],
  ['com9.log', device],
  ['LPT¹', device],
  ['CONIN$', device],
  ['conout$.txt', device],
  ['trail.', ending],
  ['trail ', ending],
  ['...', ending],
  ['. .', ending],
  ['a'.repeat(256), 'it is too long'],
  ['bad\udcff', 'it is not UTF-8'],
]

const taken = ['a', 'auxiliary', 'console', 'com', 'COM0', 'com10', 'x.nul', '.profile', '~', '-rf', '$(id)']

describe('a name on Windows', () => {
  test.each(refused)('%j is refused: %s', (name, why) => {
    expect(windowsNameTrouble(name)).toBe(why)
    for (const where of [name, `a/${name}`, `${name}/a`]) {
      expect(systemPathTrouble(where, 'win32')).toBe(why)
      expect(isSafePath(where, 'win32')).toBe(false)
      expect(isSafePath(where, 'linux')).toBe(true)
    }
  })

  test.each(taken)('%j is taken', (name) => {
    expect(isSafePath(`a/${name}/b`, 'win32')).toBe(true)
  })

  test('no path that it takes leaves the folder, as Windows resolves paths', () => {
    const parts = ['..', '\\', 'C:', '/', 'a', '.', ' ', 'CON', '?']
    const words = parts.flatMap((a) =>
      parts.flatMap((b) => parts.flatMap((c) => parts.map((d) => a + b + c + d))),
    )
    const inside = words.filter((word) => isSafePath(word, 'win32'))
    expect(inside.length).toBeGreaterThan(0)
    for (const word of inside) {
      expect(path.win32.resolve('C:\\out', word)).toBe(`C:\\out\\${word.replaceAll('/', '\\')}`)
    }
  })
})

test('a set of Linux gives Windows only what it can hold, and says why for each other path', async () => {
  const names = [
    ...refused.map(([name]) => name).filter((name) => !name.includes('\udcff')),
    ...taken,
    '../x',
  ]
  const sql = names
    .map((name) => addEntry(`CAST(x'${Buffer.from(name).toString('hex')}' AS TEXT)`, 'file', 'NULL', '1'))
    .join('')
  const set = await hostileSet({ good: 'good' }, sql)
  const catalog = new Database(set.catalog, { readonly: true })
  const plan = createPlan(path.join(freshFolder(), 'plan.sqlite'))
  const reasons = new Map<string, string>()
  makePlan(
    catalog,
    plan,
    { backup: 1, chosen: () => true, ownerOf: (owner) => owner, system: 'win32' },
    (one) => void reasons.set(one.path, one.reason),
  )
  const planned = plan.prepare('SELECT path FROM target').pluck().all() as string[]
  plan.close()
  catalog.close()
  expect(planned.sort()).toEqual([...taken, 'good'].sort())
  expect(reasons.get('..\\..\\evil.txt')).toBe(
    'Windows cannot hold its name: it contains the character "\\\\"',
  )
  expect(reasons.get('../x')).toBe('its name would lead outside the destination')
  expect(reasons.size).toBe(names.length - taken.length)
})

test('names on discs and in stores follow the same rules', () => {
  for (const name of ['chunks/..\\..\\x', 'chunks/C:x', 'aux', 'chunks/a.']) {
    expect(isGroupName(name, 'win32')).toBe(false)
    expect(isStorePath(name, 'win32')).toBe(false)
  }
  for (const name of ['chunks/00000001.tar.bz2', 'README.txt', 'parity/disc.vol000+01.par2']) {
    expect(isGroupName(name, 'win32')).toBe(true)
    expect(isStorePath(name, 'win32')).toBe(true)
  }
})
