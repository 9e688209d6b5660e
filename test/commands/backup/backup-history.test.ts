import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import {
  burn,
  checkDiscs,
  chunkFiles,
  discFolders,
  type Member,
  membersOf,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
  tarOf,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const medium = '1200KB'
const chunkSizeBytes = 300_000

/** The steps of a tree's life; each begins with what the one before left. */
const steps: readonly ((source: string) => void)[] = [
  (source) => {
    const at = inside(source)
    fs.mkdirSync(at('sub/deep'), { recursive: true })
    fs.mkdirSync(at('empty'))
    fs.mkdirSync(at('dir-to-file/nested'), { recursive: true })
    write(at('a.txt'), 'a, first\n')
    write(at('b.txt'), 'b goes and comes again\n')
    write(at('dup.txt'), 'a copy is made of this\n')
    write(at('file-to-dir'), 'a file that moves into a folder of its own name\n')
    write(at('dir-to-file/inside.txt'), 'in a folder that becomes a file\n')
    write(at('dir-to-file/nested/too.txt'), 'and deeper\n')
    write(at('touched.txt'), 'gets another time\n')
    write(at('chmod.sh'), '#!/bin/sh\n')
    write(at('hard-a'), 'shared\n')
    fs.linkSync(at('hard-a'), at('sub/hard-b'))
    fs.linkSync(at('hard-a'), at('hard-c'))
    fs.symlinkSync('a.txt', at('link-to-file'))
    write(at('moved.bin'), noise(180_000, 1))
    write(at('split.bin'), noise(900_000, 2))
    write(at('sub/deep/text.txt'), Array.from({ length: 40_000 }, (_, i) => `line ${i}\n`).join(''))
  },
  (source) => {
    const at = inside(source)
    write(at('a.txt'), 'a, second\n')
    write(at('new.txt'), 'new\n')
    fs.renameSync(at('moved.bin'), at('sub/moved.bin'))
    fs.copyFileSync(at('dup.txt'), at('sub/dup-too.txt'))
    fs.copyFileSync(at('split.bin'), at('split-copy.bin'))
    fs.rmSync(at('b.txt'))
    fs.utimesSync(at('touched.txt'), 1_500_000_000, 1_500_000_000)
    fs.chmodSync(at('chmod.sh'), 0o4755)
    fs.renameSync(at('file-to-dir'), at('moving'))
    fs.mkdirSync(at('file-to-dir'))
    fs.renameSync(at('moving'), at('file-to-dir/inner'))
    fs.rmSync(at('dir-to-file'), { recursive: true })
    write(at('dir-to-file'), 'now a file\n')
    fs.rmSync(at('link-to-file'))
    write(at('link-to-file'), 'no link any more\n')
    unlinkHard(at('sub/hard-b'))
    fs.truncateSync(at('split.bin'), 420_000)
  },
  (source) => {
    const at = inside(source)
    fs.rmSync(at('file-to-dir'), { recursive: true })
    write(at('file-to-dir'), 'a file again\n')
    fs.rmSync(at('dir-to-file'))
    fs.mkdirSync(at('dir-to-file'))
    write(at('dir-to-file/inside.txt'), 'in a folder again\n')
    fs.rmSync(at('link-to-file'))
    fs.symlinkSync('sub', at('link-to-file'))
    fs.rmSync(at('empty'), { recursive: true })
    fs.symlinkSync('nowhere', at('empty'))
    fs.appendFileSync(at('split.bin'), noise(300_000, 3))
    fs.renameSync(at('sub'), at('renamed'))
    fs.rmSync(at('hard-a')) // hard-c is the first of its inode now
    fs.rmSync(at('split-copy.bin'))
  },
  (source) => {
    const at = inside(source)
    for (const name of fs.readdirSync(source))
      if (name !== 'renamed') fs.rmSync(at(name), { recursive: true })
    write(at('b.txt'), 'b goes and comes again\n')
    fs.linkSync(at('renamed/deep/text.txt'), at('text-too.txt'))
  },
  (source) => {
    const at = inside(source)
    write(at('split.bin'), noise(900_000, 2)) // as it was at first
    write(at('photo.bin'), noise(120_000, 4))
    fs.copyFileSync(at('photo.bin'), at('photo-too.bin'))
    fs.rmSync(at('renamed/moved.bin'))
    fs.mkdirSync(at('renamed/moved.bin'))
    fs.copyFileSync(at('photo.bin'), at('renamed/moved.bin/photo.bin'))
    fs.mkdirSync(at('link-to-file'))
    write(at('link-to-file/inside.txt'), 'where a link to a folder was\n')
    fs.chmodSync(source, 0o750)
  },
]

const inside =
  (source: string) =>
  (name: string): string =>
    path.join(source, name)

const write = (file: string, data: string | Uint8Array): void => fs.writeFileSync(file, data)

function unlinkHard(file: string): void {
  const data = fs.readFileSync(file)
  fs.rmSync(file)
  fs.writeFileSync(file, data)
}

interface Case {
  readonly name: string
  readonly options: (step: number) => Partial<BackupOptions>
  readonly burned: boolean
  /** Default all of them. */
  readonly backups?: number
  /** The catalog is taken away too, and given with --index. */
  readonly catalogMoved?: boolean
  /** Contents are stored again. */
  readonly full?: boolean
}

const compressions = ['bz2', 'gz', 'zstd', 'xz', 'none'] as const

const cases: readonly Case[] = [
  { name: 'plain, each disc burned and moved away', options: () => ({}), burned: true },
  {
    name: 'encrypted, the open disc gone on with, each backup compressed in another way',
    options: (step) => ({ passphrase, compress: compressions[step] as (typeof compressions)[number] }),
    burned: false,
  },
  {
    name: 'encrypted, sha512, named, the catalog given by --index',
    options: (step) => ({ passphrase, hash: 'sha512', name: `step ${step + 1}` }),
    burned: true,
    backups: 3,
    catalogMoved: true,
  },
  {
    name: 'everything stored again each time',
    options: () => ({ full: true }),
    burned: false,
    full: true,
    backups: 2,
  },
]

describe.each(rows(cases, [1, 2]))(
  'a history: $name',
  ({ options, burned, catalogMoved, full, backups = 5 }) => {
    const secrets = options(0).passphrase === undefined ? {} : { passphrase }
    const catalogName = options(0).passphrase === undefined ? 'catalog.sqlite' : 'catalog.sqlite.bz2.gpg'
    let folder: string
    let shelf: string
    let destination: string
    let catalog: string
    const expected: string[][] = []
    let discs: string[]
    let tars: Buffer[]
    let members: Member[]

    beforeAll(async () => {
      folder = fs.mkdtempSync(path.join(scratch.folder, 'history-'))
      const source = path.join(folder, 'source')
      destination = path.join(folder, 'dest')
      shelf = path.join(folder, 'shelf')
      fs.mkdirSync(source)
      catalog = path.join(destination, catalogName)
      for (const [number, step] of steps.slice(0, backups).entries()) {
        step(source)
        const index = catalogMoved && number > 0 ? { index: catalog } : {}
        if (catalogMoved) destination = path.join(folder, `dest-${number}`)
        const run = await runBackup({
          source,
          destination,
          medium,
          chunkSizeBytes,
          ...options(number),
          ...index,
        })
        expect(run).toMatchObject({ backup: number + 1, complete: true, told: [] })
        expected.push(describeTree(source))
        checkDiscs(discFolders(destination), medium)
        catalog = path.join(destination, catalogName)
        if (burned) burn(destination, shelf)
      }
      discs = discFolders(burned ? shelf : destination)
      tars = chunkFiles(discs).map((chunk) => tarOf(chunk))
      members = membersOf(tars)
    })

    test.each([1, 2, 3, 4, 5].slice(0, backups))('backup %i comes back exactly', async (at) => {
      const from = burned ? [shelf, destination] : [destination]
      expect(await restored({ from, at: String(at), into: path.join(folder, 'out'), ...secrets })).toEqual(
        expected[at - 1],
      )
    })

    test('the last disc alone has the catalog of everything', async () => {
      const last = discs.at(-1) as string
      const others = discs.slice(0, -1)
      const index = path.join(last, fs.readdirSync(last).find((name) => name.startsWith('catalog')) as string)
      const out = path.join(folder, 'out')
      expect(await restored({ from: [...others, last], index, into: out, ...secrets })).toEqual(
        expected.at(-1),
      )
    })

    test('no content is stored twice', () => {
      const whole = members.filter((m) => m.type === 'file' && m.size > 0 && !isPart(m.name))
      const hashes = whole.map(({ sha256 }) => sha256)
      expect(new Set(hashes).size < hashes.length).toBe(full ?? false)
      const parts = members.filter((m) => isPart(m.name)).map(({ sha256 }) => sha256)
      expect(new Set(parts).size < parts.length).toBe(full ?? false)
    })

    test('every chunk extracted in order by plain tar, and parts joined, gives every content', () => {
      const out = path.join(folder, 'by-tar')
      fs.mkdirSync(out)
      for (const tar of tars)
        program('tar', ['-x', '--warning=no-timestamp', '-C', out, '-f', '-'], { input: tar })
      const last = new Map<string, Member>()
      for (const member of members) {
        if (member.type === 'file') last.set(member.name, member)
        else last.delete(member.name) // what took the place of a file, later
      }
      const lost: string[] = []
      for (const { name, sha256 } of last.values()) {
        const file = path.join(out, name)
        const isThere = fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() === true
        if (!isThere || createHash('sha256').update(fs.readFileSync(file)).digest('hex') !== sha256)
          lost.push(name)
      }
      expect(lost).toEqual([])
    })

    const isPart = (name: string): boolean => /\.butcher-part-\d{5}-of-\d{5}$/.test(name)
  },
)
