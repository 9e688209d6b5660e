/** Damage in chunks, and discs that are missing: what is sound comes back, and the rest is named. */

import Database from 'better-sqlite3'
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { MadeSet, TestSet, TestTree } from '../../support/make-set.ts'
import { type RestoreRun, restoreRuns } from '../../support/restore-runs.ts'
import { rows } from '../../support/rows.ts'
import { noise } from '../../support/sample-trees.ts'

const passphrase = 'open sesame'
const { root, newFolder, setOf, run } = restoreRuns()

const tree: TestTree = Object.fromEntries([
  ...Array.from({ length: 12 }, (_, i) => [`f${i}`, { type: 'file' as const, data: noise(400, i) }]),
  ['big', { type: 'file' as const, data: noise(3900, 99) }],
  ['hard', { type: 'hardlink' as const, link: 'big' }],
])
const expected = (name: string): Buffer => (tree[name] as unknown as { data: Buffer }).data

const damaged = async (
  description: Partial<TestSet>,
  damage: (set: MadeSet) => void,
): Promise<RestoreRun & { set: MadeSet }> => {
  const set = await setOf({ backups: [{ tree }], ...description })
  damage(set)
  const result = await run({
    from: [set.destination],
    ...(description.passphrase === undefined ? {} : { passphrase }),
  })
  // Whatever is there is right.
  for (const name of fs.readdirSync(result.destination)) {
    expect(
      fs.readFileSync(path.join(result.destination, name)).equals(expected(name === 'hard' ? 'big' : name)),
    ).toBe(true)
  }
  const named = result.told.flatMap((message) => /^not restored: ([^:]*):/.exec(message)?.[1] ?? [])
  expect([...named, ...fs.readdirSync(result.destination)].sort()).toEqual(Object.keys(tree).sort())
  expect(result.failed).toBe(named.length)
  return { ...result, set }
}

test('a byte flipped in an uncompressed chunk costs the one file', async () => {
  const result = await damaged({ compression: 'none' }, ({ chunks }) => {
    const chunk = chunks.at(-1) as string
    const data = fs.readFileSync(chunk)
    data[512 + 50] = (data[512 + 50] as number) ^ 1
    fs.writeFileSync(chunk, data)
  })
  expect(result.failed).toBe(1)
  expect(result.told).toContainEqual(expect.stringMatching(/^chunk .* is damaged/))
})

test.each(rows(['none', 'bz2', 'gz', 'zstd', 'xz'] as const, [1, 3]))(
  '%s: chunks that are cut, empty, gone or overwritten',
  async (compression) => {
    for (const passphraseOrNot of [undefined, passphrase]) {
      const secrets = passphraseOrNot === undefined ? {} : { passphrase: passphraseOrNot }
      const result = await damaged({ compression, ...secrets, chunkBytes: 900 }, ({ chunks }) => {
        const [cut, empty, gone, other] = chunks.slice(1) as [string, string, string, string]
        fs.truncateSync(cut, fs.statSync(cut).size - 40)
        fs.truncateSync(empty, 0)
        fs.rmSync(gone)
        fs.writeFileSync(other, noise(fs.statSync(other).size, 7))
      })
      expect(result.failed).toBeGreaterThan(2)
      expect(result.failed).toBeLessThan(14)
      expect(result.told.filter((message) => message.startsWith('chunk '))).toHaveLength(4)
    }
  },
)

test('chunks that changed places', async () => {
  const result = await damaged({ passphrase }, ({ chunks: [one, two] }) => {
    fs.renameSync(one as string, `${one}.tmp`)
    fs.renameSync(two as string, one as string)
    fs.renameSync(`${one}.tmp`, two as string)
  })
  expect(result.failed).toBe(0)
})

