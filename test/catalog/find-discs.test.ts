import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { candidateAt, findDiscs } from '../../src/catalog/find-discs.ts'
import { fitDisc, identifyDisc } from '../../src/catalog/identify-disc.ts'
import { type MadeSet, makeSet, writeChecksums } from '../support/make-set.ts'
import { sampleHistory } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'

let root: string
let set: MadeSet
let db: Database.Database

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'find-discs-'))
  set = await makeSet(path.join(root, 'set'), { backups: sampleHistory })
  db = new Database(set.plainCatalog, { readonly: true })
  for (const disc of set.discs) {
    for (const name of ['README.txt', 'restore.sh', 'index.html'])
      fs.writeFileSync(path.join(disc, name), name)
    fs.mkdirSync(path.join(disc, 'parity'))
    fs.writeFileSync(path.join(disc, 'parity', 'disc.par2'), 'parity')
    writeChecksums(disc)
  }
})

afterAll(() => {
  db.close()
  fs.rmSync(root, { recursive: true, force: true })
})

const small = [
  'README.txt',
  'restore.sh',
  'catalog.sqlite.bz2',
  'SHA256SUMS',
  'index.html',
  'parity',
] as const
const subsets = Array.from({ length: 1 << small.length }, (_, bits) =>
  small.filter((_name, i) => (bits & (1 << i)) !== 0),
)

/** A copy of disc 2 under a name that says nothing. */
function copyOfDisc(name = 'some folder'): string {
  const copy = path.join(fs.mkdtempSync(path.join(root, 'copy-')), name)
  fs.cpSync(set.discs[1] as string, copy, { recursive: true })
  return copy
}

function image(folder: string, label: string): string {
  const file = path.join(path.dirname(folder), 'image.iso')
  program('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-J', '-V', label, '-o', file, folder])
  return file
}

const discsAt = (place: string): (number | undefined)[] =>
  findDiscs(place).map((candidate) => identifyDisc(db, candidate))

const label = (disc: number, setId = set.setId): string =>
  `BUTCHER_${setId.slice(0, 8).toUpperCase()}_${String(disc).padStart(4, '0')}`

describe('a disc is found by its chunks, whichever small files are gone', () => {
  test('each subset is missing', () => {
    const folder = copyOfDisc()
    for (const subset of subsets) {
      const aside = fs.mkdtempSync(path.join(root, 'aside-'))
      for (const name of subset) fs.renameSync(path.join(folder, name), path.join(aside, name))
      expect([subset, discsAt(folder), discsAt(path.dirname(folder))]).toEqual([subset, [2], [2]])
      for (const name of subset) fs.renameSync(path.join(aside, name), path.join(folder, name))
    }
  })

  test('each subset is damaged', () => {
    const folder = copyOfDisc()
    for (const subset of subsets.filter((names) => !names.includes('parity'))) {
      const before = subset.map((name) => fs.readFileSync(path.join(folder, name)))
      for (const name of subset) fs.writeFileSync(path.join(folder, name), Buffer.alloc(5000, 0xa5))
      expect([subset, discsAt(folder)]).toEqual([subset, [2]])
      for (const [i, name] of subset.entries()) fs.writeFileSync(path.join(folder, name), before[i] as Buffer)
    }
  })

  test('in an image without label, too', () => {
    const folder = copyOfDisc()
    for (const name of small) fs.rmSync(path.join(folder, name), { recursive: true })
    const file = image(folder, 'NOTHING')
    expect(discsAt(file)).toEqual([2])
    expect(discsAt(path.dirname(file))).toEqual([2, 2])
  })

  test('by the folder of the chunks itself', () => {
    expect(discsAt(path.join(copyOfDisc(), 'chunks'))).toEqual([2])
  })
})

describe('a disc without chunks', () => {
  test('is found by its SHA256SUMS', () => {
    const folder = copyOfDisc()
    fs.rmSync(path.join(folder, 'chunks'), { recursive: true })
    expect(discsAt(folder)).toEqual([2])
  })

  test('is found by the label of its image, or of the place where it is mounted', () => {
    const folder = copyOfDisc(label(2))
    for (const name of ['chunks', 'SHA256SUMS']) fs.rmSync(path.join(folder, name), { recursive: true })
    expect(discsAt(folder)).toEqual([2])
    expect(discsAt(image(folder, label(2)))).toEqual([2])
    expect(discsAt(image(folder, label(2, 'ffffffff')))).toEqual([undefined])
    expect(discsAt(image(folder, 'NOTHING'))).toEqual([])
  })

  test('is found by the name of its folder, unless nothing is in it', () => {
    const folder = copyOfDisc('disc-0002')
    for (const name of ['chunks', 'SHA256SUMS']) fs.rmSync(path.join(folder, name), { recursive: true })
    expect(discsAt(folder)).toEqual([2])
    fs.rmSync(folder, { recursive: true })
    fs.mkdirSync(folder)
    expect(discsAt(folder)).toEqual([])
  })
})

describe('what is no disc of the set', () => {
  test('a spare, a folder of files, a folder with a SHA256SUMS of other files', () => {
    const place = fs.mkdtempSync(path.join(root, 'other-'))
    fs.mkdirSync(path.join(place, 'spare-0001'))
    fs.writeFileSync(path.join(place, 'spare-0001', 'group.txt'), '')
    fs.writeFileSync(path.join(place, 'spare-0001', 'README.txt'), '')
    writeChecksums(path.join(place, 'spare-0001'))
    fs.writeFileSync(path.join(place, 'a'), '')
    expect(discsAt(place)).toEqual([])
    // Somebody made a list of all that is in a folder of discs.
    fs.cpSync(set.discs[1] as string, path.join(place, 'x'), { recursive: true })
    writeChecksums(place)
    expect(discsAt(place)).toEqual([2])
  })

  test('a disc that lists other chunks under the same numbers and sizes', () => {
    const folder = copyOfDisc('disc-0002')
    for (const name of fs.readdirSync(path.join(folder, 'chunks'))) {
      const file = path.join(folder, 'chunks', name)
      fs.writeFileSync(file, Buffer.alloc(fs.statSync(file).size, 1))
    }
    writeChecksums(folder)
    expect(discsAt(folder)).toEqual([undefined])
    expect(fitDisc(db, candidateAt(folder))).toMatchObject({ disc: 2, isOther: true, proven: 0 })
  })

  test('a SHA256SUMS with a flipped digit in each line does not make it another disc', () => {
    const folder = copyOfDisc('disc-0002')
    const sums = path.join(folder, 'SHA256SUMS')
    const flipped = (line: string): string => (line.startsWith('0') ? '1' : '0') + line.slice(1)
    fs.writeFileSync(sums, fs.readFileSync(sums, 'utf8').replaceAll(/^[0-9a-f].*$/gm, flipped))
    expect(discsAt(folder)).toEqual([2])
  })
})
