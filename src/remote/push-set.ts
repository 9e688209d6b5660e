/** Puts the small files of a set into its store, in an order that leaves a readable set at any time. */

import fs from 'node:fs'
import path from 'node:path'
import { discRows } from '../catalog/set-rows.ts'
import { type Catalog, getMeta } from '../catalog/working-catalog.ts'
import { catalogNames, checksumFile, discFolder, pageFile } from '../format/layout.ts'
import { isStub } from '../media/away-files.ts'
import { inOrder, type Settle } from './in-order.ts'
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
  const catalogs = catalogNames.filter((name) => isHere(path.join(folder, name)))
  const revision = Number(getMeta(db, 'revision') ?? 0)
  const discs = discRows(db).map(({ number }) => discFolder(number))
  await inOrder([
    catalogs.map((name) => () => sendCatalog(name, revision, uploads)),
    // SHA256SUMS comes last, as on a local disc.
    ...discs.flatMap((disc) => {
      const names = smallFiles(path.join(folder, disc))
      const [sums, others] = [names.filter(isSums), names.filter((name) => !isSums(name))]
      return [others, sums].map((step) => step.map((name) => () => uploads.sendFile(`${disc}/${name}`)))
    }),
  ])
  const isGone = (name: string): boolean => uploads.known.has(name) && !fs.existsSync(path.join(folder, name))
  const pages = discs.map((disc) => `${disc}/${pageFile}`)
  // The journal is for a catalog that does not know its chunks yet.
  const journal = [...uploads.known.keys()].filter(isJournal)
  await inOrder([[...pages, ...journal].filter(isGone).map((name) => () => removal(name, uploads))])
}

const isHere = (file: string): boolean => fs.existsSync(file) && !isStub(file)
const isSums = (name: string): boolean => name === checksumFile

function smallFiles(disc: string): string[] {
  if (!fs.existsSync(disc)) return []
  return fs
    .readdirSync(disc, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !isStub(path.join(disc, entry.name)))
    .map(({ name }) => name)
}

async function removal(name: string, uploads: Uploads): Promise<Settle> {
  await uploads.remove(name)
  return async () => {}
}

/**
 * To replace a file takes a moment in which some stores have neither. So the catalog first gets a name of its
 * own, and readers take the newest. From there a rename brings it to the top.
 */
async function sendCatalog(name: string, revision: number, uploads: Uploads): Promise<Settle> {
  if (await uploads.isThere(name)) return () => removeOthers(uploads)
  const replaces = uploads.known.has(name) && uploads.canRename
  const as = replaces ? nextCatalog(revision, name) : name
  const settle = await uploads.sendFile(name, as)
  return async () => {
    await settle()
    if (replaces) await uploads.rename(as, name)
    await removeOthers(uploads)
  }
}

async function removeOthers(uploads: Uploads): Promise<void> {
  for (const { path: next } of nextCatalogs(uploads.known.keys())) await uploads.remove(next)
}
