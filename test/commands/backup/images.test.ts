import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { longTest } from '../../support/rows.ts'
import { readingRows } from '../../../src/catalog/disc-life.ts'
import { openCatalog } from '../../../src/set/open-catalog.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import type { VerifyOptions } from '../../../src/commands/verify/verify-options.ts'
import { verify } from '../../../src/commands/verify/verify.ts'
import { imageAt } from '../../../src/media/disc-files.ts'
import { cli, lastLine } from '../../cli/cli.ts'
import { readFaults } from '../../support/faults/read-faults.ts'
import { makeImage } from '../../support/make-image.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree } from '../../support/tree.ts'
import {
  burn,
  discFolders,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const secrets = { passphrase }

/** Three discs on a shelf, as folders and as images. */
beforeAll(async () => {
  fs.mkdirSync(at('src'))
  for (let i = 1; i <= 8; i++) fs.writeFileSync(at('src', `f${i}`), noise(100_000, i))
  await runBackup({
    source: at('src'),
    destination: at('set'),
    medium: '450kB',
    chunkSizeBytes: 100_000,
    ...secrets,
  })
  burn(at('set'), at('shelf'))
  fs.mkdirSync(at('images'))
  for (const disc of discFolders(at('shelf'))) makeImage(disc, at('images', `${path.basename(disc)}.iso`))
})

const images = (): string[] => fs.readdirSync(at('images')).sort().map((name) => at('images', name)) // prettier-ignore

test('images are read as folders are: restored, verified, listed, rebuilt from', async () => {
  expect(images().length).toBeGreaterThan(1)
  expect(await restored({ from: images(), into: at('out'), ...secrets })).toEqual(describeTree(at('src')))
  expect(await restored({ from: [at('images')], into: at('out'), ...secrets })).toEqual(
    describeTree(at('src')),
  )
  const catalog = await openCatalog([images()[0] as string], secrets)
  expect([...catalog.discs]).toEqual([[1, images()[0]]])
  catalog.close()
  const slashed = images().map((image) => `${image}/`)
  expect(await restored({ from: slashed, into: at('out'), ...secrets })).toEqual(describeTree(at('src')))
  const summary = await verify({ from: [at('images')], ...secrets })
  expect(summary).toMatchObject({
    damaged: 0,
    missing: 0,
    surplus: 0,
    unchecked: 0,
    notHere: [],
    byCatalog: true,
  })
  const rebuilt = await rebuild({ from: [at('images')], catalog: at('rebuilt.sqlite'), ...secrets })
  expect(rebuilt).toMatchObject({ discs: [1, 2, 3, 4], damaged: [] })
})

longTest(
  'an image beside its folder is read where the folder is damaged, and not verified twice',
  async () => {
    fs.cpSync(at('shelf'), at('both'), { recursive: true })
    for (const image of images()) fs.copyFileSync(image, at('both', path.basename(image)))
    const files = (await verify({ from: [at('shelf')], ...secrets })).files
    expect((await verify({ from: [at('both')], ...secrets })).files).toBe(files)
    const chunks = at('both', 'disc-0001', 'chunks')
    for (const name of fs.readdirSync(chunks)) fs.writeFileSync(path.join(chunks, name), noise(100_000, 9))
    const told: string[] = []
    const report = (event: { type: string; message?: string }): void => {
      if (event.type === 'warning') told.push(event.message ?? '')
    }
    const summary = await restore({
      from: [at('both')],
      destination: at('mended'),
      jobs: 1,
      ...secrets,
      report,
    })
    expect(summary.failed).toBe(0)
    expect(describeTree(at('mended'))).toEqual(describeTree(at('src')))
    expect(told[0]).toMatch(/damaged.*read from .*disc-0001\.iso\/chunks\/.* instead/)
  },
)

longTest(
  'an image that is cut off: what is before the cut comes back, and verify says what is not whole',
  async () => {
    fs.mkdirSync(at('cut'))
    for (const image of images()) fs.copyFileSync(image, at('cut', path.basename(image)))
    const first = at('cut', 'disc-0001.iso')
    fs.truncateSync(first, fs.statSync(first).size - 150_000)
    const found: string[] = []
    const summary = await verify({
      from: [first],
      ...secrets,
      index: at('images', 'disc-0002.iso', 'catalog.sqlite.bz2.gpg'),
      onFile: ({ status }) => void found.push(status),
    })
    expect(found.filter((status) => status === 'unreadable').length).toBeGreaterThan(0)
    expect(summary.lostFiles).toBeGreaterThan(0)
    const back = await restore({ from: [at('cut')], destination: at('rest'), jobs: 1, ...secrets })
    expect(back.failed).toBe(summary.lostFiles)
    expect(fs.readdirSync(at('rest')).length).toBe(8 - summary.lostFiles)
  },
)

test('bad sectors of an image are told by file and by sector, mapped, and copied around', async () => {
  const image = at('images', 'disc-0001.iso')
  const entry = imageAt(image)?.entries.get('chunks/00000002.tar.gpg')
  if (entry?.kind !== 'file') throw new Error('no such chunk')
  const sector = (entry.extents[0]?.offset as number) / 2048 + 7
  const last = fs.statSync(image).size / 2048 - 1
  const bad = [sector, sector + 1, sector + 20, last]
  const faults = readFaults(scratch.folder)(bad.map((one) => ({ end: 'disc-0001.iso', call: 'sector', at: one, does: 'EIO' }))) // prettier-ignore
  const [save, map] = [at('saved.iso'), at('saved.map')]
  const args = ['verify', image, '--passphrase', passphrase, '--save', save, '--map', map]
  const { status, stdout, stderr } = cli(args, faults)
  expect(status).toBe(1)
  expect(stdout).toContain(
    `chunks/00000002.tar.gpg: 6.14 kB in 2 places cannot be read: input/output error (sectors ${sector}-${sector + 1}, ${sector + 20})`,
  )
  expect(stdout).toContain('of the whole medium cannot be read: 8.19 kB')
  expect(stderr).toContain('not sound: 2 files damaged')
  const wanted = fs.readFileSync(image)
  for (const one of bad) wanted.fill(0, one * 2048, (one + 1) * 2048)
  expect(fs.readFileSync(save).equals(wanted)).toBe(true)
  const hex = (number: number): string => `0x${(number * 2048).toString(16).toUpperCase().padStart(8, '0')}`
  expect(
    fs
      .readFileSync(map, 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#')),
  ).toEqual([
    '0x00000000     +               1',
    `${hex(0)}  ${hex(sector)}  +`,
    `${hex(sector)}  ${hex(2)}  -`,
    `${hex(sector + 2)}  ${hex(18)}  +`,
    `${hex(sector + 20)}  ${hex(1)}  -`,
    `${hex(sector + 21)}  ${hex(last - sector - 21)}  +`,
    `${hex(last)}  ${hex(1)}  -`,
    '',
  ])
  expect(cli(args)).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('saved.map exists') as string,
  })
  const two = cli(['verify', at('images'), '--map', at('new.map'), '--passphrase', passphrase])
  expect(two.status).toBe(2)
  expect(lastLine(two.stderr)).toContain('--map is of one image or drive')
})

