import Database from 'better-sqlite3'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { unpackCatalog } from '../../src/set/unpack-catalog.ts'
import type { ButcherEvent } from '../../src/events.ts'
import { type MadeSet, makeSet, writeChecksums } from '../support/make-set.ts'
import { sampleHistory } from '../support/sample-trees.ts'

const passphrase = 'open sesame'
let root: string
let plain: MadeSet
let encrypted: MadeSet
let older: MadeSet
let other: MadeSet

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'open-catalog-'))
  const backups = sampleHistory
  plain = await makeSet(path.join(root, 'plain'), { backups })
  encrypted = await makeSet(path.join(root, 'encrypted'), { backups, passphrase })
  older = await makeSet(path.join(root, 'older'), {
    backups,
    discPerBackup: true,
    olderCatalogs: true,
    discsOnly: true,
  })
  other = await makeSet(path.join(root, 'other'), { backups: [{ tree: { x: 'x' } }], setId: 'ff'.repeat(16) })
})

afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

const copyOf = (set: MadeSet): string => {
  const copy = fs.mkdtempSync(path.join(root, 'copy-'))
  fs.cpSync(set.destination, copy, { recursive: true })
  return copy
}

const failsWith = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

/** What is open in temporary folders of ours. */
const leftovers = (): string[] =>
  fs.readdirSync(os.tmpdir()).filter((name) => name.startsWith('butcher-catalog-'))

describe('openCatalog', () => {
  test('opens the catalog of a destination where it is, and finds its discs', async () => {
    const catalog = await openCatalog([plain.destination], {})
    expect(catalog.meta).toMatchObject({
      setId: plain.setId,
      hash: 'sha256',
      revision: 5,
      encryption: 'none',
    })
    expect(catalog.origin).toBe(plain.catalog)
    expect([...catalog.discs].sort()).toEqual(plain.discs.map((folder, i) => [i + 1, folder]))
    expect(() => catalog.db.exec('DELETE FROM backup')).toThrow('readonly')
    catalog.close()
  })

  test('opens an encrypted one, of a destination, a disc or a bare file, and leaves nothing in clear', async () => {
    const bare = path.join(root, 'bare')
    fs.copyFileSync(encrypted.catalog, bare)
    for (const from of [encrypted.destination, encrypted.discs[1] as string, bare]) {
      const before = leftovers()
      const catalog = await openCatalog([from], { passphrase })
      expect(leftovers()).toEqual(before)
      expect(catalog.db.prepare('SELECT count(*) FROM backups').pluck().get()).toBe(5)
      catalog.close()
    }
  })

  test('takes the newest of several, wherever it is', async () => {
    for (const from of [[older.destination], [...older.discs], [...older.discs].reverse()]) {
      const catalog = await openCatalog(from, {})
      expect(catalog.meta.revision).toBe(5)
      expect(catalog.discs.size).toBe(older.discs.length)
      catalog.close()
    }
    const first = await openCatalog([older.discs[0] as string], {})
    expect(first.meta.revision).toBe(1)
    first.close()
  })

  test('knows a disc by its chunks, whatever its folder is called', async () => {
    const mounted = path.join(root, 'media', 'cdrom')
    fs.cpSync(plain.discs[2] as string, mounted, { recursive: true })
    const catalog = await openCatalog([mounted], {})
    expect([...catalog.discs]).toEqual([[3, mounted]])
    catalog.close()
    const misnamed = path.join(root, 'misnamed', 'disc-0001')
    fs.cpSync(plain.discs[1] as string, misnamed, { recursive: true })
    const again = await openCatalog([path.join(root, 'misnamed')], {})
    expect([...again.discs]).toEqual([[2, misnamed]])
    again.close()
  })

  test('opens from a read-only place, and writes nothing there', async () => {
    const copy = copyOf(plain)
    const listing = execFileSync('find', [copy, '-printf', '%p %T@ %C@\n'], { encoding: 'utf8' })
    const catalog = await openCatalog([copy], {})
    catalog.db.prepare('SELECT count(*) FROM restore_plan').get()
    expect(execFileSync('find', [copy, '-printf', '%p %T@ %C@\n'], { encoding: 'utf8' })).toBe(listing)
    catalog.close()
  })

  test('a damaged catalog is passed over for another disc', async () => {
    const copy = copyOf(older)
    const newer = older.discs
      .slice(1)
      .map((disc) => path.join(copy, path.basename(disc), 'catalog.sqlite.bz2'))
    for (const file of newer) fs.writeFileSync(file, fs.readFileSync(file).fill(0x41, 40, 60))
    const events: ButcherEvent[] = []
    const catalog = await openCatalog([copy], {}, { report: (event) => events.push(event) })
    expect(catalog.meta.revision).toBe(1)
    expect(events).toContainEqual(expect.objectContaining({ type: 'warning', path: newer.at(-1) }))
    catalog.close()
  })

  test('one sound copy among damaged ones that claim to be the same', async () => {
    const copy = copyOf(plain)
    fs.rmSync(path.join(copy, 'catalog.sqlite'))
    for (const name of fs.readdirSync(copy).slice(0, -1)) {
      const file = path.join(copy, name, 'catalog.sqlite.bz2')
      fs.writeFileSync(file, fs.readFileSync(file).fill(0x41, 40, 60))
    }
    const catalog = await openCatalog([copy], {})
    expect(catalog.meta.revision).toBe(5)
    catalog.close()
  })

  test('refuses different sets, naming both', async () => {
    await expect(openCatalog([plain.destination, other.destination], {})).rejects.toThrow(
      failsWith('catalog', /plain.* and .*other.* different sets/),
    )
  })

  test('leaves out a disc of another set', async () => {
    const copy = copyOf(plain)
    fs.rmSync(path.join(copy, 'disc-0002'), { recursive: true })
    fs.cpSync(encrypted.discs[1] as string, path.join(copy, 'disc-0002'), { recursive: true })
    const events: ButcherEvent[] = []
    const catalog = await openCatalog([copy], {}, { report: (event) => events.push(event) })
    expect(catalog.discs.has(2)).toBe(false)
    expect(events).toHaveLength(1)
    catalog.close()
  })

  test('--index goes by another catalog', async () => {
    const index = path.join(older.discs[0] as string, 'catalog.sqlite.bz2')
    const catalog = await openCatalog([older.destination], {}, { index })
    expect(catalog.meta.revision).toBe(1)
    expect(catalog.origin).toBe(index)
    catalog.close()
  })

  test('secrets that are missing or wrong', async () => {
    await expect(openCatalog([encrypted.destination], {})).rejects.toThrow(
      failsWith('secret', /needs a passphrase/),
    )
    await expect(openCatalog([encrypted.destination], { passphrase: 'no' })).rejects.toThrow(
      failsWith('secret', /wrong passphrase/),
    )
  })

  test('what holds no catalog', async () => {
    const empty = fs.mkdtempSync(path.join(root, 'empty-'))
    await expect(openCatalog([empty], {})).rejects.toThrow(failsWith('no-set', /no catalog in .*empty-/))
    await expect(openCatalog(['/no/such/place'], {})).rejects.toThrow(
      failsWith('no-set', /\/no\/such\/place: no such file/),
    )
    await expect(openCatalog(['/etc/hostname'], {})).rejects.toThrow(
      failsWith('catalog', /\/etc\/hostname is not a butcher catalog/),
    )
    const text = path.join(root, 'text.sqlite')
    fs.writeFileSync(text, 'SQLite format 3\0 but not really'.padEnd(5000))
    await expect(openCatalog([text], {})).rejects.toThrow(
      failsWith('catalog', /text\.sqlite is damaged or no catalog/),
    )
  })

  test('databases that are none of ours, or newer', async () => {
    const foreign = path.join(root, 'foreign.sqlite')
    new Database(foreign).exec('CREATE TABLE t(x)').close()
    await expect(openCatalog([foreign], {})).rejects.toThrow(failsWith('catalog', /no catalog of butcher/))
    const newer = path.join(root, 'newer.sqlite')
    fs.copyFileSync(plain.plainCatalog, newer)
    const db = new Database(newer)
    db.pragma('user_version = 3')
    db.close()
    await expect(openCatalog([newer], {})).rejects.toThrow(failsWith('catalog', /format 3, newer/))
  })
})

