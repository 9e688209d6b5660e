/** Whether a destination is as the invariants in docs/format.md say it is when no run works on it. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { restore } from '../../src/commands/restore/restore.ts'
import { checksumFile, chunkFolder, discFolder, discNumber, parseChunkFile } from '../../src/format/layout.ts'
import { describeTree } from './tree.ts'

export interface SetToCheck {
  readonly destination: string
  readonly passphrase?: string
  /** Restored from the set, it is this tree. */
  readonly source?: string
  /** What no file of an encrypted set may tell, in its name or content. */
  readonly secrets?: readonly string[]
  /** A folder outside the destination to restore into. */
  readonly into?: string
  /** Folders with the discs that were moved away. */
  readonly shelves?: readonly string[]
}

/** Everything that is wrong; nothing in a set that is sound and finished. */
export async function troublesOf(set: SetToCheck): Promise<string[]> {
  const troubles = [
    ...(set.secrets ? tellsInClear(set.destination, set.secrets) : []),
    ...leftovers(set.destination),
  ]
  const shelves = set.shelves ?? []
  const secret = set.passphrase === undefined ? {} : { passphrase: set.passphrase }
  const catalog = await openCatalog([set.destination, ...shelves], secret)
  try {
    const { db } = catalog
    const add = (what: string, rows: readonly unknown[]): void =>
      void (rows.length > 0 && troubles.push(`${what}: ${JSON.stringify(rows.slice(0, 3))}`))
    const integrity = db.pragma('integrity_check', { simple: true })
    if (integrity !== 'ok') troubles.push(`integrity_check: ${String(integrity)}`)
    for (const [what, query] of rowRules) add(what, db.prepare(query).all())
    const discs = [set.destination, ...shelves].flatMap(discsIn)
    const rows = db.prepare('SELECT number, disc, name, bytes, lower(hex(sha256)) AS sha256 FROM chunk').all()
    troubles.push(...chunkTroubles(rows as ChunkRow[], discs), ...discs.flatMap(checksumTroubles))
  } finally {
    catalog.close()
  }
  if (set.source !== undefined && set.into !== undefined) {
    fs.rmSync(set.into, { recursive: true, force: true })
    await restore({ from: [set.destination, ...shelves], destination: set.into, jobs: 1, ...secret })
    const [was, is] = [describeTree(set.source), describeTree(set.into)]
    troubles.push(...was.filter((line) => !is.includes(line)).map((line) => `not restored: ${line}`))
    troubles.push(...is.filter((line) => !was.includes(line)).map((line) => `restored in excess: ${line}`))
    fs.rmSync(set.into, { recursive: true, force: true })
  }
  return troubles
}

/** Names and contents that stand in clear, in whatever file, hidden and half written ones too. */
export function tellsInClear(folder: string, secrets: readonly string[]): string[] {
  return filesBelow(folder).flatMap((name) => {
    const bytes = fs.readFileSync(path.join(folder, name))
    return secrets
      .filter((secret) => name.includes(secret) || bytes.includes(secret))
      .map((secret) => `${name} tells ${secret}`)
  })
}

export const filesBelow = (folder: string): string[] =>
  fs.existsSync(folder)
    ? (fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[])
        .filter((name) => fs.lstatSync(path.join(folder, name)).isFile())
        .sort()
    : []

function leftovers(destination: string): string[] {
  return filesBelow(path.join(destination, '.butcher'))
    .filter((name) => !/^lock\.\d+$/.test(name)) // of a run killed before it wrote it: removed once it is 30 s old
    .filter((name) => name !== 'names') // of an unencrypted set
    .map((name) => `left in .butcher: ${name}`)
}

/**
 * Queries that find nothing in a sound catalog. Each empty file is a member of its own:
 * catalog/stored-already.ts.
 */
const rowRules: readonly (readonly [string, string])[] = [
  ['a chunk without its disc', 'SELECT number FROM chunk WHERE disc NOT IN (SELECT number FROM disc)'],
  ['a content without its chunk', 'SELECT id FROM content WHERE parts = 1 AND chunk NOT IN (SELECT number FROM chunk)'],
  ['a part without its chunk', 'SELECT content, part FROM part WHERE chunk NOT IN (SELECT number FROM chunk)'],
  ['a content that lacks parts', `SELECT id FROM content c WHERE parts > 1 AND chunk IS NULL AND hash IS NOT NULL
    AND parts <> (SELECT count(*) FROM part p WHERE p.content = c.id)`],
  ['a file without content', `SELECT path FROM entry WHERE type IN ('file', 'hardlink')
    AND size IS NOT NULL AND (content IS NULL OR content NOT IN (SELECT id FROM content WHERE hash IS NOT NULL))`],
  ['a backup that is not finished', 'SELECT number FROM backup WHERE finished IS NULL'],
  ['a content stored twice', `SELECT size, hex(hash) FROM content WHERE size > 0 AND hash IS NOT NULL
    GROUP BY size, hash HAVING count(*) > 1`],
] // prettier-ignore

interface ChunkRow {
  readonly number: number
  readonly disc: number
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

const discsIn = (place: string): string[] =>
  fs
    .readdirSync(place)
    .filter((name) => discNumber(name) !== undefined)
    .map((name) => path.join(place, name))

function chunkTroubles(rows: readonly ChunkRow[], discs: readonly string[]): string[] {
  const troubles: string[] = []
  const files = new Map<string, string>()
  const numbers = new Set<number>()
  for (const disc of discs) {
    if (!fs.existsSync(path.join(disc, chunkFolder))) {
      troubles.push(`${disc} has no ${chunkFolder}`)
      continue
    }
    for (const name of fs.readdirSync(path.join(disc, chunkFolder))) {
      const number = parseChunkFile(name)?.chunk
      if (number === undefined) troubles.push(`${name} is no chunk's name`)
      else if (numbers.has(number)) troubles.push(`two chunks ${number}`)
      else numbers.add(number)
      files.set(`${path.basename(disc)}/${name}`, path.join(disc, chunkFolder, name))
    }
  }
  for (const { disc, name, bytes, sha256 } of rows) {
    const key = `${discFolder(disc)}/${name}`
    const file = files.get(key)
    files.delete(key)
    if (file === undefined) troubles.push(`row without chunk: ${key}`)
    else if (fs.statSync(file).size !== bytes || sha256Of(file) !== sha256)
      troubles.push(`another chunk: ${key}`)
  }
  return [...troubles, ...[...files.keys()].map((key) => `chunk without row: ${key}`)]
}

function checksumTroubles(disc: string): string[] {
  const sums = path.join(disc, checksumFile)
  if (!fs.existsSync(sums)) return [`${disc} has no ${checksumFile}`]
  const listed = new Map(
    fs
      .readFileSync(sums, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(66), line.slice(0, 64)]),
  )
  const names = filesBelow(disc).filter((name) => name !== checksumFile)
  const missing = [...listed.keys()].filter((name) => !names.includes(name))
  return [
    ...missing.map((name) => `${disc}: ${name} is listed, and not there`),
    ...names
      .filter((name) => listed.get(name) !== sha256Of(path.join(disc, name)))
      .map((name) => `${disc}: ${name} is not as listed`),
  ]
}

/** Read in pieces: chunks may be large. */
function sha256Of(file: string): string {
  const hash = createHash('sha256')
  const fd = fs.openSync(file, 'r')
  const piece = Buffer.allocUnsafe(1 << 20)
  for (let read; (read = fs.readSync(fd, piece)) > 0;) hash.update(piece.subarray(0, read))
  fs.closeSync(fd)
  return hash.digest('hex')
}
