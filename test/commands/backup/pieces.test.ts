/** Files in pieces: a change costs the pieces that it touches, and every way back gives the very file. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { longTest, takesAllRows } from '../../support/rows.ts'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import { handPath, runBash } from '../../by-hand/hand-tools.ts'
import { noise } from '../../support/sample-trees.ts'
import { burn, discFolders, restored, runBackup, scratchFolder } from '../../support/backup-set.ts'
import { describeTree, program } from '../../support/tree.ts'

const MiB = 1 << 20
const scratch = scratchFolder()
afterAll(scratch.remove)

const bin = handPath(path.join(scratch.folder, 'bin'), ['sqlite3', 'zstd'])
const reader = path.join(import.meta.dirname, '../../independent-reader/read.py')

let folder: string
let source: string
let destination: string
let card: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(scratch.folder, 'case-'))
  source = path.join(folder, 'source')
  destination = path.join(folder, 'dest')
  card = path.join(source, 'card')
  fs.mkdirSync(source)
})

const options = (more: Partial<BackupOptions> = {}): BackupOptions => ({
  source,
  destination,
  compress: 'zstd',
  piecesFromBytes: 2 * MiB,
  ...more,
})

function write(file: string, at: number, bytes: Uint8Array): void {
  const fd = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT)
  fs.writeSync(fd, bytes, 0, bytes.length, at)
  fs.closeSync(fd)
}

function sumOf(file: string): string {
  return createHash('sha256').update(fs.readFileSync(file)).digest('hex')
}

function rows<T>(query: string, file = path.join(destination, 'catalog.sqlite')): T[] {
  const db = new Database(file, { readonly: true })
  try {
    return db.prepare(query).all() as T[]
  } finally {
    db.close()
  }
}

const storedPieces = (): number =>
  rows<{ count: number }>('SELECT count(*) AS count FROM content WHERE parts = 0')[0]?.count ?? -1

/** Numbers from 0 to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** An edit as of a file system: data, zeros, a copy of other data, or a new size. */
function edit(random: () => number, seed: number): void {
  const { size } = fs.statSync(card)
  const at = Math.floor(random() * size)
  const length = Math.min(size - at, 1 + Math.floor(random() ** 3 * 1.5 * MiB))
  const kind = random()
  if (kind < 0.5) write(card, at, noise(length, seed))
  else if (kind < 0.7) write(card, at, Buffer.alloc(length))
  else if (kind < 0.9) write(card, at - (at % MiB), fs.readFileSync(card).subarray(3 * MiB, 4 * MiB))
  else fs.truncateSync(card, size + Math.floor((random() - 0.5) * 3 * MiB))
}

longTest(
  'random edits of a sparse file over several backups come back by butcher, by hand and after a rebuild',
  async () => {
    const seed = Number(process.env['PIECES_SEED'] ?? 20_261_127)
    const last = takesAllRows ? 5 : 2
    const random = randomFrom(seed)
    fs.writeFileSync(card, '')
    fs.truncateSync(card, 20 * MiB - 12_345)
    for (const at of [0, 3, 9, 14]) write(card, at * MiB + 777, noise(1.3 * MiB, at))
    fs.writeFileSync(path.join(source, 'small'), 'small\n')
    const sums: string[] = []
    for (let number = 1; number <= last; number++) {
      for (let i = 0; number > 1 && i < 4; i++) edit(random, seed + number * 10 + i)
      await runBackup(options({ jobs: 2 }))
      sums.push(sumOf(card))
    }
    const sumIn = (out: string): string => sumOf(path.join(out, 'card'))
    const disc = discFolders(destination)[0] as string

    const catalog = path.join(folder, 'rebuilt.sqlite')
    await rebuild({ from: [disc], catalog, jobs: 1 })
    const sameRows = 'SELECT * FROM restore_plan ORDER BY backup, path, part'
    expect(rows(sameRows, catalog)).toEqual(rows(sameRows))
    for (const [i, sum] of sums.entries()) {
      const [at, out] = [String(i + 1), path.join(folder, `out-${i}`)]
      await restore({ from: [destination], destination: out, at, jobs: 2, index: catalog })
      expect(`${at} ${sumIn(out)}`).toBe(`${at} ${sum}`)
    }
    expect(fs.statSync(path.join(folder, `out-${last - 1}/card`)).blocks).toBeLessThan(
      fs.statSync(card).blocks + 512,
    )

    for (const at of takesAllRows ? [2, last] : [last]) {
      const out = path.join(folder, `hand-${at}`)
      const hand = runBash(bin, [path.join(disc, 'restore.sh'), '--at', String(at), out], { cwd: folder })
      expect(hand).toMatchObject({ status: 0 })
      expect(sumIn(out)).toBe(sums[at - 1])
    }
    const plainly = path.join(folder, 'plainly')
    expect(
      runBash(bin, [path.join(disc, 'restore.sh'), '--no-sqlite', plainly], { cwd: folder }).status,
    ).toBe(0)
    expect(sumIn(plainly)).toBe(sums[last - 1])

    for (const [at, more] of [
      [last - 1, []],
      [last, ['--chunks-only']],
    ] as const) {
      // prettier-ignore
      const out = path.join(folder, `reader-${at}`)
      program('python3', [reader, ...more, '--at', String(at), destination, out])
      expect(sumIn(out)).toBe(sums[at - 1])
    }
  },
)