describe('unpackCatalog', () => {
  test('tells plain, compressed and encrypted ones by their content', async () => {
    const into = path.join(root, 'unpacked')
    for (const file of [
      plain.plainCatalog,
      plain.catalog,
      path.join(plain.discs[0] as string, 'catalog.sqlite.bz2'),
      encrypted.catalog,
    ]) {
      await unpackCatalog(file, { passphrase }, into)
      const db = new Database(into, { readonly: true })
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok')
      db.close()
    }
    expect(fs.statSync(into).mode & 0o777).toBe(0o600)
  })

  test('leaves nothing where it fails', async () => {
    const into = path.join(root, 'failed')
    await expect(unpackCatalog(encrypted.catalog, { passphrase: 'no' }, into)).rejects.toThrow(
      failsWith('secret', /wrong/),
    )
    const cut = path.join(root, 'cut')
    fs.writeFileSync(cut, fs.readFileSync(encrypted.catalog).subarray(0, -30))
    await expect(unpackCatalog(cut, { passphrase }, into)).rejects.toThrow(
      failsWith('catalog', /cut is damaged/),
    )
    expect(fs.existsSync(into)).toBe(false)
  })
})

test('writeChecksums and the discs of the test writer agree', () => {
  for (const disc of plain.discs) {
    writeChecksums(disc)
    expect(execFileSync('sha256sum', ['-c', '--quiet', 'SHA256SUMS'], { cwd: disc, encoding: 'utf8' })).toBe(
      '',
    )
  }
})
