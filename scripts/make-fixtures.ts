/**
 * node scripts/make-fixtures.ts [--pieces | --pruned]: makes test/fixtures/vN of the format that this version
 * writes, or test/fixtures/pruned, with what every backup must give back. Run by hand, once for each version
 * of the format; what is there already is never written over. `--pruned` adds the sets that are missing.
 */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { catalogVersion, piecesVersion } from '../src/format/catalog-schema.ts'
import { backup, type BackupOptions, forget, prune } from '../src/index.ts'
import { listTree } from '../test/support/list-tree.ts'
import type { TestTree } from '../test/support/make-set.ts'
import { plantTree } from '../test/support/plant-tree.ts'
import { noise, sampleTree } from '../test/support/sample-trees.ts'
import { setTime } from '../test/support/tree.ts'

/** Whether the sets hold a file in pieces: then they are of a version of their own. */
const arePruned = process.argv.includes('--pruned')
const withPieces = arePruned || process.argv.includes('--pieces')
const version = arePruned ? 'pruned' : `v${withPieces ? piecesVersion : catalogVersion}`
const fixtures = path.join(import.meta.dirname, `../test/fixtures/${version}`)
const chunkSizeBytes = 3500
const passphrase = 'kept for ever'

const file = (sizeBytes: number, seed: number) => ({ type: 'file' as const, data: noise(sizeBytes, seed) })

/** Four pieces: of data, of zeros, the first one again, and half of one. Small when it is compressed. */
function card(change: string): TestTree {
  const piece = Buffer.alloc(1 << 20, 'a card, ')
  const bytes = Buffer.concat([piece, Buffer.alloc(1 << 20), piece, Buffer.alloc(1 << 19, 'its end, ')])
  bytes.write(change, 1 << 21)
  return withPieces ? { card: { type: 'file', data: bytes } } : {}
}

/** Five states of one tree; each begins with what the one before left. */
const first: TestTree = {
  // Paths that are long, but do not make the expectations so.
  ...Object.fromEntries(Object.entries(sampleTree).filter(([name]) => name.length < 400)),
  ...card(''),
  'split.bin': file(7100, 31),
  'moved.bin': file(800, 32),
  'becomes-dir': 'a file, first\n',
  'becomes-file': { type: 'dir' },
  'becomes-file/inside': 'inside a folder, first\n',
  'shortened.bin': file(3600, 33),
}
const { 'becomes-file/inside': _inside, 'moved.bin': _moved, ...kept } = first
const second: TestTree = {
  ...kept,
  ...card('changed'),
  'dir/moved.bin': file(800, 32),
  'copy of split.bin': file(7100, 31),
  'becomes-dir': { type: 'dir' },
  'becomes-dir/inside': 'inside a folder, second\n',
  'becomes-file': 'a file, second\n',
  'shortened.bin': file(1500, 33),
}
const { 'split.bin': _split, 'dir/hard-too': _hard, ...left } = second
const third: TestTree = { ...left, 'hello.txt': 'hello, third\n', 'new.txt': 'text, text, text\n'.repeat(90) }
const fourth: TestTree = { ...third, 'new-too.txt': 'more text\n'.repeat(300), pipe: 'a pipe no more\n' }
const fifth: TestTree = { ...fourth, 'last.bin': file(500, 34) }

interface FixtureSet {
  readonly name: string
  readonly states: readonly TestTree[]
  /** The disc of each backup is moved away after it. */
  readonly burned: boolean
  /** Backups that a prune removes at last. */
  readonly forgotten?: readonly number[]
  /** Of each backup. */
  readonly options: (backup: number) => Partial<BackupOptions>
}

async function main(): Promise<void> {
  if (!arePruned && fs.existsSync(fixtures))
    throw new Error(`${fixtures} is there already: fixtures are never written over`)
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'fixtures-'))
  fs.mkdirSync(fixtures, { recursive: true })
  try {
    if (!arePruned) makeKey(path.join(work, 'gnupg'))
    fs.writeFileSync(path.join(fixtures, 'passphrase.txt'), `${passphrase}\n`)
    const compressions = ['bz2', 'gz', 'zstd', 'xz', 'none'] as const
    const sets: readonly FixtureSet[] = [
      {
        name: 'compressions',
        states: [first, second, third, fourth, fifth],
        burned: false,
        options: (number) => ({ compress: compressions[number - 1] as (typeof compressions)[number] }),
      },
      {
        name: 'passphrase',
        states: [first, second],
        burned: true,
        options: () => ({ passphrase, hash: 'sha512', compress: 'bz2' }),
      },
      {
        name: 'recipient',
        states: [first],
        burned: true,
        options: () => ({
          compress: 'bz2',
          recipients: [path.join(fixtures, 'key.pub')],
          privateKey: path.join(fixtures, 'key.sec'),
        }),
      },
    ]
    const pruned: readonly FixtureSet[] = [
      {
        name: 'plain',
        states: [first, second, third, fourth, fifth],
        burned: false,
        forgotten: [2, 3, 4],
        options: () => ({ compress: 'bz2' }),
      },
      {
        name: 'encrypted',
        states: [first, second, third, fourth, fifth],
        burned: false,
        forgotten: [2, 3, 4],
        options: () => ({ compress: 'bz2', passphrase, hash: 'sha512' }),
      },
    ]
    const missing = pruned.filter(({ name }) => !fs.existsSync(path.join(fixtures, name)))
    for (const set of arePruned ? missing : sets) await makeSet(set, path.join(work, set.name))
  } finally {
    fs.rmSync(work, { recursive: true, force: true })
  }
}

