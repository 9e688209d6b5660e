/** A copy that is not good does not count as one, and what has no verified copy is not removed. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { copyRows } from '../../../src/catalog/disc-life.ts'
import { burn } from '../../../src/commands/burn/burn.ts'
import type { BurnOptions } from '../../../src/commands/burn/burn-options.ts'
import { changeSet } from '../../../src/set/change-set.ts'
import { chosenDiscs } from '../../../src/set/disc-source.ts'
import { makeSpare } from '../../../src/commands/spare/make-spare.ts'
import { noteDiscs } from '../../../src/commands/catalog/note-discs.ts'
import type { DiscNotes } from '../../../src/commands/catalog/note-discs-options.ts'
import { removeStaged } from '../../../src/commands/burn/remove-staged.ts'
import { verify } from '../../../src/commands/verify/verify.ts'
import { cli, cliJson } from '../../cli/cli.ts'
import { damageImage } from '../../support/damage-image.ts'
import { noise } from '../../support/sample-trees.ts'
import { program } from '../../support/tree.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

const base = path.join(scratch.folder, 'base')
let folder: string
let destination: string
let turn = 0
const use = (name: string): void => {
  folder = path.join(scratch.folder, name)
  destination = path.join(folder, 'destination')
}
const backup = (more: object = {}) =>
  runBackup({
    source: path.join(folder, 'source'),
    destination,
    medium: '1MB',
    chunkSizeBytes: 400_000,
    ...more,
  })
const discFolder = (disc: number): string => path.join(destination, `disc-000${disc}`)

/** Two sealed discs, and one that still takes more. */
beforeAll(async () => {
  use('base')
  fs.mkdirSync(path.join(folder, 'source'), { recursive: true })
  for (let i = 0; i < 5; i++) fs.writeFileSync(path.join(folder, 'source', `f${i}`), noise(400_000, i))
  await backup()
})
beforeEach(() => {
  use(String(++turn))
  fs.cpSync(base, folder, { recursive: true, preserveTimestamps: true })
})

async function burnDiscs(options: Partial<BurnOptions> = {}) {
  const notes: string[] = []
  const report: BurnOptions['report'] = (event) => void (event.type === 'note' && notes.push(event.message))
  const device = `stdio:${path.join(folder, '%d-%c.iso')}`
  return { ...(await burn({ destination, device, ...options, report })), notes }
}
const note = (notes: DiscNotes) => noteDiscs({ destination, ...notes })
const states = (): Promise<string[]> =>
  changeSet({ destination }, ({ set }) =>
    copyRows(set.db).map(({ disc, copy, state }) => `${disc}.${copy} ${state}`),
  )

test('nothing staged is removed without a verified copy, whatever number of copies is wanted', async () => {
  await burnDiscs({ discs: [2] })
  await note({ locate: [{ discs: [1], place: 'shelf' }] })
  await changeSet({ destination }, ({ set: { db } }) => {
    const remove = (disc: number, copies: number): boolean =>
      chosenDiscs(db, destination, [disc]).some((source) => removeStaged(db, source, copies))
    expect([0, -1, NaN, 1].map((copies) => remove(1, copies))).toEqual([false, false, false, false])
    expect([2, Infinity, NaN].map((copies) => remove(2, copies))).toEqual([false, false, false])
    expect(fs.existsSync(discFolder(1)) && fs.existsSync(discFolder(2))).toBe(true)
    expect(remove(2, 1)).toBe(true)
    expect(fs.existsSync(discFolder(2))).toBe(false)
  })
})

test('a disc that the user has only located is burned, and it is said why', async () => {
  await note({ locate: [{ discs: [1], place: 'shelf' }] })
  const { discs, notes } = await burnDiscs({ removeStaged: true })
  expect(discs).toEqual([1, 2, 3])
  expect(notes).toEqual([
    'disc 1, copy 1 (at: shelf) was not burned or read by butcher, and does not count (butcher verify --record makes it count)',
  ])
  expect(await states()).toEqual(['1.1 burned', '1.2 verified', '2.1 verified', '3.1 verified'])
})

test('a copy that another program burned counts once it was read', async () => {
  const elsewhere = path.join(folder, 'mounted', 'disc-0001')
  fs.cpSync(discFolder(1), elsewhere, { recursive: true })
  await note({ locate: [{ discs: [1], place: 'shelf' }] })
  await verify({ from: [elsewhere], record: destination })
  expect((await burnDiscs({ removeStaged: true })).discs).toEqual([2, 3])
})

