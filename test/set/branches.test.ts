/** One set, two branches: a destination was copied, and both copies went on. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import { verify } from '../../src/commands/verify/verify.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { cli, lastLine } from '../cli/cli.ts'
import { noise } from '../support/sample-trees.ts'
import { describeTree } from '../support/tree.ts'
import { discFolders, fingerprint, restored, runBackup, scratchFolder } from '../support/backup-set.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

let folder: string
let source: string
let a: string
let b: string

const write = (place: string, name: string, seed: number): void =>
  fs.writeFileSync(path.join(place, name), noise(200_000, seed))

const backUp = (from: string, destination: string, more: object = {}): ReturnType<typeof runBackup> =>
  runBackup({ source: from, destination, medium: '1MB', chunkSizeBytes: 300_000, ...more })

const at = (name: string): string => path.join(folder, name)

/** Two backups in `a`, copied to `b`; then each gets a third one. Disc 1 is full, disc 2 open at the copy. */
beforeAll(async () => {
  folder = path.join(scratch.folder, 'template')
  fs.mkdirSync(at('source'), { recursive: true })
  for (let i = 0; i < 4; i++) write(at('source'), `f${i}`, i)
  await backUp(at('source'), at('a'))
  write(at('source'), 'second', 10)
  await backUp(at('source'), at('a'))
  fs.cpSync(at('a'), at('b'), { recursive: true })
  fs.cpSync(at('source'), at('other'), { recursive: true })
  write(at('source'), 'only in a', 20)
  write(at('other'), 'only in b', 21)
  await backUp(at('source'), at('a'))
  await backUp(at('other'), at('b'))
  expect(discFolders(at('a'))).toHaveLength(2)
})

beforeEach(() => {
  const template = path.join(scratch.folder, 'template')
  folder = fs.mkdtempSync(path.join(scratch.folder, 'branches-'))
  fs.cpSync(template, folder, { recursive: true, preserveTimestamps: true })
  ;[source, a, b] = [at('source'), at('a'), at('b')]
})

