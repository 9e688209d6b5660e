import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { pathFromCatalog } from '../../../src/format/path-text.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import {
  burn,
  chunkFiles,
  discFolders,
  fingerprint,
  passphrase,
  restored,
  runBackup,
  storedMembers,
} from '../../support/backup-set.ts'
import { testSet } from '../../support/test-set.ts'

const set = testSet()
const { write } = set

const medium = '2MB'
let folder: string
let source: string
let destination: string

beforeEach(() => {
  ;({ folder, source, destination } = set)
})

const backup = (options: Partial<BackupOptions> = {}): ReturnType<typeof runBackup> =>
  runBackup({ source, destination, medium, ...options })

function query<Row>(sql: string): Row[] {
  const db = new Database(path.join(destination, 'catalog.sqlite'), { readonly: true })
  try {
    return db.prepare(sql).all() as Row[]
  } finally {
    db.close()
  }
}

/** The files of the newest backup. */
const files = (): string[] =>
  query<{ path: string | Uint8Array }>(
    `SELECT path FROM restore_plan WHERE backup = (SELECT max(backup) FROM backups) AND type <> 'dir' ORDER BY path`,
  ).map((row) => pathFromCatalog(row.path))

describe('which paths are taken', () => {
  beforeEach(() => {
    for (const name of [
      'a.txt',
      'b.o',
      'build/x.o',
      'build/keep.txt',
      'src/build/y.c',
      'src/z.c',
      'src/.hidden/w.c',
    ])
      write(name)
    write('src/new\nline.c')
    write('src/not-utf8-\udcff.c')
  })

  const choices = [
    [
      { exclude: ['*.o'] },
      [
        'a.txt',
        'build/keep.txt',
        'src/.hidden/w.c',
        'src/build/y.c',
        'src/new\nline.c',
        'src/z.c',
        'src/not-utf8-\udcff.c',
      ],
    ],
    [
      { exclude: ['build/'] },
      ['a.txt', 'b.o', 'src/.hidden/w.c', 'src/new\nline.c', 'src/z.c', 'src/not-utf8-\udcff.c'],
    ],
    [
      { exclude: ['/build'] },
      [
        'a.txt',
        'b.o',
        'src/.hidden/w.c',
        'src/build/y.c',
        'src/new\nline.c',
        'src/z.c',
        'src/not-utf8-\udcff.c',
      ],
    ],
    [{ exclude: ['*.c', '!z.c'] }, ['a.txt', 'b.o', 'build/keep.txt', 'build/x.o', 'src/z.c']],
    [
      { include: ['*.c'] },
      ['src/.hidden/w.c', 'src/build/y.c', 'src/new\nline.c', 'src/z.c', 'src/not-utf8-\udcff.c'],
    ],
    [{ include: ['build/'], exclude: ['*.o'] }, ['build/keep.txt', 'src/build/y.c']],
    [{ filter: String.raw`^src/[^/]*\.c$` }, ['src/new\nline.c', 'src/z.c', 'src/not-utf8-\udcff.c']],
    [{ filter: '^b', include: ['*.txt'] }, ['build/keep.txt']],
  ] satisfies [Partial<BackupOptions>, string[]][]

  test.each(rows<[Partial<BackupOptions>, string[]]>(choices, [3, 5, 7]))('%j', async (options, expected) => {
    expect((await backup(options)).told).toEqual([])
    expect(files()).toEqual(expected)
  })

  test('--exclude-from, with comments, blank lines and Windows ends', async () => {
    const list = path.join(folder, 'list')
    fs.writeFileSync(list, '# objects\r\n*.o\r\n\r\nsrc/\n')
    await backup({ excludeFrom: [list] })
    expect(files()).toEqual(['a.txt', 'build/keep.txt'])
  })

  test('.butcherignore in a folder, and in one below that takes back', async () => {
    write('.butcherignore', '*.o\n/src/build/\n*.c\n')
    write('src/.butcherignore', '!z.c\n')
    write('build/.butcherignore', '!x.o\n')
    await backup()
    expect(files()).toEqual([
      '.butcherignore',
      'a.txt',
      'build/.butcherignore',
      'build/keep.txt',
      'build/x.o',
      'src/.butcherignore',
      'src/z.c',
    ])
  })

  test('what is chosen no longer counts as deleted, and what is again as new, its content known', async () => {
    await backup()
    expect(await backup({ exclude: ['src/'] })).toMatchObject({
      filesDeleted: 5,
      filesNew: 0,
      filesUnchanged: 4,
    })
    expect(await backup({ exclude: [] })).toMatchObject({
      filesNew: 5,
      filesUnchanged: 4,
      filesDeduplicated: 5,
    })
    const members = storedMembers(chunkFiles(discFolders(destination)))
    expect(members.filter(({ type }) => type === 'file')).toHaveLength(9)
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })

  test("the run's own temporary files, and the destination, are left out where they are inside the source", async () => {
    fs.mkdirSync(path.join(source, 'tmp'))
    vi.stubEnv('TMPDIR', path.join(source, 'tmp'))
    try {
      destination = path.join(source, 'dest')
      const run = await backup()
      expect(run.told).toEqual(['dest: dest is the destination, and is left out'])
      expect(files().filter((name) => name.startsWith('tmp') || name.startsWith('dest'))).toEqual([])
    } finally {
      vi.unstubAllEnvs()
    }
  })
})