async function makeSet(set: FixtureSet, work: string): Promise<void> {
  const folder = path.join(fixtures, set.name)
  for (const [index, tree] of set.states.entries()) {
    const number = index + 1
    const source = path.join(work, String(number))
    plantTree(source, tree)
    plantMore(source, number)
    const { complete } = await backup({
      source,
      destination: path.join(work, 'destination'),
      name: `backup ${number}`,
      medium: 'unlimited',
      chunkSizeBytes,
      piecesFromBytes: withPieces ? 2 << 20 : 0,
      ...set.options(number),
    })
    if (!complete) throw new Error(`${set.name}: backup ${number} is not complete`)
    fs.mkdirSync(folder, { recursive: true })
    expectState(number, `${listTree(source).join('\n')}\n`)
    if (number === set.states.length && set.forgotten !== undefined)
      await removeBackups(path.join(work, 'destination'), set)
    if (set.burned || number === set.states.length) moveDiscs(path.join(work, 'destination'), folder)
  }
}

async function removeBackups(destination: string, { forgotten = [], options }: FixtureSet): Promise<void> {
  const { passphrase: secret } = options(1)
  const opened = { destination, ...(secret === undefined ? {} : { passphrase: secret }) }
  await forget({ ...opened, backups: forgotten })
  const { chunksDropped, chunksRewritten } = await prune(opened)
  if (chunksRewritten.length === 0 || chunksDropped.length === chunksRewritten.length)
    throw new Error('the prune should drop chunks, and rewrite others')
}

/** The states are the same in all sets, and so are the expectations. */
function expectState(number: number, listing: string): void {
  const expectation = path.join(fixtures, `backup-${number}.jsonl`)
  if (!fs.existsSync(expectation)) fs.writeFileSync(expectation, listing)
  if (fs.readFileSync(expectation, 'utf8') !== listing)
    throw new Error(`state ${number} is not the same twice`)
}

/** The discs alone: they are what is left for ever. Of restore.sh, which is large, the first disc has one. */
function moveDiscs(destination: string, folder: string): void {
  for (const name of fs.readdirSync(destination).filter((entry) => entry.startsWith('disc-'))) {
    const disc = path.join(folder, name)
    fs.cpSync(path.join(destination, name), disc, { recursive: true })
    fs.rmSync(path.join(destination, name), { recursive: true })
    if (path.basename(folder) === 'compressions') continue
    fs.rmSync(path.join(disc, 'restore.sh'))
    const sums = path.join(disc, 'SHA256SUMS')
    const lines = fs.readFileSync(sums, 'utf8').split('\n')
    fs.writeFileSync(sums, lines.filter((line) => !line.endsWith('  restore.sh')).join('\n'))
  }
}

/** What a planted tree cannot say: attributes, an ACL, holes. */
function plantMore(source: string, number: number): void {
  const at = (name: string): string => path.join(source, name)
  fs.writeFileSync(at('sparse.bin'), noise(700, 35))
  fs.truncateSync(at('sparse.bin'), 3_000_000)
  fs.writeFileSync(at('tagged.txt'), 'with attributes\n')
  execFileSync('setfattr', ['-n', 'user.kept', '-v', '0x00ff0a', at('tagged.txt')])
  execFileSync('setfattr', ['-n', 'user.100%=ü', '-v', 'text', at('dir')])
  execFileSync('setfacl', ['-m', 'u:1234:rw-', at('tagged.txt')])
  const time = 1_700_000_000_000_000_001n
  // Mostly dead chunks, once a backup is forgotten.
  if (arePruned) fs.writeFileSync(at('changes.bin'), noise(2600, 40 + number))
  if (arePruned) setTime(at('changes.bin'), time + BigInt(number))
  for (const name of ['sparse.bin', 'tagged.txt', 'dir', '.']) setTime(at(name), time)
}

/** A key pair of its own; the private one has no passphrase. */
function makeKey(home: string): void {
  fs.mkdirSync(home, { mode: 0o700 })
  const gpg = (...args: string[]): Buffer =>
    execFileSync('gpg', [
      '--homedir',
      home,
      '--batch',
      '--quiet',
      '--pinentry-mode',
      'loopback',
      '--passphrase',
      '',
      ...args,
    ])
  const id = 'fixture@example.org'
  gpg('--quick-generate-key', id, 'rsa2048', 'encrypt,sign', 'never')
  gpg('--armor', '--output', path.join(fixtures, 'key.pub'), '--export', id)
  gpg('--armor', '--output', path.join(fixtures, 'key.sec'), '--export-secret-keys', id)
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
}

await main()
