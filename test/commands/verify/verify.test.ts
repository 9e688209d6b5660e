import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { VerifyOptions, VerifySummary } from '../../../src/commands/verify/verify-options.ts'
import { verify } from '../../../src/commands/verify/verify.ts'
import type { LostFile } from '../../../src/catalog/losses.ts'
import { noise } from '../../support/sample-trees.ts'
import { program } from '../../support/tree.ts'
import { burn, discFolders, passphrase, runBackup, scratchFolder } from '../../support/backup-set.ts'
import { longTest } from '../../support/rows.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)

/**
 * Two discs: the second has the `--full` backup of the same files, but for `once.bin`, which is gone by then.
 */
beforeAll(async () => {
  const source = at('src')
  fs.mkdirSync(path.join(source, 'dir'), { recursive: true })
  for (let i = 1; i <= 4; i++) fs.writeFileSync(path.join(source, 'dir', `f${i}`), noise(90_000, i))
  fs.writeFileSync(path.join(source, 'once.bin'), noise(50_000, 9))
  fs.writeFileSync(path.join(source, 'text'), 'words, words, words\n'.repeat(2000))
  for (const [name, secret] of [
    ['plain', undefined],
    ['sealed', passphrase],
  ] as const) {
    const secrets = secret === undefined ? {} : { passphrase: secret }
    const options = {
      source,
      destination: at(name),
      chunkSizeBytes: 100_000,
      medium: 'unlimited',
      ...secrets,
    }
    fs.writeFileSync(path.join(source, 'once.bin'), noise(50_000, 9))
    await runBackup(options)
    fs.rmSync(path.join(source, 'once.bin'))
    burn(at(name), at('shelf', name))
    await runBackup({ ...options, full: true })
    fs.renameSync(at('shelf', name, 'disc-0001'), at(name, 'disc-0001'))
  }
})

interface Told extends VerifySummary {
  /** `NAME: STATUS` and the message, of everything that is not just sound. */
  readonly told: readonly string[]
  readonly losses: readonly (LostFile & { readonly chunk: number })[]
  readonly notes: readonly string[]
}

async function run(options: Omit<VerifyOptions, 'onFile' | 'onLoss' | 'report'>): Promise<Told> {
  const told: string[] = []
  const losses: (LostFile & { chunk: number })[] = []
  const notes: string[] = []
  const summary = await verify({
    ...options,
    onFile: ({ name, status, message }) => {
      if (status !== 'sound' || message !== '') told.push(`${name}: ${status}: ${message}`)
    },
    onLoss: ({ chunk, files }) => {
      for (const file of files) losses.push({ ...file, chunk })
    },
    report: (event) => {
      if (event.type === 'note' || event.type === 'warning') notes.push(event.message)
    },
  })
  return { ...summary, told, losses, notes }
}

/** A copy of the discs of a set, to be spoilt. */
function copyOf(set: 'plain' | 'sealed', name: string): string[] {
  fs.cpSync(at(set), at('copies', name), { recursive: true })
  burn(at('copies', name), at('copies', `${name}-discs`))
  return discFolders(at('copies', `${name}-discs`))
}

const chunksIn = (disc: string): string[] =>
  fs.readdirSync(path.join(disc, 'chunks')).map((name) => path.join(disc, 'chunks', name))

function flip(file: string, offset: number, bit = 1): void {
  const bytes = fs.readFileSync(file)
  bytes[offset] = (bytes[offset] as number) ^ bit
  fs.writeFileSync(file, bytes)
}

const rel = (file: string): string => `chunks/${path.basename(file)}`

test('a sound destination: every file is read and compared with the catalog', async () => {
  const result = await run({ from: [at('plain')] })
  expect(result).toMatchObject({
    damaged: 0,
    missing: 0,
    misplaced: 0,
    surplus: 0,
    byCatalog: true,
    notHere: [],
  })
  expect(result.discs).toEqual([1, 2])
  expect(result.told).toEqual([])
  const files = discFolders(at('plain')).flatMap((disc) => [
    ...fs.readdirSync(disc).slice(1),
    ...chunksIn(disc),
  ])
  expect(result.files).toBe(files.length)
})

test('one of two discs: the other is named as not looked at', async () => {
  const [first] = copyOf('plain', 'one-of-two') as [string]
  const index = at('plain', 'catalog.sqlite')
  expect(await run({ from: [first], index })).toMatchObject({ discs: [1], notHere: [2], damaged: 0 })
})

