/** Links and nodes that would lead a restore out of its destination, or that stand in it already. */

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { addEntry, expectNothingOutside, hostileSet, restoredNames, restoreHostile } from './hostile-set.ts'

const isRoot = process.getuid?.() === 0

describe('links that stand in the destination', () => {
  test.each([false, true])(
    'a folder, a file and a folder above are links to outside (overwrite %s)',
    async (overwrite) => {
      const set = await hostileSet({
        d: { type: 'dir' },
        'd/x': 'x',
        victim: 'mine',
        e: { type: 'dir', mode: 0o777 },
        h: { type: 'hardlink', link: 'victim' },
        f: { type: 'fifo' },
      })
      fs.mkdirSync(set.restored, { recursive: true })
      for (const name of ['d', 'e']) fs.symlinkSync(set.outside, path.join(set.restored, name))
      for (const name of ['victim', 'h', 'f'])
        fs.symlinkSync(path.join(set.outside, 'victim'), path.join(set.restored, name))
      const mode = fs.statSync(set.outside).mode
      const { summary } = await restoreHostile(set, { overwrite })
      expect(summary.failed > 0).toBe(!overwrite)
      expect(fs.statSync(set.outside).mode).toBe(mode)
      expectNothingOutside(set)
      expect(fs.lstatSync(path.join(set.restored, 'd')).isSymbolicLink()).toBe(!overwrite)
    },
  )
})

describe('links that the set itself brings', () => {
  test.each([false, true])(
    'one path is a folder, a file, and a link to outside at once (overwrite %s)',
    async (overwrite) => {
      const sql = `${addEntry("'a'", 'symlink', "'OUTSIDE'")} UPDATE entry SET first = 0 WHERE path = 'a';
      ${addEntry("'a'", 'dir')} ${addEntry("'a/x'", 'file', 'NULL', '1')} ${addEntry("'a/b'", 'dir')} ${addEntry("'a/b/x'", 'file', 'NULL', '1')}
      ${addEntry("CAST('good' AS BLOB)", 'symlink', "'OUTSIDE/victim'")}`
      const set = await hostileSet({ good: 'good' }, sql)
      await restoreHostile(set, { overwrite })
      expectNothingOutside(set)
      expect(fs.lstatSync(path.join(set.restored, 'a')).isDirectory()).toBe(true)
    },
  )

  test('a link, and a link through it, and hard links to both', async () => {
    const sql = [
      addEntry("'s'", 'symlink', "'OUTSIDE'"),
      addEntry("'s/t'", 'symlink', "'victim'"),
      addEntry("'s/f'", 'fifo'),
      addEntry("'s/h'", 'hardlink', "'good'", '1'),
      addEntry("'h'", 'hardlink', "'s/victim'"),
      addEntry("'i'", 'hardlink', "'s'"),
    ].join('')
    const set = await hostileSet({ good: 'good' }, sql)
    await restoreHostile(set)
    expectNothingOutside(set)
    expect(fs.readFileSync(path.join(set.restored, 'good'), 'utf8')).toBe('good')
  })

  test('the mode and owner of a folder are not given to what a link points to', async () => {
    const sql = `${addEntry("'a'", 'dir')} UPDATE entry SET first = 0 WHERE path = 'a'; ${addEntry("'a'", 'symlink', "'OUTSIDE'")}`
    const set = await hostileSet({ good: 'good' }, sql)
    const mode = fs.statSync(set.outside).mode
    await restoreHostile(set, { overwrite: true })
    expect(fs.statSync(set.outside).mode).toBe(mode)
    expectNothingOutside(set)
  })
})

test('numbers that no system has, of owners, times, modes and devices, are that path’s trouble at most', async () => {
  const sql = `
    ${addEntry("'low'", 'file', 'NULL', '1')} UPDATE entry SET mtime = -9223372036854775808 WHERE path = 'low';
    ${addEntry("'high'", 'file', 'NULL', '1')} UPDATE entry SET mtime = 9223372036854775807, mode = 9223372036854775807 WHERE path = 'high';
    ${addEntry("'node'", 'chardev')} UPDATE entry SET device = '99999999999999999999,1' WHERE path = 'node';
    ${addEntry("'more'", 'blockdev')} UPDATE entry SET device = '1,3; touch OUTSIDE/made' WHERE path = 'more';
    ${addEntry("'type'", 'constructor')}
    INSERT INTO owner VALUES (77, -7, 4294967296000, NULL, NULL);
    UPDATE entry SET owner = 77 WHERE path <> 'good'`
  const set = await hostileSet({ good: 'good' }, sql)
  const { summary, told } = await restoreHostile(set)
  expect(restoredNames(set)).toEqual(expect.arrayContaining(['good', 'high', 'low']))
  expect(summary.failed).toBe(isRoot ? 3 : 1) // others than root pass devices over
  expect(told.join('\n')).not.toMatch(/internal|Error/)
  expectNothingOutside(set)
})