describe('what is stored', () => {
  test('equal pieces once, zeros never, and the next time only what changed', async () => {
    const data = noise(3 * MiB, 1)
    fs.writeFileSync(card, Buffer.concat([data, Buffer.alloc(2 * MiB), data, Buffer.from('end')]))
    fs.writeFileSync(path.join(source, 'other'), Buffer.concat([Buffer.from('x'), data, data]))
    fs.copyFileSync(path.join(source, 'other'), path.join(source, 'twin'))
    fs.linkSync(card, path.join(source, 'link'))
    const first = await runBackup(options({ compress: 'none' }))
    expect(first.filesNew).toBe(4)
    // `other` is shifted by a byte, and has two pieces twice.
    expect(storedPieces()).toBe(3 + 1 + 5)
    expect(first.bytesStored).toBeLessThan(9.2 * MiB)

    write(card, 4.5 * MiB, Buffer.from('changed'))
    const second = await runBackup(options({ compress: 'none' }))
    expect(second).toMatchObject({ filesChanged: 2, filesUnchanged: 2 })
    expect(second.bytesStored).toBeLessThan(1.05 * MiB)
    expect(storedPieces()).toBe(10)
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })

  longTest('a row of restore_plan for each piece, also of zeros', async () => {
    fs.writeFileSync(card, Buffer.concat([noise(MiB, 2), Buffer.alloc(2 * MiB), Buffer.from('end')]))
    await runBackup(options())
    expect(rows('SELECT part, parts, disc, chunk, member FROM restore_plan ORDER BY part')).toEqual([
      { part: 1, parts: 4, disc: 1, chunk: 1, member: '.butcher-pieces/0000000001' },
      { part: 2, parts: 4, disc: null, chunk: null, member: null },
      { part: 3, parts: 4, disc: null, chunk: null, member: null },
      { part: 4, parts: 4, disc: 1, chunk: 1, member: '.butcher-pieces/0000000002' },
    ])
    expect(rows('PRAGMA user_version')).toEqual([{ user_version: 2 }])
  })

  longTest('a file of zeros, and one that has no holes', async () => {
    fs.writeFileSync(card, '')
    fs.truncateSync(card, 3 * MiB)
    fs.writeFileSync(path.join(source, 'filled'), Buffer.alloc(3 * MiB))
    await runBackup(options())
    expect(storedPieces()).toBe(0)
    const out = path.join(folder, 'out')
    expect(await restored({ from: [destination], into: out })).toEqual(describeTree(source))
    expect(fs.statSync(path.join(out, 'card')).blocks).toBe(0)
    expect(fs.statSync(path.join(out, 'filled')).blocks).toBeGreaterThanOrEqual((3 * MiB) / 512)
    const disc = discFolders(destination)[0] as string
    const hand = path.join(folder, 'hand')
    expect(runBash(bin, [path.join(disc, 'restore.sh'), hand], { cwd: folder }).status).toBe(0)
    expect(sumOf(path.join(hand, 'card'))).toBe(sumOf(card))
  })

  longTest('a set without pieces stays of version 1', async () => {
    fs.writeFileSync(card, noise(3 * MiB, 3))
    await runBackup(options({ piecesFromBytes: 0 }))
    expect(rows('PRAGMA user_version')).toEqual([{ user_version: 1 }])
    await runBackup(options({ full: true }))
    expect(rows('PRAGMA user_version')).toEqual([{ user_version: 2 }])
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })

  longTest('the option is kept', async () => {
    fs.writeFileSync(card, noise(3 * MiB, 3))
    await runBackup(options())
    write(card, 0, Buffer.from('changed'))
    const { piecesFromBytes: _, ...others } = options()
    expect((await runBackup(others)).bytesStored).toBeLessThan(1.2 * MiB)
  })
})