test('a flipped bit in a chunk: damaged, and the files it costs with their second copies', async () => {
  const discs = copyOf('plain', 'flip')
  const chunks = chunksIn(discs[0] as string)
  for (const chunk of chunks) flip(chunk, 700)
  const result = await run({ from: discs })
  expect(result.told).toEqual(
    chunks.map((chunk) => `${rel(chunk)}: damaged: its SHA-256 is not the one in the catalog`),
  )
  expect(result).toMatchObject({ damaged: chunks.length, lostFiles: result.losses.length })
  const paths = [...new Set(result.losses.map((loss) => loss.path))].sort()
  expect(paths).toEqual(['dir/f1', 'dir/f2', 'dir/f3', 'dir/f4', 'once.bin', 'text'])
  for (const loss of result.losses) {
    expect([loss.firstBackup, loss.lastBackup]).toEqual([1, 1])
    expect(loss.copy?.discs).toEqual(loss.path === 'once.bin' ? undefined : [2])
  }
  expect(result.lostWithCopy).toBe(5)
})

test('truncated, empty and missing chunks are told apart', async () => {
  const [disc] = copyOf('plain', 'short') as [string]
  const [a, b, c] = chunksIn(disc) as [string, string, string]
  const size = fs.statSync(a).size
  fs.truncateSync(a, size - 100)
  fs.truncateSync(b, 0)
  fs.rmSync(c)
  const result = await run({ from: [disc] })
  expect(result.told).toEqual([
    `${rel(a)}: truncated: it has ${size - 100} of ${size} bytes`,
    expect.stringMatching(`^${rel(b)}: empty: it should have \\d+ bytes`),
    `${rel(c)}: missing: it is not on the disc`,
  ])
  expect(result).toMatchObject({ damaged: 2, missing: 1, lostChunks: [1, 2, 3] })
})

longTest('swapped chunks are known by their hash, and cost nothing', async () => {
  const [disc] = copyOf('sealed', 'swapped') as [string]
  const [a, b] = chunksIn(disc) as [string, string]
  fs.renameSync(a, `${a}.x`)
  fs.renameSync(b, a)
  fs.renameSync(`${a}.x`, b)
  const result = await run({ from: [disc], passphrase })
  expect(result.told).toEqual([
    `${rel(a)}: misplaced: it is chunk 2, ${rel(b)}`,
    `${rel(b)}: misplaced: it is chunk 1, ${rel(a)}`,
  ])
  expect(result).toMatchObject({ misplaced: 2, damaged: 0, lostChunks: [], lostFiles: 0 })
})

test('a renamed chunk is found under its new name', async () => {
  const [disc] = copyOf('plain', 'renamed') as [string]
  const [a] = chunksIn(disc) as [string]
  fs.renameSync(a, path.join(disc, 'chunks', '00000099.tar'))
  const result = await run({ from: [disc] })
  expect([...result.told].sort()).toEqual([
    `${rel(a)}: misplaced: it is here as chunks/00000099.tar`,
    `chunks/00000099.tar: misplaced: it is chunk 1, ${rel(a)}`,
  ].sort()) // prettier-ignore
  expect(result.lostChunks).toEqual([])
})

test('a duplicate, a chunk of another disc and a stray file are surplus: the disc is sound', async () => {
  const discs = copyOf('plain', 'surplus') as [string, string]
  const [a] = chunksIn(discs[0]) as [string]
  const [other] = chunksIn(discs[1]) as [string]
  fs.copyFileSync(a, path.join(discs[0], 'chunks', '00000001.tar.xz'))
  fs.copyFileSync(other, path.join(discs[0], rel(other)))
  fs.writeFileSync(path.join(discs[0], 'notes.txt'), 'mine')
  const result = await run({ from: discs })
  expect(result).toMatchObject({ surplus: 3, damaged: 0, misplaced: 0, missing: 0 })
  expect(result.told.join('\n')).toMatch(`00000001.tar.xz: surplus: a second copy of ${rel(a)}`)
  expect(result.told.join('\n')).toMatch(/surplus: it is chunk \d+, chunks\/\S+ of disc 2/)
  expect(result.told).toContain('notes.txt: surplus: it belongs to nothing on this disc')
})

