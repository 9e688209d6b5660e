/**
 * Keeps fetched small files from one run to the next: the catalog, SHA256SUMS. A file of another size or time
 * is another file. All of them are as they are in the store, so those of an encrypted set are encrypted.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { asButcherError } from '../errors.ts'
import { removeQuietly } from '../files/durable.ts'
import { showPath } from '../format/path-text.ts'
import type { StoredFile } from '../store/store.ts'
import { sha256Of } from './uploads.ts'

export type FetchInto = (stored: string, bytes: number, into: string) => Promise<void>

/** The working copy of a run of this machine, after which nobody has written to the store. */
export interface OwnFiles {
  readonly folder: string
  /** The SHA-256 of its small files, by path. */
  readonly sums: Readonly<Record<string, string>>
}

export class SmallFileCache {
  readonly #folder: string | undefined
  readonly #fetchInto: FetchInto
  readonly #own: OwnFiles | undefined

  /**
   * `stateFolder`: of the set, on the file system of the places that files are put into; undefined to keep
   * nothing.
   */
  constructor(stateFolder: string | undefined, fetchInto: FetchInto, own?: OwnFiles) {
    this.#folder = stateFolder && path.join(stateFolder, 'files')
    this.#own = own
    this.#fetchInto = fetchInto
  }

  /** Puts a file of the store at `into`, in the place of its stub. Throws errors of the store, and `io`. */
  async bring(stored: StoredFile, into: string): Promise<void> {
    const start = `${digest(stored.path)}-`
    const facts = `${stored.bytes} ${stored.modified?.getTime()}`
    const kept = this.#folder && path.join(this.#folder, `${start}${digest(facts)}`)
    const temporary = `${into}.fetched`
    try {
      const isKept = kept !== undefined && stored.modified !== undefined && tryLink(kept, temporary)
      if (!isKept && !(await this.#linkOwn(stored, temporary))) {
        await this.#fetchInto(stored.path, stored.bytes, temporary)
        if (kept !== undefined) keep(temporary, kept, start)
      }
      fs.renameSync(temporary, into)
    } catch (error) {
      removeQuietly(temporary)
      throw asButcherError(error, 'cannot write', showPath(into))
    }
  }

  /** Whether the working copy has the file as it is in the store. */
  async #linkOwn({ path: stored, bytes }: StoredFile, into: string): Promise<boolean> {
    const sum = this.#own?.sums[stored]
    if (this.#own === undefined || sum === undefined) return false
    if (!tryLink(path.join(this.#own.folder, stored), into)) return false
    // Another run may be replacing it just now.
    if (fs.statSync(into).size === bytes && (await sha256Of(into)) === sum) return true
    removeQuietly(into)
    return false
  }
}

/** Of each file only the newest is kept. */
function keep(file: string, kept: string, start: string): void {
  const folder = path.dirname(kept)
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of fs.readdirSync(folder))
    if (name.startsWith(start)) removeQuietly(path.join(folder, name))
  tryLink(file, kept)
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)

function tryLink(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch {
    return false // it is not there, or this file system has no links
  }
}