longTest('--record keeps in the destination what came of reading a copy', async () => {
  const record = at('set')
  const known = async () => {
    const catalog = await openCatalog([record], secrets)
    try {
      return readingRows(catalog.db).map(({ disc, copy, result, damaged }) => [disc, copy, result, damaged])
    } finally {
      catalog.close()
    }
  }
  await verify({ from: [at('images', 'disc-0001.iso')], record, ...secrets })
  const spoilt = at('images', 'spoilt.iso')
  fs.copyFileSync(at('images', 'disc-0001.iso'), spoilt)
  fs.truncateSync(spoilt, fs.statSync(spoilt).size - 100_000)
  await verify({ from: [spoilt], record, copy: 2, ...secrets })
  expect(await known()).toEqual([
    [1, 1, 'sound', 0],
    [1, 2, 'damaged', expect.any(Number)],
  ])
  // Before anything is read:
  const refused = (options: Partial<VerifyOptions>, message: RegExp) =>
    expect(verify({ from: [spoilt], record, ...secrets, ...options })).rejects.toThrow(message)
  await refused({}, /disc 1 has 2 copies/)
  await refused({ copy: 4 }, /disc 1 has no copy 4/)
  await refused({ copy: 1, from: [spoilt, at('images', 'disc-0001.iso')] }, /disc 1 is given twice/)
  await refused({ passphrase: 'wrong' }, /passphrase/)
  fs.cpSync(at('shelf', 'disc-0002'), at('set', 'disc-0002'), { recursive: true })
  await refused({ from: [at('set', 'disc-0002')] }, /not a burned copy of disc 2: it is staged/)
  fs.rmSync(spoilt)
})
