/** Names and words of a catalog that a terminal would act on: shown harmlessly, whoever shows them. */

import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  addEntry,
  dangerous,
  expectNothingOutside,
  type HostileSet,
  hostileSet,
  restoredNames,
  restoreHostile,
  runHostile,
} from './hostile-set.ts'
import { rows } from '../support/rows.ts'

/**
 * Clears the screen, renames the window, ends the line, writes from right to left, hides, a control of eight
 * bits.
 */
const evil = [
  '\u001b[2J',
  '\u001b]0;x\u0007',
  '\n',
  '\r',
  '\u202e',
  '\u0085',
  '\u009b31m',
  '\u2028',
  '\u0000',
].join('!')
const sqlText = (text: string): string => `CAST(x'${Buffer.from(text).toString('hex')}' AS TEXT)`
const word = sqlText(`a${evil}z`)

const changes = `
  ${addEntry(sqlText(`p${evil.replaceAll('\0', '')}q`), 'file', 'NULL', '1')}
  ${addEntry(sqlText(`s${evil.replaceAll('\0', '')}t`), 'symlink', sqlText(`l${evil}`))}
  ${addEntry(sqlText(`n${evil}`), 'file', 'NULL', '1')}
  ${addEntry(sqlText('device'), 'chardev')}
  UPDATE entry SET device = ${word} WHERE type = 'chardev';
  ${addEntry(sqlText('strange'), 'strange')}
  UPDATE entry SET type = ${word} WHERE path = 'strange';
  UPDATE owner SET user = ${word}, grp = ${word};
  UPDATE backup SET name = ${word}, source = ${word};
  UPDATE disc SET label = ${word}, medium = ${word}, state = ${word}, location = ${word};
  INSERT INTO problem VALUES (1, ${word}, ${word});
  INSERT INTO backup SELECT 2, name, started, finished, source, files, bytes FROM backup WHERE number = 1;
  UPDATE entry SET first = 2 WHERE path <> 'good';
  INSERT INTO root(backup, mode, owner, mtime) SELECT 2, mode, owner, mtime FROM root;`

let set: HostileSet

beforeAll(async () => {
  set = await hostileSet({ good: 'good' }, changes)
  fs.mkdirSync(path.join(set.destination, `x${'\u001b'}[2J`, 'chunks'), { recursive: true })
})

describe('shown harmlessly', () => {
  const commands = ['list', 'list --json', 'log', 'log --json', 'discs', 'discs --json'].map((words) =>
    words.split(' '),
  )

  test.each(rows(commands, [0, 3, 4]).map((words) => [words]))('%j', (words) => {
    // prettier-ignore
    const [command, ...more] = words as [string, ...string[]]
    expectHarmless(runHostile([command, set.destination, ...more]))
  })

  test('find and diff', () => {
    expectHarmless(runHostile(['find', set.destination, '*', '--json']))
    expectHarmless(runHostile(['diff', set.destination, '1', '2']))
  })

  test('a restore that fails on them, and on a disc that is missing', () => {
    fs.renameSync(set.discs[0] as string, `${set.destination}-away`)
    const run = runHostile(['restore', set.destination, set.restored])
    fs.renameSync(`${set.destination}-away`, set.discs[0] as string)
    expect(run.status).toBe(1)
    expect(run.stdout + run.told.join('\n')).not.toMatch(dangerous)
  })
})

function expectHarmless(run: { status: number | null; stdout: string; told: readonly string[] }): void {
  expect(run.told.join('\n')).not.toMatch(/error:|TypeError|RangeError/)
  expect(run.status).toBe(0)
  expect(run.stdout).not.toMatch(dangerous)
  expect(run.told.join('\n')).not.toMatch(dangerous)
}

describe('paths', () => {
  const above: readonly (readonly [string, string])[] = [
    ['a million folders deep', `replace(hex(zeroblob(500000)), '0', 'a/') || 'x'`],
    ['four thousand folders deep', `replace(hex(zeroblob(2000)), '0', 'a/') || 'x'`],
    ['of five thousand characters', `replace(hex(zeroblob(2500)), '0', 'a')`],
  ]

  test('too long ones are refused, the catalog with them where no program can have written them', async () => {
    const [million, ...long] = above.map(([, sql]) => sql)
    const broken = await hostileSet({ good: 'good' }, addEntry(million as string, 'file', 'NULL', '1'))
    await expect(restoreHostile(broken)).rejects.toMatchObject({ code: 'catalog' })
    const other = await hostileSet(
      { good: 'good' },
      long.map((sql) => addEntry(sql, 'file', 'NULL', '1')).join(''),
    )
    const { summary, told, cpuSeconds } = await restoreHostile(other)
    expect([summary.files, summary.failed]).toEqual([1, 2])
    expect(told).toEqual([
      expect.stringMatching(/name is too long/),
      expect.stringMatching(/name is too long/),
    ])
    expect(cpuSeconds).toBeLessThan(5)
    expectNothingOutside(other)
  })

  test('.. in every position, absolute, empty and NUL; a backslash is a letter like others', async () => {
    const bad = [
      '..',
      '../x',
      'a/../x',
      'a/..',
      '/x',
      '//x',
      'a//x',
      './x',
      'a/./x',
      'a/',
      '',
      '.',
      'x\0y',
      '../../OUTSIDE/victim',
    ]
    const fine = ['..\\x', 'a\\..\\x', 'C:\\x', '...', '..x', 'x..', '~', '-rf', '$(id)', 'CON']
    const sql = [...bad, ...fine].map((name) => addEntry(sqlText(name), 'file', 'NULL', '1')).join('')
    const other = await hostileSet({ good: 'good' }, sql)
    const { summary, told } = await restoreHostile(other)
    expect(summary.failed).toBe(bad.length)
    expect(told.filter((line) => /would lead outside/.test(line))).toHaveLength(bad.length)
    expect(restoredNames(other)).toEqual([...fine, 'good'].sort())
    expectNothingOutside(other)
  })
})