test('a chunk of another set, one of another passphrase, another program’s file: foreign', async () => {
  const source = at('other-src')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'x'), noise(9999, 3))
  await runBackup({ source, destination: at('other') })
  await runBackup({ source, destination: at('other-sealed'), passphrase: 'something else' })
  const [foreign] = chunksIn(at('other', 'disc-0001')) as [string]
  const [closed] = chunksIn(at('other-sealed', 'disc-0001')) as [string]

  const [plain] = copyOf('plain', 'foreign') as [string]
  const a = chunksIn(plain).find((file) => path.extname(file) === path.extname(foreign)) as string
  const b = chunksIn(plain).find((file) => file !== a) as string
  fs.copyFileSync(foreign, a)
  fs.writeFileSync(b, noise(3000, 1))
  const result = await run({ from: [plain] })
  expect(result.told).toEqual(
    expect.arrayContaining([
      expect.stringMatching(`^${rel(a)}: foreign: it is chunk 1 of another set, [0-9a-f]{32}$`),
      `${rel(b)}: foreign: it is a file of another kind, not a chunk`,
    ]),
  )
  expect(result.damaged).toBe(2)

  const [sealed] = copyOf('sealed', 'foreign-sealed') as [string]
  const [c] = chunksIn(sealed) as [string]
  fs.copyFileSync(closed, c)
  expect((await run({ from: [sealed], passphrase })).told).toEqual([
    expect.stringMatching(`^${rel(c)}: foreign: it is encrypted to something else: a chunk of another set`),
  ])
})

test.each([
  ['README.txt', (file: string) => flip(file, 10)],
  ['restore.sh', (file: string) => flip(file, 10)],
  ['catalog.sqlite.bz2', (file: string) => flip(file, 200)],
])('%s changed: damaged', async (name, spoil) => {
  const discs = copyOf('plain', `changed-${name}`) as [string, string]
  spoil(path.join(discs[0], name))
  const result = await run({ from: discs })
  expect(result.told).toEqual([`${name}: damaged: its SHA-256 is not the one in SHA256SUMS`])
})

/** Another hexadecimal digit: what a flipped bit makes of one need not be any. */
function changeDigit(file: string): void {
  const text = fs.readFileSync(file, 'utf8')
  fs.writeFileSync(file, `${text.slice(0, 5)}${text[5] === '0' ? '1' : '0'}${text.slice(6)}`)
}

test.each([
  ['missing', (file: string) => fs.rmSync(file), /^SHA256SUMS: missing/],
  ['empty', (file: string) => fs.truncateSync(file), /^SHA256SUMS: empty/],
  ['with a wrong digit', changeDigit, /^SHA256SUMS: damaged: its line of \S+ is/],
  [
    'with a wrong name',
    (file: string) => flip(file, fs.readFileSync(file).indexOf('README') + 1),
    /^SHA256SUMS: damaged: it lists README.txt as R\S+/,
  ],
  [
    'without a newline',
    (file: string) => flip(file, fs.readFileSync(file).indexOf('\n'), 4),
    /^SHA256SUMS: damaged: /,
  ],
])('SHA256SUMS %s: told of SHA256SUMS, not of the files', async (name, spoil, expected) => {
  // prettier-ignore
  const [disc] = copyOf('plain', `sums-${name}`) as [string]
  spoil(path.join(disc, 'SHA256SUMS'))
  const result = await run({ from: [disc] })
  expect(result.told.filter((line) => !line.includes('unchecked'))).toEqual([expect.stringMatching(expected)])
})

