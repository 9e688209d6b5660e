/** The files of a set in a store. */

import {
  catalogNames,
  checksumFile,
  chunkFolder,
  discFolder,
  discNumber,
  journalFile,
  journalFolder,
  parseChunkFile,
  readmeFile,
  workFolder,
} from '../format/layout.ts'
import { isFileSize, isStorePath } from '../store/store-path.ts'
import type { Store, StoredFile } from '../store/store.ts'
import { setRecordPath } from './set-record.ts'

const journal = `${workFolder}/${journalFolder}/`
/** The newest catalog, under a name of its own while it replaces the one at the top. */
export const nextCatalog = (revision: number, name: string): string =>
  `${workFolder}/${String(revision).padStart(8, '0')}-${name}`
const nextCatalogPattern = /^\.butcher\/(\d{8,})-(catalog\.sqlite(?:\.bz2(?:\.gpg)?)?)$/

/** Lists the files of a set. */
export const listSet = async (store: Store, signal?: AbortSignal): Promise<readonly StoredFile[]> =>
  filesOfSet(await store.list('', { recursive: true, ...(signal ? { signal } : {}) }))

/**
 * The files of a set among those of a store. Leaves out locks, files that are on their way, and paths that
 * lead elsewhere: all get names here.
 */
export function filesOfSet(files: readonly StoredFile[]): readonly StoredFile[] {
  return files.filter(({ path, bytes }) => isStorePath(path) && isFileSize(bytes) && isOfSet(path))
}

function isOfSet(path: string): boolean {
  if (!path.startsWith(`${workFolder}/`)) return true
  return path.startsWith(journal) || path === setRecordPath || nextCatalogPattern.test(path)
}

export const isJournal = (path: string): boolean => path.startsWith(journal)

const lastName = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

export const isCatalog = (path: string): boolean => catalogNames.includes(lastName(path))

/** The small files that tell which disc a folder is. */
export const tellsDisc = (path: string): boolean => [checksumFile, readmeFile].includes(lastName(path))

export interface NextCatalog {
  readonly path: string
  readonly revision: number
  /** Its place at the top. */
  readonly name: string
}

/** The catalogs that a stopped run did not bring to the top, the newest first. */
export const nextCatalogs = (paths: Iterable<string>): NextCatalog[] =>
  [...paths]
    .flatMap((path): NextCatalog[] => {
      const match = nextCatalogPattern.exec(path)
      return match ? [{ path, revision: Number(match[1]), name: match[2] as string }] : []
    })
    .sort((a, b) => b.revision - a.revision)

/** The path of a chunk in its set. */
export const pathOfChunk = ({ disc, name }: { readonly disc: number; readonly name: string }): string =>
  `${discFolder(disc)}/${chunkFolder}/${name}`

/** The chunk that a path of a set is; undefined if it is another file. */
export function chunkAt(path: string): number | undefined {
  const [disc = '', folder, name = '', more] = path.split('/')
  if (discNumber(disc) === undefined || folder !== chunkFolder || more !== undefined) return undefined
  return parseChunkFile(name)?.chunk
}

/** The path of a chunk's record in the journal. */
export const pathOfRecord = (chunk: number, name: string): string =>
  journal + journalFile(chunk, name.endsWith('.gpg'))
