/** Puts the small files of a set into its store, in an order that leaves a readable set at any time. */

import fs from 'node:fs'
import path from 'node:path'
import { discRows } from '../catalog/set-rows.ts'
import { type Catalog, getMeta } from '../catalog/working-catalog.ts'
import { catalogNames, checksumFile, discFolder, pageFile } from '../format/layout.ts'
import { isStub } from '../media/away-files.ts'
import { isJournal, nextCatalog, nextCatalogs } from './listing.ts'
import type { Uploads } from './uploads.ts'

export interface PushOptions {
  readonly folder: string
  readonly db: Catalog
  readonly uploads: Uploads
}

/** Throws errors of the store. The same call goes on. */
export async function pushSet({ folder, db, uploads }: PushOptions): Promise<void> {
  // As in a folder: no disc is ever newer than the catalog at the top (format.md, I5).
  for (const name of catalogNames) {
    if (!fs.existsSync(path.join(folder, name)) || isStub(path.join(folder, name))) continue
    await pushCatalog(name, Number(getMeta(db, 'revision') ?? 0), uploads)
  }
  for (const { number } of discRows(db)) await pushDisc(folder, discFolder(number), uploads)
  // The journal is for a catalog that does not know its chunks yet.
  for (const name of uploads.known.keys())
    if (isJournal(name) && !fs.existsSync(path.join(folder, name))) await uploads.remove(name)
}

/** SHA256SUMS comes last, as on a local disc. */
async function pushDisc(folder: string, disc: string, uploads: Uploads): Promise<void> {
  const names = smallFiles(path.join(folder, disc)).sort(
    (a, b) => Number(a === checksumFile) - Number(b === checksumFile),
  )
  for (const name of names) await uploads.putFile(`${disc}/${name}`)
  const page = `${disc}/${pageFile}`
  if (uploads.known.has(page) && !fs.existsSync(path.join(folder, page))) await uploads.remove(page)
}

function smallFiles(disc: string): string[] {
  if (!fs.existsSync(disc)) return []
  return fs
    .readdirSync(disc, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !isStub(path.join(disc, entry.name)))
    .map(({ name }) => name)
}

/**
 * To replace a file takes a moment in which some stores have neither. So the catalog first gets a name of its
 * own, and readers take the newest.
 */
async function pushCatalog(name: string, revision: number, uploads: Uploads): Promise<void> {
  const next = nextCatalog(revision, name)
  if (await uploads.isThere(name)) return removeOthers(uploads)
  if (uploads.known.has(name)) await uploads.putFile(name, next)
  await uploads.putFile(name)
  await removeOthers(uploads)
}

async function removeOthers(uploads: Uploads): Promise<void> {
  for (const { path: next } of nextCatalogs(uploads.known.keys())) await uploads.remove(next)
}