test('a chunk changed together with its checksum: the catalog of an encrypted set tells', async () => {
  const [disc] = copyOf('sealed', 'forged') as [string]
  const [a] = chunksIn(disc) as [string]
  flip(a, 500)
  const sums = path.join(disc, 'SHA256SUMS')
  const hash = program('sha256sum', [a]).toString().slice(0, 64)
  fs.writeFileSync(
    sums,
    fs.readFileSync(sums, 'utf8').replace(new RegExp(`.{64}  ${rel(a)}`), `${hash}  ${rel(a)}`),
  )
  program('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: disc })
  const result = await run({ from: [disc], passphrase })
  expect(result.told).toEqual([
    `SHA256SUMS: damaged: its line of ${rel(a)} is not the catalog's`,
    `${rel(a)}: damaged: its SHA-256 is not the one in the catalog`,
  ])
  const without = await run({ from: [disc] })
  expect(without).toMatchObject({ byCatalog: false, damaged: 0 })
  expect(without.notes).toEqual([expect.stringMatching(/encrypted, and no passphrase or key was given: compared with SHA256SUMS only: this finds decay, but not tampering or files missing from the list, and cannot name the affected source files/)]) // prettier-ignore
})

longTest('without a secret a flipped bit in an encrypted chunk shows all the same', async () => {
  const [disc] = copyOf('sealed', 'no-secret') as [string]
  const [a] = chunksIn(disc) as [string]
  flip(a, 500)
  expect((await run({ from: [disc] })).told).toEqual([
    `${rel(a)}: damaged: its SHA-256 is not the one in SHA256SUMS`,
  ])
})

test('a wrong passphrase is an error, but not where it is the catalog that is damaged', async () => {
  const [disc] = copyOf('sealed', 'keys') as [string]
  await expect(run({ from: [disc], passphrase: 'wrong' })).rejects.toMatchObject({ code: 'secret' })
  flip(path.join(disc, 'catalog.sqlite.bz2.gpg'), 12)
  const result = await run({ from: [disc], passphrase })
  expect(result.told).toEqual(['catalog.sqlite.bz2.gpg: damaged: its SHA-256 is not the one in SHA256SUMS'])
})

longTest(
  'a catalog older than the discs is told, and the younger chunks are not called foreign',
  async () => {
    const source = at('older-src')
    fs.mkdirSync(source)
    fs.writeFileSync(path.join(source, 'a'), noise(9999, 3))
    await runBackup({ source, destination: at('older') })
    const old = at('old.sqlite')
    fs.copyFileSync(at('older', 'catalog.sqlite'), old)
    fs.writeFileSync(path.join(source, 'b'), noise(9999, 4))
    await runBackup({ source, destination: at('older') })
    const result = await run({ from: [at('older', 'disc-0001')], index: old })
    expect(result).toMatchObject({ damaged: 0, missing: 0, misplaced: 0 })
    expect(result.notes).toEqual([expect.stringMatching(/old.sqlite is older than these discs/)])
  },
)

test('a catalog of a newer format is told, and SHA256SUMS is gone by', async () => {
  const [disc] = copyOf('plain', 'newer') as [string]
  const file = at('newer.sqlite')
  fs.copyFileSync(at('plain', 'catalog.sqlite'), file)
  const db = new Database(file)
  db.pragma('user_version = 9')
  db.close()
  for (const name of fs.readdirSync(disc).filter((one) => one.startsWith('catalog'))) {
    fs.writeFileSync(path.join(disc, name), program('bzip2', ['-c', file]))
  }
  const sums = path.join(disc, 'SHA256SUMS')
  const hash = program('sha256sum', ['catalog.sqlite.bz2'], { cwd: disc }).toString().slice(0, 64)
  fs.writeFileSync(sums, fs.readFileSync(sums, 'utf8').replace(/.{64} {2}catalog/, `${hash}  catalog`))
  const result = await run({ from: [disc] })
  expect(result).toMatchObject({ byCatalog: false, damaged: 0 })
  expect(result.notes).toEqual([expect.stringMatching(/is of format 9, newer than this butcher knows: compared with SHA256SUMS only/)]) // prettier-ignore
})

longTest('a disc whose folder of chunks is gone, under another name', async () => {
  const [disc] = copyOf('plain', 'bare') as [string]
  const bare = at('copies', 'some folder')
  fs.renameSync(disc, bare)
  const chunks = chunksIn(bare)
  fs.rmSync(path.join(bare, 'chunks'), { recursive: true })
  expect(await run({ from: [bare], index: at('plain', 'catalog.sqlite') })).toMatchObject({ missing: chunks.length, discs: [1] })
}) // prettier-ignore

test('nothing is written to a disc that is read', async () => {
  const [disc] = copyOf('plain', 'untouched') as [string]
  const before = program('find', [disc, '-printf', '%p %T@ %C@\n']).toString()
  await run({ from: [disc] })
  expect(program('find', [disc, '-printf', '%p %T@ %C@\n']).toString()).toBe(before)
})

test('a place without any disc is refused', async () => {
  fs.mkdirSync(at('nothing'))
  await expect(run({ from: [at('nothing')] })).rejects.toMatchObject({
    code: 'no-set',
    message: /no disc in /,
  })
})
