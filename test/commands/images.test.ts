import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openCatalog } from '../../src/commands/open-catalog.ts'
import { rebuild } from '../../src/commands/rebuild.ts'
import { restore } from '../../src/commands/restore.ts'
import { verify } from '../../src/commands/verify.ts'
import { makeImage } from '../support/make-image.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree } from '../support/tree.ts'
import { burn, discFolders, passphrase, restored, runBackup, scratchFolder } from './backup-set.ts'

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

test('an image beside its folder is read where the folder is damaged, and not verified twice', async () => {
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
})

test('an image that is cut off: what is before the cut comes back, and verify says what is not whole', async () => {
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
  expect(found.filter((status) => status === 'truncated').length).toBeGreaterThan(0)
  expect(summary.lostFiles).toBeGreaterThan(0)
  const back = await restore({ from: [at('cut')], destination: at('rest'), jobs: 1, ...secrets })
  expect(back.failed).toBe(summary.lostFiles)
  expect(fs.readdirSync(at('rest')).length).toBe(8 - summary.lostFiles)
})
