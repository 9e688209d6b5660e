import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup, find, forget, list, log, pin, rebuild, restore, unpin } from '../../../src/index.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { cli, cliJson } from '../../cli/cli.ts'
import { scratchFolder } from '../../support/backup-set.ts'
import { program } from '../../support/tree.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const [source, destination] = [at('source'), at('destination')]

/** Five backups; `old` is in the first two alone. */
beforeAll(async () => {
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'old'), 'old')
  for (let number = 1; number <= 5; number++) {
    if (number === 3) fs.rmSync(path.join(source, 'old'))
    fs.writeFileSync(path.join(source, 'changes'), `state ${number}`)
    await backup({ source, destination, medium: 'unlimited', jobs: 1 })
  }
})

const numbers = async (forgotten = false): Promise<number[]> =>
  (await log({ from: [destination], forgotten })).map((one) => one.backup)
const views = (file: string, query: string): string =>
  program('sqlite3', ['-batch', file, query]).toString().trim()

test('rules forget, numbers forget, and the newest stays', async () => {
  const dry = await forget({ destination, keepLast: 2, dryRun: true })
  expect(dry).toMatchObject({ kept: [4, 5], forgotten: [1, 2, 3], undone: [], held: null, dryRun: true })
  expect(await numbers()).toEqual([1, 2, 3, 4, 5])
  await expect(forget({ destination, backups: [5] })).rejects.toThrow(
    'backup 5 cannot be forgotten: it is the newest',
  )
  await expect(forget({ destination, backups: [9] })).rejects.toThrow('there is no backup 9')
  await expect(forget({ destination })).rejects.toThrow('no rule says which backups to keep')
  expect(await pin({ destination, backups: [2] })).toEqual({ pinned: [2] })
  await expect(forget({ destination, backups: [2] })).rejects.toThrow(
    'backup 2 cannot be forgotten: it is pinned',
  )
  expect(await forget({ destination, keepLast: 2 })).toMatchObject({ kept: [2, 4, 5], forgotten: [1, 3] })
  expect(await unpin({ destination, backups: [2] })).toEqual({ pinned: [] })
  expect(await forget({ destination, backups: [2] })).toMatchObject({ forgotten: [2] })
  expect(await numbers()).toEqual([4, 5])
  expect(await numbers(true)).toEqual([1, 2, 3, 4, 5])
})

test('a forgotten backup is not read any more, except if the user asks for it', async () => {
  const from = [destination]
  await expect(list({ from, at: '1' })).rejects.toThrow('backup 1 is forgotten; there are backups 4-5')
  await expect(restore({ from, destination: at('no'), at: '1' })).rejects.toThrow('backup 1 is forgotten')
  expect(await list({ from, at: '1', forgotten: true })).toMatchObject({ entries: 2 })
  expect(await restore({ from, destination: at('out'), at: '1', forgotten: true })).toMatchObject({
    files: 2,
  })
  expect(fs.readFileSync(at('out', 'old'), 'utf8')).toBe('old')
  // Of versions, only those that a visible backup has are found.
  expect(await find({ from, pattern: 'old' })).toEqual({ found: 0 })
  expect(await find({ from, pattern: 'old', forgotten: true })).toEqual({ found: 1 })
  const told: number[] = []
  await find({ from, pattern: 'changes', onFound: ({ firstBackup }) => void told.push(firstBackup) })
  expect(told).toEqual([4, 5])
})

test('the views, README.txt and index.html show visible backups alone, on the disc too', () => {
  const disc = path.join(destination, 'disc-0001')
  const packed = program('bzip2', ['-dc', path.join(disc, 'catalog.sqlite.bz2')])
  fs.writeFileSync(at('disc.sqlite'), packed)
  for (const file of [path.join(destination, 'catalog.sqlite'), at('disc.sqlite')]) {
    expect(views(file, 'SELECT group_concat(backup) FROM backups')).toBe('4,5')
    expect(views(file, 'SELECT group_concat(DISTINCT backup) FROM restore_plan')).toBe('4,5')
  }
  const readme = fs.readFileSync(path.join(disc, 'README.txt'), 'utf8')
  expect(readme).toMatch(/^ +5 {2}\d{4}/m)
  expect(readme).not.toMatch(/^ +1 {2}\d{4}/m)
  program('sha256sum', ['-c', '--strict', '--quiet', 'SHA256SUMS'], { cwd: disc })
})

test('marks are in the next chunk, so a rebuilt catalog has them', async () => {
  fs.writeFileSync(path.join(source, 'changes'), 'state 6')
  await backup({ source, destination, jobs: 1 })
  await rebuild({ from: [destination], catalog: at('rebuilt.sqlite'), jobs: 1 })
  const rebuilt = new Database(at('rebuilt.sqlite'), { readonly: true })
  const meta = rebuilt.prepare("SELECT key FROM meta WHERE key LIKE 'forgotten%' ORDER BY 1").pluck().all()
  rebuilt.close()
  expect(meta).toEqual(['forgotten 1', 'forgotten 2', 'forgotten 3'])
})

test('a forgotten backup can be taken back', async () => {
  await expect(forget({ destination, undo: [9] })).rejects.toThrow('there is no backup 9')
  const notes: string[] = []
  const report = (event: ButcherEvent): void => void (event.type === 'note' && notes.push(event.message))
  // A command that is repeated after a kill completes its work.
  await forget({ destination, undo: [4], report })
  await forget({ destination, backups: [1], report })
  expect(notes).toEqual(['backup 4 is not forgotten', 'backup 1 is forgotten already'])
  expect(await forget({ destination, undo: [1, 3] })).toMatchObject({ undone: [1, 3], forgotten: [] })
  expect(await numbers()).toEqual([1, 3, 4, 5, 6])
})

test('the command prints why each backup stays, and holds rules while the newest looks wrong', async () => {
  const table = cli(['forget', destination, '--keep-last', '1', '--zone', 'UTC', '--dry-run'])
  expect(table.stderr).toBe('')
  expect(table.stdout).toMatch(/^ +6 {2}\S+ \S+ \S+ {2}keep {4}newest, newest complete, last$/m)
  expect(table.stdout).toMatch(/^ +5 {2}\S+ \S+ \S+ {2}forget$/m)
  expect(table.stdout).toContain('forgotten: 1, 3-5 (dry run)')
  for (let i = 0; i < 8; i++) fs.writeFileSync(path.join(source, `more-${i}`), String(i))
  await backup({ source, destination, jobs: 1 })
  for (let i = 0; i < 8; i++) fs.rmSync(path.join(source, `more-${i}`))
  await backup({ source, destination, jobs: 1 })
  const held = cli(['forget', destination, '--keep-last', '1'])
  expect(held.status).toBe(0)
  expect(held.stderr).toContain('the newest backup has 1 files, and the one before 9 (--force applies them)')
  expect(held.stdout).toContain('nothing is forgotten')
  const lines = cliJson(['forget', destination, '--keep-last', '1', '--force'])
  expect(lines.at(-1)).toMatchObject({
    type: 'summary',
    kept: [8],
    forgotten: [1, 3, 4, 5, 6, 7],
    held: null,
  })
  expect(cli(['log', destination, '--forgotten']).stdout).toMatch(/^ +7 .*\(forgotten\)$/m)
})
