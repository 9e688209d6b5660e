/**
 * Files that a folder lists while their bytes are elsewhere, in a store. In their place is a stub: it has the
 * file's size, no content and no permissions. So names and sizes need no second way, and only the readers of
 * whole files ask here.
 */

import fs from 'node:fs'

export interface AwayFiles {
  /** The first bytes of a file, in order. Throws if the store does not give all of them. */
  readonly bytes: (file: string, mostBytes?: number) => AsyncGenerator<Buffer>
  /** Fills `buffer` from `offset` as far as there is data. */
  readonly readAt: (file: string, buffer: Uint8Array, offset: number) => Promise<number>
  /** Puts the file itself in its place, until the returned function is called. */
  readonly hold: (file: string, signal?: AbortSignal) => Promise<() => void>
  /** Names the files that will be held next, in order. */
  readonly expect: (files: readonly string[]) => void
}

/** By folder. The folders of one process are few. */
const lenders = new Map<string, AwayFiles>()

/** From now on, the stubs below `folder` stand for files that `away` has. Returns the end of it. */
export function lendFiles(folder: string, away: AwayFiles): () => void {
  lenders.set(folder, away)
  return () => void lenders.delete(folder)
}

function lenderOf(file: string): AwayFiles | undefined {
  for (const [folder, away] of lenders) if (file.startsWith(`${folder}/`)) return away
  return undefined
}

/** Who has the bytes of a file; undefined if it is here. */
export function awayAt(file: string): AwayFiles | undefined {
  const lender = lenders.size === 0 ? undefined : lenderOf(file)
  return lender && isStub(file) ? lender : undefined
}

/** Puts a file that is away in its place. Call the returned function after use. Throws like `Store.get`. */
export async function holdFile(file: string, signal?: AbortSignal): Promise<() => void> {
  const lender = lenders.size === 0 ? undefined : lenderOf(file)
  return lender === undefined ? () => {} : lender.hold(file, signal)
}

/** The files that are held next, in order: they may come early. */
export function expectFiles(files: readonly string[]): void {
  const [first] = files
  if (first !== undefined) lenderOf(first)?.expect(files)
}

const permissions = 0o777

export function isStub(file: string): boolean {
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && stat.isFile() && (stat.mode & permissions) === 0
}

/** Puts a stub of `bytes` bytes at `file`, through the new file `temporary`. */
export function putStub(temporary: string, file: string, bytes: number): void {
  fs.rmSync(temporary, { force: true })
  const fd = fs.openSync(temporary, 'wx', 0o600)
  try {
    fs.ftruncateSync(fd, bytes)
    fs.fchmodSync(fd, 0)
  } finally {
    fs.closeSync(fd)
  }
  fs.renameSync(temporary, file)
}