describe('--dry-run', () => {
  const text = (lines: number): string =>
    Array.from({ length: lines }, (_, i) => `line ${i * 7919}\n`).join('')

  beforeEach(() => {
    write('noise.bin', noise(3_100_000, 1))
    write('text.txt', text(150_000))
    for (let i = 0; i < 40; i++) write(`small/${i}`, noise(3000 + i, i))
  })

  test.each(
    rows<Partial<BackupOptions>>([{}, { passphrase }, { compress: 'zstd' }, { compress: 'none' }], [1, 2]),
  )('writes nothing, and its estimate is near what a backup takes: %j', async (options) => {
    const before = [fingerprint(folder), fs.statSync(source, { bigint: true }).mtimeNs]
    const dry = await backup({ ...options, dryRun: true, chunkSizeBytes: 300_000 })
    expect([fingerprint(folder), fs.statSync(source, { bigint: true }).mtimeNs]).toEqual(before)
    expect(dry).toMatchObject({
      dryRun: true,
      backup: 1,
      filesNew: 42,
      chunks: 0,
      discs: [],
      bytesStored: 0,
    })
    const run = await backup({ ...options, chunkSizeBytes: 300_000 })
    expect(dry.bytesSource).toBe(run.bytesSource)
    const { discs, bytesStored, method } = dry.estimate as NonNullable<typeof dry.estimate>
    expect(Math.abs(discs - run.discs.length)).toBeLessThanOrEqual(1)
    expect(bytesStored / run.bytesStored).toBeGreaterThan(0.85)
    expect(bytesStored / run.bytesStored).toBeLessThan(1.2)
    expect(method).toMatch(/^from file sizes and compressed samples/)
    const whole = fingerprint(folder)
    const next = await backup({ ...options, dryRun: true })
    expect(next.estimate).toMatchObject({ discs: 0, bytesStored: 0 })
    expect(fingerprint(folder)).toEqual(whole)
  })

  test('tiny files do not grow by compression', async () => {
    for (const name of fs.readdirSync(source)) fs.rmSync(path.join(source, name), { recursive: true })
    write('tiny.txt', Buffer.from('x'))
    const { estimate } = await backup({ dryRun: true })
    const percents = [...(estimate?.method ?? '').matchAll(/(\d+) %/g)].map(([, share]) => Number(share))
    expect(percents.length).toBeGreaterThan(0)
    expect(Math.max(...percents)).toBeLessThanOrEqual(100)
  })

  test('counts what is stored already, and the room of the open disc', async () => {
    await backup()
    write('copy.bin', noise(3_100_000, 1))
    write('new.bin', noise(50_000, 9))
    const dry = await backup({ dryRun: true })
    expect(dry).toMatchObject({ filesNew: 2, filesUnchanged: 42, filesDeduplicated: 1 })
    expect(dry.estimate?.discs).toBe(1)
    expect(dry.estimate?.bytesStored).toBeLessThan(100_000)
  })
})

