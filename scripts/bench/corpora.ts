/**
 * The data that is backed up. Each corpus is made once, from a seed, and kept below the bench's folder; a
 * scale below 1 makes it smaller, to try the bench out. Contents are the same on every machine, but for those
 * of `mixed`, which is what the system has.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { catalogEdition, makeCatalog } from './catalog-corpus.ts'
import { copySystemTree } from './mixed-corpus.ts'
import type { Corpus, Made } from './corpus.ts'
import { seededBytes, seededNumbers, seededText } from './seeded.ts'

interface Recipe {
  readonly describe: string
  readonly make: (folder: string, scale: number) => Made
  /** What else the data depends on, as part of that name. */
  readonly edition?: string
}

/** Part of the name of what is kept: what is made otherwise is made anew. */
const recipeVersion = 1

const scaled = (count: number, scale: number): number => Math.max(1, Math.round(count * scale))

const recipes = {
  mixed: { describe: '/usr/share and /usr/include', make: copySystemTree },
  photos: {
    describe: 'incompressible files of 3 to 8 MB, each with a text beside it',
    make(folder, scale) {
      const [next, noise, text] = [seededNumbers('photos'), seededBytes('photos'), seededText('photos')]
      const tally = new Tally(folder)
      const wantedBytes = 3e9 * scale
      for (let i = 0; tally.bytes < wantedBytes; i++) {
        const album = `album-${String(Math.floor(i / 50)).padStart(3, '0')}`
        const name = `${album}/IMG_${String(i).padStart(5, '0')}`
        tally.write(`${name}.jpg`, noise(Math.floor(3e6 + next() * 5e6)))
        tally.write(`${name}.xmp`, text(Math.floor(1000 + next() * 3000)))
      }
      return tally.made('album-000/IMG_00000.jpg')
    },
  },
  card: {
    describe: 'three quarters of the files of mixed, for a card of 1.6 GB',
    make: (folder, scale) => copySystemTree(folder, 0.75 * scale),
  },
  small: {
    describe: 'texts of 1 to 8 KB, 100 in a folder',
    make(folder, scale) {
      const [next, text] = [seededNumbers('small'), seededText('small')]
      const tally = new Tally(folder)
      const folders = scaled(2000, scale)
      for (let i = 0; i < folders * 100; i++) {
        const at = `folder-${String(Math.floor(i / 100)).padStart(4, '0')}`
        tally.write(`${at}/note-${String(i).padStart(6, '0')}.txt`, text(Math.floor(1000 + next() * 7000)))
      }
      return tally.made('folder-0000/note-000050.txt')
    },
  },
  video: {
    describe: '4 incompressible files of 2 GB',
    make(folder, scale) {
      const noise = seededBytes('video')
      const tally = new Tally(folder)
      for (let i = 1; i <= 4; i++) {
        for (let left = Math.ceil(2e9 * scale); left > 0; left -= 16e6) {
          tally.append(`film-${i}.mkv`, noise(Math.min(left, 16e6)))
        }
      }
      return { ...tally.made('film-3.mkv'), files: 4 }
    },
  },
  texts: {
    describe: 'texts of 4 MB, all of which fit one chunk',
    make(folder, scale) {
      const text = seededText('texts')
      const tally = new Tally(folder)
      // 988 MB: with the heads of the tar it stays below the 1 GB that a chunk gathers.
      const files = Math.max(3, scaled(247, scale))
      const name = (i: number): string => `text-${String(i).padStart(3, '0')}.txt`
      for (let i = 0; i < files; i++) tally.write(name(i), text(4e6))
      return tally.made(name(Math.floor(files / 2)))
    },
  },
  million: {
    describe: 'texts of up to 200 bytes, in 10 folders of 100 folders',
    make(folder, scale) {
      const [next, text] = [seededNumbers('million'), seededText('million')]
      const tally = new Tally(folder)
      const perFolder = scaled(1000, scale)
      for (let i = 0; i < perFolder * 1000; i++) {
        const at = Math.floor(i / perFolder)
        const name = `${Math.floor(at / 100)}/${at % 100}/${i % perFolder}`
        tally.write(name, text(Math.floor(next() * 201)))
      }
      return tally.made('0/50/0')
    },
  },
  catalog: {
    describe: 'a catalog of two backups, with a row for each version of a file',
    make: (folder, scale) => makeCatalog(folder, scaled(10_000_000, scale)),
    edition: catalogEdition,
  },
} satisfies Record<string, Recipe>

export type CorpusName = keyof typeof recipes

export const describeCorpus = (name: CorpusName): string => recipes[name].describe

/** The corpus of that name below `folder`, made where it is not there yet. */
export function corpus(name: CorpusName, folder: string, scale: number): Corpus {
  const recipe: Recipe = recipes[name]
  const edition = recipe.edition === undefined ? '' : `-${recipe.edition}`
  const base = path.join(folder, `${name}-${scale}-v${recipeVersion}${edition}`)
  const note = `${base}.json`
  try {
    return JSON.parse(readFileSync(note, 'utf8')) as Corpus
  } catch {
    // It is not there, or was never completed.
  }
  rmSync(base, { recursive: true, force: true })
  mkdirSync(base, { recursive: true })
  const whole: Corpus = { name, folder: base, ...recipe.make(base, scale) }
  writeFileSync(note, JSON.stringify(whole))
  return whole
}

/** Writes files below a folder and counts them. */
class Tally {
  files = 0
  bytes = 0
  readonly #folder: string
  readonly #folders = new Set<string>()

  constructor(folder: string) {
    this.#folder = folder
  }

  write(name: string, content: Buffer): void {
    this.append(name, content, 'w')
  }

  append(name: string, content: Buffer, flag = 'a'): void {
    const parent = path.dirname(name)
    if (!this.#folders.has(parent)) {
      mkdirSync(path.join(this.#folder, parent), { recursive: true })
      this.#folders.add(parent)
    }
    writeFileSync(path.join(this.#folder, name), content, { flag })
    this.files++
    this.bytes += content.length
  }

  made(sample: string): Made {
    return { files: this.files, bytes: this.bytes, sample }
  }
}
