import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cli, lastLine } from '../../cli/cli.ts'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import type { RebuildOptions, RebuildSummary } from '../../../src/commands/rebuild/rebuild-options.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { destinationCatalogFile } from '../../../src/format/layout.ts'
import { noise } from '../../support/sample-trees.ts'
import { longTest, rows } from '../../support/rows.ts'
import { describeTree, program } from '../../support/tree.ts'
import {
  burn,
  chunkFiles,
  decryptByGpg,
  discFolders,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

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
  entry: `SELECT e.path, first, last, type, mode, uid, gid, user, grp, mtime, size, content, member, link, device, a.data
    FROM entry e JOIN owner o ON o.id = e.owner LEFT JOIN attribute a ON a.id = e.attributes`,
  root: `SELECT r.backup, mode, uid, gid, user, grp, mtime, a.data
    FROM root r JOIN owner o ON o.id = r.owner LEFT JOIN attribute a ON a.id = r.attributes`,
  problem: 'SELECT * FROM problem',
  meta: `SELECT key, iif(key IN ('created', 'revision'), CAST(value AS INTEGER), value) FROM meta WHERE key <> 'names'`,
}

/** Everything that a catalog says, line by line, by the part of it. */
function dump(file: string): Record<string, string[]> {
  const db = new Database(file, { readonly: true })
  try {
    const linesOf = (sql: string): string[] =>
      db.prepare(sql).safeIntegers().raw().all()
        .map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
        .sort() // prettier-ignore
    const ofViews = views.map((view) => [view, linesOf(`SELECT * FROM ${view}`)])
    return Object.fromEntries([
      ...ofViews,
      ...Object.entries(tables).map(([name, sql]) => [name, linesOf(sql)]),
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

describe.each(rows(kinds, [1]))('five backups (%j)', (options) => {
  const secrets = options.passphrase === undefined ? {} : { passphrase: options.passphrase }

  test('the catalog made again out of all discs says what the own one says, and goes on', async () => {
    begin()
    await fiveBackups(options)
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
    expect(dump(catalog)).toEqual(dump(ownCatalog(options.passphrase)))
    expect(dump(catalog)['problem']).toHaveLength(1)
    const out = path.join(folder, 'out')
    expect(await restored({ from: [shelf, destination], index: catalog, into: out, ...secrets })).toEqual(
      describeTree(source),
    )
    // The destination's own catalog is lost: the next backup goes on from the one made again.
    fs.rmSync(path.join(destination, destinationCatalogFile(options.passphrase !== undefined)))
    burn(destination, shelf)
    write('later.txt', 'later\n')
    const next = await backUp({ ...options, index: catalog })
    expect(next).toMatchObject({ backup: 6, filesNew: 1, filesChanged: 0, chunks: 1 })
    const numbers = chunkFiles([...discFolders(shelf), ...discFolders(destination)]).map((file) =>
      path.basename(file),
    )
    expect(new Set(numbers).size).toBe(numbers.length)
    expect((await rebuilt(secrets)).complete).toBe(true)
    expect(dump(catalog)).toEqual(dump(ownCatalog(options.passphrase)))
  })
})

test('after a run that was stopped, and one that had no more than the catalog to write, it says the same', async () => {
  begin()
  for (const [i, name] of ['a', 'b', 'c'].entries()) write(`${name}.bin`, noise(250_000, i))
  const stop = new AbortController()
  const until = (stops: (event: ButcherEvent) => boolean): Promise<unknown> =>
    runBackup({ source, destination, medium, chunkSizeBytes: 300_000, signal: stop.signal }, (event) => {
      if (stops(event)) stop.abort(new Error('stopped'))
    })
  await expect(until((event) => event.type === 'chunk')).rejects.toMatchObject({ code: 'aborted' })
  expect(await rebuilt({ from: [destination] })).toMatchObject({ complete: false, missingChunks: [] })
  // Goes on, stores the rest, and is stopped before the catalog is written.
  const finishing = runBackup({ source, destination, medium, chunkSizeBytes: 300_000 }, (event) => {
    if (event.type === 'stage' && event.stage === 'finish') throw new Error('stopped')
  })
  await expect(finishing).rejects.toThrow('stopped')
  expect(await rebuilt({ from: [destination] })).toMatchObject({ complete: true })
  const before = dump(catalog)
  await backUp()
  await rebuilt({ from: [destination] })
  expect(dump(catalog)).toEqual(before)
  expect(dump(catalog)).toEqual(dump(ownCatalog()))
})

describe('some of the discs, or bad ones', () => {
  let discs: string[]
  beforeAll(async () => {
    begin()
    write('video.bin', noise(900_000, 1))
    write('sub/photo.bin', noise(290_000, 2))
    write('a.txt', 'a\n')
    await backUp({ name: 'first' })
    burn(destination, shelf)
    write('b.bin', noise(100_000, 3))
    await backUp()
    burn(destination, shelf)
    discs = discFolders(shelf)
    expect(discs).toHaveLength(3)
  })

  /** A copy of discs, to be damaged. */
  const copied = (of: readonly string[] = discs): string[] => {
    const place = fs.mkdtempSync(path.join(folder, 'copy-'))
    return of.map((disc) => {
      const copy = path.join(place, path.basename(disc))
      fs.cpSync(disc, copy, { recursive: true })
      return copy
    })
  }
  /** Restores what there is into `out`, and answers with what was told. */
  const restoredPart = async (from: readonly string[]): Promise<string[]> => {
    const told: string[] = []
    const into = path.join(folder, 'out')
    fs.rmSync(into, { recursive: true, force: true })
    await restore({
      from,
      index: catalog,
      destination: into,
      jobs: 1,
      report: (event) => {
        if (event.type === 'warning')
          told.push(`${event.kind === 'restore' ? `${event.path}: ` : ''}${event.message}`)
      },
    })
    return told
  }
  const chunkOf = (disc: string, index = 0): string => chunkFiles([disc])[index] as string

  test('a disc that is not given is named, with its chunks, and what it held is missing from a restore', async () => {
    const [first, second, third] = discs as [string, string, string]
    const summary = await rebuilt({ from: [third, first] })
    expect(summary.missingDiscs).toEqual([
      { disc: 2, label: expect.stringMatching(/^BUTCHER_.*_0002$/) as string },
    ])
    const numbers = chunkFiles([second]).map((file) => Number.parseInt(path.basename(file)))
    expect(summary.missingChunks).toEqual([{ first: numbers[0], last: numbers.at(-1), disc: 2 }])
    expect(summary).toMatchObject({ complete: false, damaged: [], discs: [1, 3] })
    expect(summary.backups.map(({ missingChunks }) => missingChunks.length)).toEqual([1, 1])
    const told = await restoredPart([first, third])
    expect(told).toEqual([
      `${catalog} was rebuilt without chunks 6-7: it does not have the files that only they hold`,
    ])
    expect(fs.readFileSync(path.join(folder, 'out/b.bin')).equals(noise(100_000, 3))).toBe(true)
    expect(fs.existsSync(path.join(folder, 'out/video.bin'))).toBe(false)
    // Numbers of chunks, discs and contents that are known to be missing are not given out again.
    const again = path.join(folder, 'again')
    write('later.bin', noise(1000, 9))
    await runBackup({ source, destination: again, medium, index: catalog })
    fs.rmSync(path.join(source, 'later.bin'))
    const all = await rebuilt({ from: [...discs, again] })
    expect(all).toMatchObject({ complete: true, missingChunks: [], discs: [1, 2, 3, 4] })
  })

  test('a file of which a part is missing is known, and named when it is restored', async () => {
    const [, second, third] = discs as [string, string, string]
    expect((await rebuilt({ from: [second, third] })).missingDiscs).toMatchObject([{ disc: 1 }])
    expect(await restoredPart([second, third])).toContainEqual(expect.stringMatching(/^video.bin: .*content/))
    expect(fs.existsSync(path.join(folder, 'out/b.bin'))).toBe(true)
  })

  longTest('the newest discs missing: no chunk says so, but that the backup did not end', async () => {
    const { status, stdout, stderr } = cli(['rebuild', discs[0] as string, catalog, '--overwrite'])
    expect(status).toBe(1)
    expect(stdout).toContain('not finished')
    expect(lastLine(stderr)).toMatch(
      /^error: backup 1 is not finished: it was interrupted, or later discs are missing/,
    )
    const json = cli(['rebuild', discs[0] as string, catalog, '--overwrite', '--json'])
    const summary = json.stdout.split('\n').find((line) => line.includes('"type":"summary"'))
    expect(JSON.parse(summary as string)).toMatchObject({
      complete: false,
      discs: [1],
      missing_chunks: [],
      chunks: 5,
    })
  })

  test('what is no sound chunk is named and passed over, and a copy takes its place', async () => {
    const [first, second] = copied() as [string, string]
    fs.writeFileSync(chunkOf(first), '')
    fs.truncateSync(chunkOf(first, 1), 10_000)
    fs.writeFileSync(chunkOf(second), noise(5000, 4))
    fs.writeFileSync(path.join(second, 'chunks/notes.txt'), 'notes')
    const summary = await rebuilt({ from: [path.dirname(first)] })
    const what = summary.damaged.map(({ path: file, reason }) => `${path.basename(file)} ${reason}`)
    expect(what.sort()).toEqual([
      '00000001.tar.bz2 is empty',
      expect.stringMatching(/^00000002.tar it is cut short/),
      '00000006.tar the tar is damaged: a number in it is none',
      'notes.txt has no name that a chunk has',
    ])
    const numbers = summary.missingChunks.flatMap(({ first: from, last }) =>
      from === last ? [from] : [from, last],
    )
    expect(numbers).toEqual([1, 2, 6])
    expect(summary.told).toHaveLength(4)
    const withCopies = await rebuilt({ from: [path.dirname(first), shelf] })
    expect(withCopies).toMatchObject({ complete: false, missingChunks: [], missingDiscs: [] })
    expect(dump(catalog)).toEqual(dump(ownCatalog()))
  })

  test('a chunk under the name of another is known by what it holds', async () => {
    const [first] = copied(discs.slice(0, 1)) as [string]
    const [two, three] = [chunkOf(first, 1), chunkOf(first, 2)]
    fs.renameSync(two, `${two}-`)
    fs.renameSync(three, two)
    fs.renameSync(`${two}-`, three)
    const summary = await rebuilt({ from: [first, ...discs.slice(1)] })
    expect(summary.told.filter((text) => text.includes('whatever its name says'))).toHaveLength(2)
    expect(summary.missingChunks).toEqual([])
    expect(dump(catalog)).toEqual(dump(ownCatalog()))
  })

  longTest(
    'a chunk with another SHA-256 than is listed is used, but told of, where there is no other',
    async () => {
      const [first] = copied(discs.slice(0, 1)) as [string]
      const sums = path.join(first, 'SHA256SUMS')
      const lines = fs.readFileSync(sums, 'utf8').split('\n')
      const wrong = lines.map((line) =>
        line.includes('chunks/00000001') ? `${'0'.repeat(64)}${line.slice(64)}` : line,
      )
      fs.writeFileSync(sums, wrong.join('\n'))
      const summary = await rebuilt({ from: [first, ...discs.slice(1)] })
      expect(summary.damaged).toMatchObject([{ reason: 'is not what its SHA-256 says that it should be' }])
      expect(dump(catalog)).toEqual(dump(ownCatalog()))
      expect((await rebuilt({ from: [first, shelf] })).missingChunks).toEqual([])
    },
  )

  longTest('two sets, and two histories of one set, are refused by name', async () => {
    const refused = async (from: readonly string[]): Promise<string> =>
      rebuilt({ from }).then(
        () => 'made',
        (error: Error) => error.message.replaceAll(`${folder}/`, ''),
      )
    const other = path.join(folder, 'other')
    await runBackup({ source, destination: other, medium: 'unlimited' })
    expect(await refused([shelf, other])).toMatch(
      /^(shelf|other)\/.*0000000\d\.tar\S* is of the set [0-9a-f]{32}, (shelf|other)\/.* is of the set [0-9a-f]{32}$/,
    )
    const [one, two] = ['one', 'two'].map((name) => path.join(folder, name)) as [string, string]
    for (const [i, place] of [one, two].entries()) {
      write('differs.txt', String(i))
      await runBackup({ source, destination: place, medium: 'unlimited', index: ownCatalog() })
    }
    fs.rmSync(path.join(source, 'differs.txt'))
    expect(await refused([shelf, one, two])).toMatch(
      /^(one|two)\/.* and (one|two)\/.* are both chunk \d+, and differ$/,
    )
  })

  test('nothing that is there is replaced, and nothing is written where no chunk can be read', async () => {
    fs.writeFileSync(catalog, 'mine')
    await expect(rebuilt({ overwrite: false })).rejects.toMatchObject({ code: 'exists' })
    expect(fs.readFileSync(catalog, 'utf8')).toBe('mine')
    const empty = fs.mkdtempSync(path.join(folder, 'empty-'))
    await expect(rebuilt({ from: [empty] })).rejects.toMatchObject({ code: 'no-set', path: empty })
    fs.mkdirSync(path.join(empty, 'chunks'))
    fs.writeFileSync(path.join(empty, 'chunks/00000001.tar'), noise(2000, 1))
    await expect(rebuilt({ from: [empty] })).rejects.toMatchObject({ code: 'damaged' })
    expect(fs.readFileSync(catalog, 'utf8')).toBe('mine')
  })
})

longTest(
  'an encrypted set: a wrong passphrase is told at once, and the catalog is refused a place beside it',
  async () => {
    begin()
    write('secret.bin', noise(200_000, 1))
    const none = { medium: 'unlimited', passphrase, compress: 'none' } as const
    await backUp(none)
    const [disc] = discFolders(destination) as [string]
    const from = [disc]
    const sums = path.join(disc, 'SHA256SUMS')
    await expect(rebuilt({ from, passphrase: 'wrong' })).rejects.toMatchObject({ code: 'secret' })
    await expect(rebuilt({ from })).rejects.toMatchObject({ code: 'secret' })
    const beside = path.join(disc, 'catalog.sqlite')
    await expect(rebuilt({ from, passphrase, catalog: beside })).rejects.toMatchObject({
      code: 'destination',
    })
    // What is encrypted proves itself: it is the list that is wrong.
    fs.writeFileSync(sums, fs.readFileSync(sums, 'utf8').replace(/^[0-9a-f]{8}(?=.* chunks)/m, '00000000'))
    const summary = await rebuilt({ from, passphrase })
    expect(summary.damaged).toMatchObject([{ reason: 'is sound, but its SHA-256 in SHA256SUMS is another' }])
    expect(dump(catalog)).toEqual(dump(ownCatalog(passphrase)))
    expect(fs.statSync(catalog).mode & 0o777).toBe(0o600)
    // A bit that is not the writer's is found by the encryption.
    const chunk = chunkFiles([disc])[0] as string
    const bytes = fs.readFileSync(chunk)
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1
    fs.writeFileSync(chunk, bytes)
    await expect(rebuilt({ from, passphrase })).rejects.toMatchObject({ code: 'damaged' })
  },
)
