import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { BackupSummary } from '../../../src/commands/backup/backup-options.ts'
import { diff } from '../../../src/commands/catalog/diff.ts'
import Database from 'better-sqlite3'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import { chunkFiles, discFolders, memberNames, restored, runBackup, tarOf } from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()

const count = 40
let folder: string
let source: string
let destination: string

beforeEach(async () => {
  ;({ folder, source, destination } = set)
  fs.mkdirSync(path.join(source, 'm'), { recursive: true })
  for (let i = 0; i < count; i++) fs.writeFileSync(path.join(source, 'm', `f${i}`), noise(2000, i))
  await runBackup({ source, destination })
})

function link(into: string): void {
  fs.mkdirSync(path.join(source, into))
  for (let i = 0; i < count; i++)
    fs.linkSync(path.join(source, 'm', `f${i}`), path.join(source, into, `f${i}`))
}

const counts = (run: BackupSummary): object => {
  const { filesNew, filesChanged, filesUnchanged, filesDeleted, filesDeduplicated, bytesSource } = run
  return { filesNew, filesChanged, filesUnchanged, filesDeleted, filesDeduplicated, bytesSource }
}

const none = { filesNew: 0, filesChanged: 0, filesUnchanged: 0, filesDeleted: 0, filesDeduplicated: 0, bytesSource: 0 } // prettier-ignore

/** A dry run says the same as the backup that follows it. */
async function backUp(): Promise<object> {
  const planned = counts(await runBackup({ source, destination, dryRun: true }))
  const run = counts(await runBackup({ source, destination }))
  expect(planned).toEqual(run)
  return run
}

const kindsOf = (from: number, to: number): Record<string, number> => {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  const kinds: Record<string, number> = {}
  for (const { kind, before, after } of diff(db, String(from), String(to)).changes)
    if ((after ?? before)?.type !== 'dir') kinds[kind] = (kinds[kind] ?? 0) + 1
  db.close()
  return kinds
}

const storedFiles = (): number =>
  chunkFiles(discFolders(destination))
    .flatMap((chunk) => memberNames(tarOf(chunk)))
    .filter((name) => !name.endsWith('/')).length

const into = (name: string): string => path.join(folder, name)
const restoredBackup = (at: string): Promise<string[]> =>
  restored({ from: [destination], into: into(`out-${at}`), at })

describe('another name of a file', () => {
  test('that comes before it in the walk, and goes away, changes no file', async () => {
    const before = describeTree(source)
    link('a-links')
    expect(await backUp()).toEqual({
      ...none,
      filesNew: count,
      filesUnchanged: count,
      filesDeduplicated: count,
      bytesSource: count * 2000,
    })
    const linked = describeTree(source)
    expect(kindsOf(1, 2)).toEqual({ new: count })
    expect(await backUp()).toEqual({ ...none, filesUnchanged: 2 * count })
    execFileSync('bash', [path.join(destination, 'disc-0001', 'restore.sh'), into('by-hand')], {
      stdio: 'pipe',
    })
    expect(describeTree(into('by-hand')).slice(1)).toEqual(linked.slice(1))

    fs.rmSync(path.join(source, 'a-links'), { recursive: true })
    expect(await backUp()).toEqual({ ...none, filesUnchanged: count, filesDeleted: count })
    expect(kindsOf(2, 4)).toEqual({ deleted: count })
    expect(await restoredBackup('1')).toEqual(before)
    expect(await restoredBackup('2')).toEqual(linked)
    expect((await restoredBackup('4')).slice(1)).toEqual(describeTree(source).slice(1))
    expect(storedFiles()).toBe(count)
  })

  test('that comes behind it', async () => {
    link('z-links')
    expect(await backUp()).toEqual({ ...none, filesNew: count, filesUnchanged: count })
    // The second of three names is a hard link already.
    link('zz-links')
    expect(await backUp()).toEqual({ ...none, filesNew: count, filesUnchanged: 2 * count })
    fs.rmSync(path.join(source, 'm'), { recursive: true })
    expect(await backUp()).toEqual({ ...none, filesUnchanged: 2 * count, filesDeleted: count })
    expect(kindsOf(3, 4)).toEqual({ deleted: count })
    expect(await restoredBackup('4')).toEqual(describeTree(source))
    expect(storedFiles()).toBe(count)
  })

  test('a file that changed itself is changed by each of its names', async () => {
    link('a-links')
    fs.chmodSync(path.join(source, 'm', 'f1'), 0o600)
    fs.writeFileSync(path.join(source, 'm', 'f2'), noise(2000, 500))
    expect(await backUp()).toMatchObject({ filesNew: count, filesChanged: 2, filesUnchanged: count - 2 })
    expect(kindsOf(1, 2)).toEqual({ new: count, changed: 1, metadata: 1 })
    expect(await restoredBackup('2')).toEqual(describeTree(source))
  })

  test('a backup that was stopped and resumed counts the same', async () => {
    link('a-links')
    for (let i = 0; i < 8; i++) fs.writeFileSync(path.join(source, `new${i}`), noise(200_000, 100 + i))
    const stopping = new AbortController()
    let chunks = 0
    const stopped = runBackup(
      { source, destination, chunkSizeBytes: 400_000, compress: 'none', signal: stopping.signal },
      (event) => {
        if (event.type === 'chunk' && ++chunks === 2) stopping.abort()
      },
    )
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    const run = await runBackup({ source, destination })
    expect(run).toMatchObject({ backup: 2, filesNew: count + 8, filesChanged: 0, filesUnchanged: count })
    expect(await restoredBackup('2')).toEqual(describeTree(source))
  })
})

test('a dry run takes the content of a file once, whatever names it has', async () => {
  fs.writeFileSync(path.join(source, 'large'), noise(1_000_000, 900))
  for (let i = 0; i < 5; i++) fs.linkSync(path.join(source, 'large'), path.join(source, `large-${i}`))
  const { estimate, ...run } = await runBackup({ source, destination, dryRun: true })
  expect(estimate?.bytesStored).toBeGreaterThan(1_000_000)
  expect(estimate?.bytesStored).toBeLessThan(1_100_000)
  expect(run).toMatchObject({ filesNew: 6, bytesSource: 1_000_000 })
})