describe('what is read and stored', () => {
  /** Bytes that this process has read since it began. */
  const bytesRead = (): number => Number(/^rchar: (\d+)/.exec(fs.readFileSync('/proc/self/io', 'utf8'))?.[1])
  const largeBytes = 30_000_000

  test('an unchanged file is not read again, a new one once, and a copy of it is not stored', async () => {
    write('large', Buffer.alloc(largeBytes, 'x'))
    const options = { compress: 'zstd', medium: 'unlimited' } as const
    const reads: number[] = []
    const run = async (more: Partial<BackupOptions> = {}): ReturnType<typeof runBackup> => {
      const before = bytesRead()
      const done = await backup({ ...options, ...more })
      reads.push((bytesRead() - before) / largeBytes)
      return done
    }
    await run()
    expect(await run()).toMatchObject({ filesUnchanged: 1, chunks: 0 })
    fs.renameSync(path.join(source, 'large'), path.join(source, 'moved'))
    expect(await run()).toMatchObject({ filesNew: 1, filesDeleted: 1, filesDeduplicated: 1 })
    fs.utimesSync(path.join(source, 'moved'), 1, 1)
    expect(await run()).toMatchObject({ filesChanged: 1, filesDeduplicated: 1 })
    fs.linkSync(path.join(source, 'moved'), path.join(source, 'other'))
    await run()
    await run({ full: true })
    const [first, unchanged, moved, touched, linked, full] = reads as [
      number,
      number,
      number,
      number,
      number,
      number,
    ]
    expect(first).toBeGreaterThan(0.95)
    expect(first).toBeLessThan(1.3)
    expect(unchanged).toBeLessThan(0.2)
    // A moved or touched file is hashed, which says that its content is stored.
    for (const once of [moved, touched, linked]) expect(once).toBeLessThan(1.3)
    expect(full).toBeGreaterThan(0.95)
    expect(full).toBeLessThan(1.3)
    expect(query('SELECT id FROM content')).toHaveLength(2)
  })

  test('times of access are left alone', async () => {
    write('read.txt', noise(10_000, 1))
    fs.utimesSync(path.join(source, 'read.txt'), 1000, 2000)
    await backup()
    expect(fs.statSync(path.join(source, 'read.txt')).atimeMs).toBe(1_000_000)
  })

  test('duplicates within one backup, empty files, and files that differ in the end alone', async () => {
    const base = noise(1_200_000, 5)
    write('one', base)
    write('same', base)
    write('end', Buffer.concat([base.subarray(0, -1), Buffer.from([(base[base.length - 1] as number) ^ 1])]))
    write('small-a', 'same content')
    write('small-b', 'same content')
    write('small-c', 'same-content')
    for (const name of ['empty-a', 'empty-b', 'sub/empty-c']) write(name, '')
    const run = await backup({ medium: '10MB' })
    expect(run).toMatchObject({ filesNew: 9, filesDeduplicated: 2 })
    const members = storedMembers(chunkFiles(discFolders(destination))).filter(({ type }) => type === 'file')
    expect(members.map(({ name }) => name).sort()).toEqual([
      'empty-a',
      'empty-b',
      'end',
      'one',
      'small-a',
      'small-c',
      'sub/empty-c',
    ])
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })
})

describe('discs', () => {
  const states = (): string[] =>
    query<{ disc: number; state: string }>('SELECT disc, state FROM discs ORDER BY disc').map(
      ({ disc, state }) => `${disc} ${state}`,
    )

  test('one that was moved away, or is of another medium, is not gone on with, and is sealed', async () => {
    write('a', noise(100_000, 1))
    await backup()
    expect(states()).toEqual(['1 open'])
    write('b', noise(100_000, 2))
    expect((await backup()).discs).toEqual([1])
    burn(destination, path.join(folder, 'shelf'))
    write('c', noise(100_000, 3))
    expect((await backup()).discs).toEqual([2])
    expect(states()).toEqual(['1 sealed', '2 open'])
    write('d', noise(100_000, 4))
    expect((await backup({ medium: '3MB' })).discs).toEqual([3])
    expect(states()).toEqual(['1 sealed', '2 sealed', '3 open'])
    const from = [path.join(folder, 'shelf'), destination]
    expect(await restored({ from, into: path.join(folder, 'out') })).toEqual(describeTree(source))
  })

  test('one that a run began and gave no chunk does not take its number with it', async () => {
    fs.mkdirSync(path.join(destination, 'disc-0001/chunks'), { recursive: true })
    write('a')
    expect((await backup()).discs).toEqual([1])
  })

  test('a backup of nothing, of an empty folder, and one that changes nothing make no disc', async () => {
    expect(await backup()).toMatchObject({ complete: true, chunks: 0, discs: [] })
    write('sub/a')
    expect((await backup()).discs).toEqual([1])
    expect(await backup({ name: 'again' })).toMatchObject({ backup: 3, chunks: 0, discs: [] })
    expect(discFolders(destination)).toHaveLength(1)
    expect(query('SELECT backup, name, files FROM backups')).toEqual([
      { backup: 1, name: null, files: 0 },
      { backup: 2, name: null, files: 1 },
      { backup: 3, name: 'again', files: 1 },
    ])
  })
})
