/** Finds catalogs and discs in the places that a user gives for a set. Reads names only, opens no catalog. */

import path from 'node:path'
import { ButcherError, systemCode, systemText } from '../errors.ts'
import { catalogNames } from '../format/layout.ts'
import { type FileFacts, isImage, inspectFile, namesIn } from '../media/disc-files.ts'
import { noDiscIn } from '../media/foreign-file.ts'
import { type DiscCandidate, findDiscs, listedSums } from './find-discs.ts'
import { sizeOfFile } from '../media/read-small-file.ts'

export interface CatalogCandidate {
  readonly file: string
  readonly sizeBytes: number
  /** The checksum in the disc's SHA256SUMS: equal catalogs are read only once. */
  readonly listedSha256: string | undefined
}

export interface Found {
  readonly catalogs: readonly CatalogCandidate[]
  /**
   * Catalogs of discs beside a destination's own, which is never older. They help if the own one is damaged.
   */
  readonly others: readonly CatalogCandidate[]
  readonly discs: readonly DiscCandidate[]
  /** One error for each place without a catalog or disc. */
  readonly nothing: readonly ButcherError[]
}

/** Searches `from`: destinations, discs, folders of discs, catalog files. Never throws. */
export function findCatalogs(from: readonly string[]): Found {
  const found = from.map(lookThrough)
  return {
    catalogs: found.flatMap(({ catalogs }) => catalogs),
    others: found.flatMap(({ others }) => others),
    discs: found.flatMap(({ discs }) => discs),
    nothing: found.flatMap(({ nothing }) => nothing),
  }
}

function lookThrough(place: string): Found {
  const none: Found = { catalogs: [], others: [], discs: [], nothing: [] }
  try {
    const look = factsOf(place)
    const isFolder = look.kind === 'folder' || isImage(place)
    if (look.kind === 'file' && !isFolder) {
      return { ...none, catalogs: [{ file: place, sizeBytes: look.sizeBytes, listedSha256: undefined }] }
    }
    if (look.kind === 'folder') namesIn(place)
    const discs = isFolder ? findDiscs(place) : []
    const own = isFolder ? catalogIn(place) : undefined
    const below = discs.flatMap(({ folder }) => (folder === place ? [] : (catalogIn(folder) ?? [])))
    if (own === undefined && discs.length === 0) return { ...none, nothing: [nothingIn(place)] }
    return own ? { ...none, catalogs: [own], others: below, discs } : { ...none, catalogs: below, discs }
  } catch (cause) {
    const message = `cannot look into ${place}: ${systemText(cause)}`
    const code = systemCode(cause) === 'ENOENT' ? 'no-set' : 'catalog'
    return { ...none, nothing: [new ButcherError(code, message, { path: place, cause })] }
  }
}

function catalogIn(folder: string): CatalogCandidate | undefined {
  for (const name of catalogNames) {
    const file = path.join(folder, name)
    const sizeBytes = sizeOfFile(file)
    if (sizeBytes !== undefined) return { file, sizeBytes, listedSha256: listedSums(folder).sums.get(name) }
  }
  return undefined
}

function factsOf(place: string): FileFacts {
  const look = inspectFile(place)
  if (look === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' })
  return look
}

const nothingIn = (place: string): ButcherError =>
  noDiscIn(
    place,
    `no catalog in ${place}`,
    'give a destination of backup, a disc, a folder of discs, or a catalog file',
  )