const branches =
  /^the set went on in 2 places after backup 2, and these are separate branches now: .*\/a\/.*catalog.* has backup 3 \(20.*Z\); .*\/b\/.*catalog.* has backup 3 \(20/

/** Whatever the places are called. */
const tellsBoth = {
  code: 'catalog',
  message: expect.stringMatching(
    /^the set went on in 2 places after backup 2, .* has backup 3 \(.*Z\); .* has backup 3 \(/,
  ) as string,
}

const tells = { code: 'catalog', message: expect.stringMatching(branches) as string }

describe('reading', () => {
  test('both places together are refused, and named', async () => {
    for (const from of [
      [a, b],
      [...discFolders(a), ...discFolders(b)],
      [a, discFolders(b)[1] as string],
    ]) {
      await expect(openCatalog(from, {})).rejects.toMatchObject(tells)
      await expect(restore({ from, destination: path.join(folder, 'out') })).rejects.toMatchObject(tells)
    }
    expect(fs.existsSync(path.join(folder, 'out'))).toBe(false)
  })

  test('a catalog from before the copy is of both branches', async () => {
    const early = path.join(folder, 'early')
    fs.mkdirSync(early)
    fs.cpSync(discFolders(b)[0] as string, path.join(early, 'x'), { recursive: true })
    // The destination's runs renew the catalog of disc 1: it is of branch b now.
    await expect(openCatalog([a, early], {})).rejects.toMatchObject(tellsBoth)
    fs.rmSync(path.join(early, 'x', 'catalog.sqlite.bz2'))
    const catalog = await openCatalog([a, early], {})
    expect(catalog.folders).toHaveLength(3)
    catalog.close()
  })

  test('with --index one branch is chosen, and comes back whole from the discs of both', async () => {
    const into = path.join(folder, 'out')
    for (const [index, tree] of [
      [path.join(a, 'catalog.sqlite'), 'source'],
      [path.join(b, 'catalog.sqlite'), 'other'],
    ] as const) {
      for (const from of [
        [a, b],
        [b, a],
      ]) {
        expect(await restored({ from, index, into })).toEqual(
          describeTree(path.join(scratch.folder, 'template', tree)),
        )
      }
    }
  })

  test('list, find, log and discs of a folder with discs of both', () => {
    const mixed = path.join(folder, 'mixed')
    fs.mkdirSync(mixed)
    for (const [i, disc] of [...discFolders(a), ...discFolders(b)].entries())
      fs.cpSync(disc, path.join(mixed, `d${i}`), { recursive: true })
    for (const args of [
      ['list', mixed],
      ['find', mixed, '*'],
      ['log', mixed],
      ['discs', mixed],
    ]) {
      const { status, stderr, stdout } = cli(args)
      expect([status, stdout]).toEqual([1, ''])
      expect(lastLine(stderr)).toMatch(/went on in 2 places after backup 2.*--index/)
      expect(cli([...args, '--index', path.join(a, 'catalog.sqlite')]).status).toBe(0)
    }
  })

  test('verify names the branches, and compares each disc with its own list', async () => {
    const told: string[] = []
    const report = (event: ButcherEvent): unknown => event.type === 'warning' && told.push(event.message)
    const summary = await verify({ from: [a, b], report })
    expect(told).toEqual([expect.stringMatching(branches)])
    expect(summary).toMatchObject({ byCatalog: false, damaged: 0, missing: 0 })
  })
})

describe('a disc of the other branch in a destination', () => {
  test('is not taken for its own', async () => {
    fs.rmSync(path.join(a, 'disc-0002'), { recursive: true })
    fs.cpSync(path.join(b, 'disc-0002'), path.join(a, 'disc-0002'), { recursive: true })
    await expect(openCatalog([a], {})).rejects.toMatchObject(tellsBoth)
    const before = fingerprint(a)
    await expect(backUp(source, a)).rejects.toMatchObject(tellsBoth)
    expect(fingerprint(a)).toEqual(before)
    expect(cli(['burn', a, '--device', `stdio:${folder}/%d.iso`]).stderr).toMatch(/went on in 2 places/)
    expect(cli(['discs', a, '--locate', '1', 'shelf']).stderr).toMatch(/went on in 2 places/)
    expect(fingerprint(a)).toEqual(before)
  })

  test('two of them without a catalog at the top', async () => {
    fs.rmSync(path.join(a, 'catalog.sqlite'))
    fs.rmSync(path.join(a, 'disc-0002'), { recursive: true })
    fs.cpSync(path.join(b, 'disc-0002'), path.join(a, 'disc-0002'), { recursive: true })
    const before = fingerprint(a)
    await expect(backUp(source, a)).rejects.toMatchObject(tellsBoth)
    expect(fingerprint(a)).toEqual(before)
  })
})

describe('backup with a catalog that does not fit', () => {
  const older = (): string => {
    const file = path.join(folder, 'older.sqlite')
    fs.copyFileSync(path.join(b, 'catalog.sqlite'), file)
    return file
  }

  test('the catalog of the other branch as --index', async () => {
    const index = older()
    const before = fingerprint(a)
    await expect(backUp(source, a, { index })).rejects.toMatchObject(tellsBoth)
    await expect(backUp(source, a, { index, dryRun: true })).rejects.toMatchObject(tellsBoth)
    expect(fingerprint(a)).toEqual(before)
  })

  test('the catalog of the other branch in place of the own one', async () => {
    fs.copyFileSync(path.join(b, 'catalog.sqlite'), path.join(a, 'catalog.sqlite'))
    const before = fingerprint(a)
    await expect(backUp(source, a)).rejects.toMatchObject(tellsBoth)
    expect(fingerprint(a)).toEqual(before)
    await expect(openCatalog([a], {})).rejects.toMatchObject({ code: 'catalog' })
  })
})

describe('an older catalog', () => {
  let early: string

  beforeEach(async () => {
    early = path.join(folder, 'early.sqlite')
    fs.copyFileSync(path.join(a, 'catalog.sqlite'), early)
    write(source, 'fourth', 30)
    await backUp(source, a)
  })

  const doesNotFit = {
    code: 'catalog',
    message: expect.stringMatching(/does not fit .*disc-000[12].*older/) as string,
  }

  test('in place of the newest is noticed before anything is written, and reading goes on with the newer one', async () => {
    fs.copyFileSync(early, path.join(a, 'catalog.sqlite'))
    const before = fingerprint(a)
    await expect(backUp(source, a)).rejects.toMatchObject(doesNotFit)
    await expect(backUp(source, a, { dryRun: true })).rejects.toMatchObject(doesNotFit)
    expect(cli(['burn', a, '--device', `stdio:${folder}/%d.iso`]).stderr).toMatch(/does not fit/)
    expect(fingerprint(a)).toEqual(before)
    expect(await restored({ from: [a], into: path.join(folder, 'out') })).toEqual(describeTree(source))
    // What the message says to do.
    fs.rmSync(path.join(a, 'catalog.sqlite'))
    expect(await backUp(source, a)).toMatchObject({ backup: 5, filesNew: 0 })
  })

  test('as --index, with the discs but no catalog at the top', async () => {
    fs.rmSync(path.join(a, 'catalog.sqlite'))
    const before = fingerprint(a)
    await expect(backUp(source, a, { index: early })).rejects.toMatchObject({
      message: expect.stringMatching(/older than/) as string,
    })
    for (const disc of discFolders(a)) fs.rmSync(path.join(disc, 'catalog.sqlite.bz2'))
    await expect(backUp(source, a, { index: early })).rejects.toMatchObject(doesNotFit)
    for (const disc of discFolders(a)) fs.rmSync(path.join(disc, 'SHA256SUMS'))
    await expect(backUp(source, a, { index: early })).rejects.toMatchObject(doesNotFit)
    for (const disc of discFolders(a)) {
      for (const name of ['README.txt', 'restore.sh', 'index.html'])
        fs.rmSync(path.join(disc, name), { force: true })
    }
    fs.rmSync(path.join(a, '.butcher'), { recursive: true })
    await expect(backUp(source, a, { index: early })).rejects.toMatchObject(doesNotFit)
    const isThere = (line: string): boolean => line.includes('/chunks/')
    expect(fingerprint(a).filter(isThere)).toEqual(before.filter(isThere))
  })

  test('discs without any catalog are not taken for leftovers', async () => {
    for (const file of ['catalog.sqlite', '.butcher']) fs.rmSync(path.join(a, file), { recursive: true })
    for (const disc of discFolders(a)) fs.rmSync(path.join(disc, 'catalog.sqlite.bz2'))
    const has = { code: 'catalog', message: expect.stringMatching(/discs in .* have no catalog/) as string }
    await expect(backUp(source, a)).rejects.toMatchObject(has)
    for (const disc of discFolders(a)) {
      for (const name of fs.readdirSync(disc))
        if (name !== 'chunks') fs.rmSync(path.join(disc, name), { recursive: true })
    }
    const before = fingerprint(a).filter((line) => line.includes('/chunks/'))
    fs.rmSync(path.join(a, '.butcher'), { recursive: true, force: true })
    await expect(backUp(source, a)).rejects.toMatchObject(has)
    // Being refused leaves nothing that makes the next run think otherwise.
    await expect(backUp(source, a)).rejects.toMatchObject(has)
    expect(fs.existsSync(path.join(a, '.butcher'))).toBe(false)
    expect(fingerprint(a).filter((line) => line.includes('/chunks/'))).toEqual(before)
  })

  test('an open disc that lacks a chunk is named before anything is written', async () => {
    const chunk = path.join(a, 'disc-0002', 'chunks')
    fs.rmSync(path.join(chunk, fs.readdirSync(chunk)[0] as string))
    const before = fingerprint(a)
    await expect(backUp(source, a)).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/^disc 2 lacks .*chunks/) as string,
    })
    expect(fingerprint(a)).toEqual(before)
  })
})