describe('a run that stops', () => {
  test('goes on with the pieces that are stored, disc by disc', async () => {
    fs.writeFileSync(card, noise(9 * MiB, 4))
    const small = options({ medium: '4MB', maxDiscs: 1, compress: 'none' })
    const shelf = path.join(folder, 'shelf')
    for (let i = 1; i <= 3; i++) {
      const run = await runBackup(small)
      burn(destination, shelf)
      expect(run.complete).toBe(i === 3)
    }
    expect(storedPieces()).toBe(9)
    expect(await restored({ from: [shelf], into: path.join(folder, 'out') })).toEqual(describeTree(source))
  })

  longTest('by the user, amid the pieces', async () => {
    fs.writeFileSync(card, noise(12 * MiB, 5))
    const stop = new AbortController()
    const stopped = runBackup(options({ chunkSizeBytes: 4 * MiB, signal: stop.signal }), (event) => {
      if (event.type === 'chunk') stop.abort()
    })
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' })
    const run = await runBackup(options())
    expect(run.storedBefore.bytesStored).toBeGreaterThan(3 * MiB)
    expect(storedPieces()).toBe(12)
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })

  longTest('or a file that changes under way: it is named, and the next run has it', async () => {
    fs.writeFileSync(card, noise(5 * MiB, 6))
    const run = await runBackup(options(), (event) => {
      if (event.type === 'stage' && event.stage === 'pack') write(card, 2 * MiB, Buffer.from('moved on'))
    })
    expect(run.told).toEqual(['card: changed while it was read'])
    expect(rows('SELECT path FROM restore_plan WHERE backup = 1')).toEqual([])
    const next = await runBackup(options())
    expect(next.bytesStored).toBeLessThan(1.2 * MiB)
    expect(await restored({ from: [destination], into: path.join(folder, 'out') })).toEqual(
      describeTree(source),
    )
  })
})

longTest('a piece that is damaged costs its file, and nothing else', async () => {
  fs.writeFileSync(card, noise(3 * MiB, 7))
  fs.writeFileSync(path.join(source, 'other'), noise(2 * MiB, 8))
  await runBackup(options({ compress: 'none', medium: 'unlimited' }))
  const chunk = path.join(discFolders(destination)[0] as string, 'chunks/00000001.tar')
  const at = fs.readFileSync(chunk).indexOf(noise(3 * MiB, 7).subarray(MiB, MiB + 64))
  write(chunk, at, Buffer.from('damage'))
  const out = path.join(folder, 'out')
  const summary = await restore({ from: [destination], destination: out, jobs: 1 })
  expect(summary.failed).toBe(1)
  expect(fs.readdirSync(out)).toEqual(['other'])
})

longTest('a lost disc: what it held is stored again, for older backups, too', async () => {
  fs.writeFileSync(card, noise(3 * MiB, 9))
  fs.copyFileSync(card, path.join(folder, 'older'))
  const shelf = path.join(folder, 'shelf')
  await runBackup(options())
  const sum = sumOf(card)
  burn(destination, path.join(folder, 'lost'))
  write(card, 0, Buffer.from('changed'))
  await runBackup(options())
  burn(destination, shelf)
  // The first backup has a piece that the source no longer has.
  const told = (await runBackup(options({ replaceDiscs: [1] }))).told.join()
  expect(told).toMatch(/^card: of backup 1 .* is lost/)
  fs.copyFileSync(card, path.join(folder, 'newer'))
  fs.copyFileSync(path.join(folder, 'older'), card)
  const out = path.join(folder, 'out')
  await restored({ from: [destination, shelf], into: out, at: '2' })
  expect(sumOf(path.join(out, 'card'))).toBe(sumOf(path.join(folder, 'newer')))
  // It has it again: with the others, which are stored by now, the first backup is whole.
  expect((await runBackup(options({ replaceDiscs: [1] }))).told).toEqual([])
  await restored({ from: [destination, shelf], into: out, at: '1' })
  expect(sumOf(path.join(out, 'card'))).toBe(sum)
})