test('a chunk of another set, under another passphrase', async () => {
  const foreign = await setOf({ backups: [{ tree }], passphrase: 'another', setId: 'ab'.repeat(16) })
  const result = await damaged({ passphrase }, ({ chunks }) =>
    fs.copyFileSync(foreign.chunks[0] as string, chunks[0] as string),
  )
  expect(result.told).toContainEqual(expect.stringMatching(/chunk 00000001\S* on disc 1 is damaged: it .*/))
})

test('missing discs are named, and what is on others comes back', async () => {
  const result = await damaged({ passphrase, chunksPerDisc: 1 }, ({ discs }) => {
    fs.rmSync(discs[1] as string, { recursive: true })
    fs.rmSync(discs[3] as string, { recursive: true })
  })
  expect(result.missingDiscs.map(({ disc }) => disc)).toEqual([2, 4])
  expect(result.missingDiscs[0]).toMatchObject({
    label: 'BUTCHER_00112233_0002',
    chunks: 1,
    location: null,
  })
  expect(result.told).toContainEqual(expect.stringMatching(/^disc 2 is missing: BUTCHER_00112233_0002/))
})

test('of a missing disc is said where its copies are, and what makes it again', async () => {
  const set = await setOf({
    backups: [{ tree: { a: 'a', b: { type: 'file', data: noise(3000, 1) } } }],
    chunksPerDisc: 1,
  })
  const db = new Database(path.join(set.destination, 'catalog.sqlite'))
  db.exec(`INSERT INTO spare VALUES (1, 0, 5000, '[1,2]', 'safe'), (2, 0, 0, '[2]', NULL), (3, 0, 9, 'x', NULL);
    INSERT INTO copy(disc, copy, state, location) VALUES (2, 1, 'lost', 'shelf A'), (2, 2, 'verified', 'shelf B'),
      (2, 3, 'damaged', 'attic')`)
  db.close()
  fs.rmSync(set.discs[1] as string, { recursive: true })
  const { missingDiscs, told, plan } = await run({ from: [set.destination] })
  expect(missingDiscs[0]).toMatchObject({
    location: 'shelf B (copy 2); attic (copy 3, damaged)',
    copies: [{ copy: 1, state: 'lost' }, { copy: 2 }, { copy: 3 }],
    spares: [{ spare: 1, discs: [1], location: 'safe' }],
  })
  expect(plan.find(({ disc }) => disc === 2)).toMatchObject({ disc: 2, place: null })
  expect(told).toContainEqual(
    expect.stringMatching(/; to make it again: butcher recover 2 \S+ disc-0002 \(by spare 1 and disc 1\)$/),
  )
})

test('missing discs are asked for, each once, in order, wherever they are then', async () => {
  const set = await setOf({ backups: [{ tree }], chunksPerDisc: 1 })
  const shelf = newFolder('shelf')
  fs.mkdirSync(shelf)
  for (const disc of set.discs.slice(1)) fs.renameSync(disc, path.join(shelf, path.basename(disc)))
  const drive = path.join(root, 'drive')
  const asked: number[] = []
  const result = await run({
    from: [set.destination],
    requestDisc: async ({ disc, label, chunks }) => {
      asked.push(disc)
      expect([label.slice(-4), chunks]).toEqual([String(disc).padStart(4, '0'), 1])
      fs.rmSync(drive, { recursive: true, force: true })
      if (disc === 3 || asked.filter((one) => one === disc).length > 1) return undefined
      const wrong = disc === 4 ? 5 : disc
      fs.cpSync(path.join(shelf, path.basename(set.discs[wrong - 1] as string)), drive, { recursive: true })
      return drive
    },
  })
  // Once each, and again after a wrong answer; disc 5 was there in between, and is no more.
  expect(asked.slice(0, 5)).toEqual([2, 3, 4, 4, 5])
  expect(result.missingDiscs.map(({ disc }) => disc)).toEqual([3, 4])
  expect(result.told).toContainEqual(`disc 4 is not in ${drive}: there is disc 5`)
  fs.rmSync(drive, { recursive: true, force: true })
})
