/** A catalog whose pieces lead nowhere, or have no end: it costs the file, and nothing else. */

import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../src/commands/restore/restore.ts'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { noise } from '../support/sample-trees.ts'
import { handPath, runBash } from '../by-hand/hand-tools.ts'
import { rows } from '../support/rows.ts'

const MiB = 1 << 20
const scratch = scratchFolder()
afterAll(scratch.remove)

const source = path.join(scratch.folder, 'source')
const destination = path.join(scratch.folder, 'dest')

beforeAll(async () => {
  fs.mkdirSync(source)
  fs.writeFileSync(
    path.join(source, 'card'),
    Buffer.concat([noise(2 * MiB, 1), Buffer.alloc(MiB), noise(MiB, 2)]),
  )
  fs.writeFileSync(path.join(source, 'small'), 'small\n')
  await runBackup({ source, destination, compress: 'zstd', piecesFromBytes: 2 * MiB })
})

/** The catalog after some statements. */
function hostile(name: string, statements: string): string {
  const file = path.join(scratch.folder, `${name}.sqlite`)
  fs.copyFileSync(path.join(destination, 'catalog.sqlite'), file)
  const db = new Database(file)
  db.exec(statements)
  db.close()
  return file
}

const far = '9007199254740991'
const cases: readonly (readonly [string, string])[] = [
  ['a run without an end', `UPDATE piece SET count = ${far} WHERE part = 1`],
  ['a run of contents that are not there', `UPDATE piece SET stored = 1000`],
  ['a run of numbers that no content can have', `UPDATE piece SET stored = ${far}`],
  ['a run of no pieces', 'UPDATE piece SET count = 0'],
  ['runs that overlap', 'INSERT INTO piece SELECT content, 2, 2, stored FROM piece WHERE part = 1'],
  ['a run before the first part', 'UPDATE piece SET part = 0 WHERE part = 1'],
  ['a run that is behind the end', 'UPDATE piece SET part = 5 WHERE part = 4'],
  [
    'files in the place of pieces',
    `UPDATE piece SET stored = (SELECT content FROM entry WHERE path = 'small')`,
  ],
  ['the file in the place of its piece', `UPDATE piece SET stored = content`],
  ['more parts than bytes', `UPDATE content SET parts = ${far} WHERE chunk = 0`],
  ['more bytes than parts', `UPDATE content SET size = ${far} WHERE chunk = 0`],
  ['a piece of another size', 'UPDATE content SET size = 5 WHERE parts = 0'],
  ['pieces in another order', 'UPDATE piece SET stored = 3 - stored, count = 1 WHERE part = 1'],
]

/** In the default suite a run, an overlap, a wrong kind of content, and a size. */
const few = [0, 4, 7, 10]

test.each(rows(cases, few))('%s', async (name, statements) => {
  const out = path.join(scratch.folder, `out-${name}`)
  const index = hostile(name, statements)
  const told: string[] = []
  const summary = await restore({
    from: [destination],
    index,
    destination: out,
    jobs: 1,
    report: (event) => event.type === 'warning' && told.push(event.path ?? ''),
  })
  expect(summary).toMatchObject({ failed: 1, files: 1 })
  expect(told).toContain('card')
  expect(fs.readdirSync(out)).toEqual(['small'])
})

test('values of wrong kinds are refused', async () => {
  const index = hostile('kinds', `UPDATE piece SET count = 'many'`)
  const out = path.join(scratch.folder, 'out-kinds')
  const run = restore({ from: [destination], index, destination: out, jobs: 1 })
  await expect(run).rejects.toMatchObject({ code: 'catalog', message: /wrong value in count of table piece/ })
})

test('the plan for people comes to an end', () => {
  const file = hostile('endless', `UPDATE content SET parts = ${far}, size = ${far} WHERE chunk = 0`)
  const db = new Database(file, { readonly: true })
  const planRows = db.prepare(`SELECT part FROM restore_plan WHERE path = 'small'`).all()
  expect(planRows).toHaveLength(1)
  db.close()
})

test('a list of pieces by hand: numbers that are none write nothing', () => {
  const marker = path.join(scratch.folder, 'marker')
  const bin = handPath(path.join(scratch.folder, 'bin'), ['zstd'])
  const disc = path.join(scratch.folder, 'disc')
  const member = path.join(scratch.folder, 'card.butcher-pieces')
  fs.mkdirSync(path.join(disc, 'chunks'), { recursive: true })
  fs.writeFileSync(member, `butcher-pieces 5\n1 $(touch ${marker}) 1\n1 1 ../../../etc/passwd\n`)
  runBash(bin, ['-c', `tar -cf "${disc}/chunks/00000001.tar" -C "${scratch.folder}" card.butcher-pieces`])
  const script = path.join(import.meta.dirname, '../../assets/restore.sh')
  const out = path.join(scratch.folder, 'by-hand')
  const run = runBash(bin, [script, '--no-sqlite', out, disc], { cwd: scratch.folder })
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('card of chunk 00000001 is not restored: pieces of it are missing')
  expect(fs.existsSync(marker)).toBe(false)
  expect(fs.existsSync(path.join(out, 'card'))).toBe(false)
})
