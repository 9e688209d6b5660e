import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cli, lastLine } from '../cli/cli.ts'
import type { BackupOptions } from '../../src/commands/backup-options.ts'
import { rebuild } from '../../src/commands/rebuild.ts'
import type { RebuildOptions, RebuildSummary } from '../../src/commands/rebuild-options.ts'
import { destinationCatalogFile } from '../../src/format/layout.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree, program } from '../support/tree.ts'
import {
  burn,
  chunkFiles,
  decryptByGpg,
  discFolders,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from './backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const medium = '1MB'
let folder: string
let source: string
let destination: string
let shelf: string
let catalog: string

const begin = (): void => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'rebuild-'))
  source = path.join(folder, 'source')
  destination = path.join(folder, 'dest')
  shelf = path.join(folder, 'shelf')
  catalog = path.join(folder, 'rebuilt.sqlite')
  fs.mkdirSync(path.join(source, 'sub'), { recursive: true })
}

const write = (name: string, data: string | Uint8Array): void =>
  fs.writeFileSync(path.join(source, name), data)

const backUp = (options: Partial<BackupOptions> = {}): ReturnType<typeof runBackup> =>
  runBackup({ source, destination, medium, chunkSizeBytes: 300_000, ...options })

interface Rebuilt extends RebuildSummary {
  readonly told: readonly string[]
}

async function rebuilt(options: Partial<RebuildOptions> = {}): Promise<Rebuilt> {
  const told: string[] = []
  const report: RebuildOptions['report'] = (event) => {
    if (event.type === 'warning') told.push(event.message.replaceAll(`${folder}/`, ''))
  }
  const summary = await rebuild({
    from: [shelf, destination],
    catalog,
    overwrite: true,
    jobs: 2,
    ...options,
    report,
  })
  return { ...summary, told }
}

/** The catalog that the set has of itself, as a plain file. */
function ownCatalog(secret?: string): string {
  const own = path.join(destination, destinationCatalogFile(secret !== undefined))
  if (secret === undefined) return own
  const plain = path.join(folder, 'own.sqlite')
  fs.writeFileSync(plain, program('bzip2', ['-dc'], { input: decryptByGpg(fs.readFileSync(own), secret) }))
  return plain
}

const views = ['backups', 'discs', 'chunks', 'restore_plan']
/** What a restore and the next backup need besides; numbers of owners are as they come. */
const tables: Readonly<Record<string, string>> = {
  content: 'SELECT id, size, hex(hash), parts, chunk FROM content',
  part: 'SELECT content, part, chunk, offset, size, hex(hash) FROM part',
  entry: `SELECT e.path, first, last, type, mode, uid, gid, user, grp, mtime, size, content, member, link, device
    FROM entry e JOIN owner o ON o.id = e.owner`,
  root: 'SELECT r.backup, mode, uid, gid, user, grp, mtime FROM root r JOIN owner o ON o.id = r.owner',
  problem: 'SELECT * FROM problem',
  meta: 'SELECT key, CAST(value AS TEXT) FROM meta',
}

/** Everything that a catalog says, line by line, by the part of it. */
function dump(file: string): Record<string, string[]> {
  const db = new Database(file, { readonly: true })
  try {
    const rows = (sql: string): string[] =>
      db.prepare(sql).safeIntegers().raw().all()
        .map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
        .sort() // prettier-ignore
    const ofViews = views.map((view) => [view, rows(`SELECT * FROM ${view}`)])
    return Object.fromEntries([
      ...ofViews,
      ...Object.entries(tables).map(([name, sql]) => [name, rows(sql)]),
    ]) as Record<string, string[]>
  } finally {
    db.close()
  }
}

/** One backup after the other of a tree that changes, with everything that a catalog has a word for. */
async function fiveBackups(secrets: Partial<BackupOptions>): Promise<void> {
  write('video.bin', noise(650_000, 1))
  write('sub/photo.bin', noise(90_000, 2))
  write('sub/copy.bin', noise(90_000, 2))
  write('sub/text.txt', 'text\n'.repeat(5000))
  write('goes.txt', 'goes\n')
  fs.writeFileSync(Buffer.from(`${source}/raw-\xff`, 'latin1'), 'raw')
  fs.linkSync(path.join(source, 'video.bin'), path.join(source, 'sub/hard'))
  fs.symlinkSync('sub/text.txt', path.join(source, 'link'))
  await backUp({ ...secrets, name: 'first' })
  fs.rmSync(path.join(source, 'goes.txt'))
  write('sub/text.txt', 'other text\n'.repeat(5000))
  write('.butcherignore', 'secret\n')
  await backUp(secrets)
  burn(destination, shelf)
  await backUp(secrets) // nothing is new: no chunk
  write('new.bin', noise(200_000, 5))
  // One vanishes while the chunk is made, and one before: a problem in the pack, and a path that is gone.
  write('vanishes.bin', noise(50_000, 6))
  await runBackup({ source, destination, medium, chunkSizeBytes: 300_000, ...secrets }, (event) => {
    if (event.type === 'stage' && event.stage === 'pack') fs.rmSync(path.join(source, 'vanishes.bin'))
  })
  burn(destination, shelf)
  await backUp({ ...secrets, full: true, name: 'full' })
}

/** Encrypting takes its time: in few chunks. */
const kinds = [{}, { passphrase, medium: 'unlimited', chunkSizeBytes: 2_000_000 }]

describe.each(kinds)('five backups (%j)', (secrets) => {
  test('the catalog made again out of all discs says what the own one says, and goes on', async () => {
    begin()
    await fiveBackups(secrets)
    const summary = await rebuilt(secrets)
    expect(summary.told).toEqual([])
    expect(summary).toMatchObject({ complete: true, missingChunks: [], missingDiscs: [], damaged: [] })
    expect(summary.backups.map(({ finished }) => finished === null)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ])
    expect(dump(catalog)).toEqual(dump(ownCatalog(secrets.passphrase)))
    expect(dump(catalog)['problem']).toHaveLength(1)
    const out = path.join(folder, 'out')
    expect(await restored({ from: [shelf, destination], index: catalog, into: out, ...secrets })).toEqual(
      describeTree(source),
    )
    // The destination's own catalog is lost: the next backup goes on from the one made again.
    fs.rmSync(path.join(destination, destinationCatalogFile(secrets.passphrase !== undefined)))
    burn(destination, shelf)
    write('later.txt', 'later\n')
    const next = await backUp({ ...secrets, index: catalog })
    expect(next).toMatchObject({ backup: 6, filesNew: 1, filesChanged: 0, chunks: 1 })
    const numbers = chunkFiles([...discFolders(shelf), ...discFolders(destination)]).map((file) =>
      path.basename(file),
    )
    expect(new Set(numbers).size).toBe(numbers.length)
    expect((await rebuilt(secrets)).complete).toBe(true)
    expect(dump(catalog)).toEqual(dump(ownCatalog(secrets.passphrase)))
  })
})
