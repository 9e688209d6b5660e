/**
 * A journal that somebody else left in a destination: passed over where it is unknown, refused where it is
 * wrong.
 */

import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import { freshFolder } from './hostile-set.ts'
import { rows, takesAllRows } from '../support/rows.ts'

const head = { t: 'chunk', format: 1, set: '00'.repeat(16), chunk: 1, disc: 1, backup: 1 }
const entry = {
  t: 'entry', path: 'x', first: 1, type: 'file', mode: 420, uid: 0, gid: 0, user: null, group: null, mtime: '1', ctime: '1',
  inode: '1', size: 1, content: 1, member: null, link: null, device: null,
} // prettier-ignore

/** A backup into a destination whose journal holds `text`. */
async function goOn(text: string) {
  const folder = freshFolder()
  const [source, destination] = [path.join(folder, 'source'), path.join(folder, 'set')]
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'mine'), 'mine')
  await backup({ source, destination, medium: 'unlimited', jobs: 1 })
  const journal = path.join(destination, '.butcher', 'journal')
  fs.mkdirSync(journal, { recursive: true })

  fs.writeFileSync(path.join(journal, '00000002.jsonl.zst'), zlib.zstdCompressSync(text))
  return { folder, source, destination }
}

const lines = (...of: readonly unknown[]): string => of.map((line) => `${JSON.stringify(line)}\n`).join('')

describe('refused in one line', () => {
  test('what is no JSON, no line, or of wrong kinds', async () => {
    const { destination, source } = await goOn('')
    const record = path.join(destination, '.butcher', 'journal', '00000002.jsonl.zst')
    let tried = 0
    for (const text of [
      'no json\n',
      '[]\n',
      'null\n',
      '7\n',
      '{"t":7}\n',
      '{"t":null}\n',
      '{}\n',
      '['.repeat(100_000),
      `"${'x'.repeat(1e6)}`,
      lines({ ...head, chunk: 'one' }),
      lines({ ...head, chunk: -1 }),
      lines({ ...head, chunk: 1e300 }),
      ...rows(Object.keys(entry), [1, 4, 9])
        .filter((key) => key !== 't')
        .flatMap((key) => [lines(head, { ...entry, [key]: [1] })]),
      lines(head, { ...entry, mtime: '9'.repeat(19) }),
      lines(head, { ...entry, inode: '0x10' }),
      lines(head, { ...entry, ctime: '' }),
    ]) {
      // prettier-ignore
      fs.mkdirSync(path.dirname(record), { recursive: true })
      fs.writeFileSync(record, zlib.zstdCompressSync(text))
      const error = await backup({ source, destination, medium: 'unlimited', jobs: 1 }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect([text.slice(0, 60), (error as Error | undefined)?.name]).toEqual([
        text.slice(0, 60),
        'ButcherError',
      ])
      expect((error as Error).message).not.toMatch(/\n/)
      tried++
    }
    expect(tried).toBeGreaterThan(takesAllRows ? 25 : 17)
  })
})

test('a kind that is not known is passed over, and paths that lead outside do no harm until they are refused', async () => {
  const { destination, source, folder } = await goOn('')
  const setId = /[0-9a-f]{32}/.exec(
    fs.readFileSync(path.join(destination, 'catalog.sqlite')).toString('latin1'),
  )?.[0]
  const record = path.join(destination, '.butcher', 'journal', '00000002.jsonl.zst')
  fs.mkdirSync(path.dirname(record), { recursive: true })
  const outside = ['../x', '/etc/x', 'a/../../x']
  // What is no escaped byte becomes the sign of an unknown letter.
  const strange = ['..\udc2fx']
  const text = lines(
    { ...head, set: setId, chunk: 2, backup: 1 },
    { t: 'later', anything: { at: 'all' } },
    { t: '__proto__', polluted: true },
    ...[...outside, ...strange].map((name) => ({
      ...entry,
      path: name,
      first: 1,
      type: 'fifo',
      content: null,
    })),
  )
  fs.writeFileSync(record, zlib.zstdCompressSync(text))
  await backup({ source, destination, medium: 'unlimited', jobs: 1 })
  const told: string[] = []
  const restored = path.join(folder, 'a', 'b', 'restored')
  await restore({
    from: [destination],
    destination: restored,
    at: '1',
    jobs: 1,
    report: (event) => event.type === 'warning' && told.push(event.message),
  })
  expect(fs.readdirSync(restored)).toEqual(['..\ufffdx', 'mine'])
  expect(fs.readdirSync(path.join(folder, 'a', 'b'))).toEqual(['restored'])
  expect(fs.readdirSync(path.join(folder, 'a'))).toEqual(['b'])
  expect(told.filter((line) => /would lead outside/.test(line))).toHaveLength(outside.length)
})