test('a disc that was never burned is not lost while its folder or image is there', async () => {
  for (const place of [discFolder(1), `${discFolder(1)}.iso`]) {
    if (place !== discFolder(1)) fs.renameSync(discFolder(1), place)
    await expect(note({ lost: [1] })).rejects.toMatchObject({
      code: 'usage',
      message: `disc 1 is not lost: ${place} is there`,
    })
  }
  expect(await states()).toEqual([])
})

test('what is found again is what it was before it was lost', async () => {
  fs.renameSync(discFolder(1), path.join(folder, 'away'))
  expect(await note({ lost: [1] })).toMatchObject([{ state: 'lost' }])
  expect(await note({ found: [1] })).toMatchObject([{ state: 'sealed', copies: [] }])
  await note({ locate: [{ discs: [1], place: 'shelf' }] })
  await note({ lost: [1] })
  expect(await note({ found: [1] })).toMatchObject([{ state: 'burned', location: 'shelf' }])
  await burnDiscs({ discs: [2] })
  await note({ lost: [2] })
  expect((await burnDiscs({ discs: [2] })).copies).toBe(1)
  expect(await note({ found: [2] })).toMatchObject([{ state: 'verified' }])
})

test('--if-lost: a damaged copy is none', async () => {
  await burnDiscs({ discs: [1], copies: 2 })
  fs.rmSync(discFolder(1), { recursive: true })
  const second = path.join(folder, '1-2.iso')
  damageImage(second, { scratch: 0.01, scratchAt: 0.6, deadSectors: 0 })
  await verify({ from: [second], record: destination, copy: 2 })
  const [disc, ...rest] = cliJson(['discs', destination, '--if-lost', '1'])
  expect(disc).toMatchObject({ disc: 1, fate: 'gone', copies: [], damaged: [{ copy: 2 }] })
  expect(rest.at(-1)?.['files_lost']).toBeGreaterThan(0)
  expect(cli(['discs', destination, '--if-lost', '1']).stdout).toMatch(
    /^disc 1 \(\w+\): the only copy left is damaged \(copy 2\), and no spare brings it back\n/,
  )
  await note({ lost: [1], copy: 1 })
  // Of a group that disc is one that is not there.
  expect(cliJson(['discs', destination, '--if-lost', '1'])[0]).toMatchObject({ fate: 'gone', damaged: [] })
})

test('--if-lost: a spare needs good discs; a lost disc whose folder is at hand is one', async () => {
  await makeSpare({ destination, discs: [1, 2] })
  const fate = (disc: number) => cliJson(['discs', destination, '--if-lost', String(disc)])[0]?.['fate']
  await burnDiscs({ discs: [1] })
  await note({ lost: [1] })
  expect(fate(2)).toBe('spare')
  expect(cli(['discs', destination, '--if-lost', '2']).stdout).toContain(
    'spare 1 can replace it, with disc 1\n',
  )
  fs.renameSync(discFolder(1), path.join(folder, 'away'))
  expect(fate(2)).toBe('gone')
  await note({ found: [1] })
  expect(fate(2)).toBe('spare')
  const burned = path.join(folder, '1-1.iso')
  damageImage(burned, { scratch: 0.01, scratchAt: 0.6, deadSectors: 0 })
  await verify({ from: [burned], record: destination })
  expect(fate(2)).toBe('gone')
})

test('--replace-disc names the good copies and the spare that there are', async () => {
  await makeSpare({ destination, discs: [1, 2] })
  await burnDiscs({ discs: [1], copies: 2 })
  await note({ locate: [{ discs: [1], place: 'bank' }], copy: 2 })
  program('rm', ['-r', discFolder(1)])
  const { events } = await backup({ replaceDiscs: [1] })
  const notes = events.flatMap((event) => (event.type === 'note' ? [event.message] : []))
  expect(notes.filter((message) => message.includes('disc 1'))).toEqual([
    'disc 1 has a verified copy 1, recorded as lost now (if you have it: butcher discs --found 1 --copy 1)',
    'disc 1 has a verified copy 2 (at: bank), recorded as lost now (if you have it: butcher discs --found 1 --copy 2)',
    'spare 1 and disc 2 bring disc 1 back (butcher recover 1)',
  ])
})
