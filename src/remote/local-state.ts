/** Facts about a set in a store that a later run on this machine needs. */

import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { writeDurably } from '../files/durable.ts'

export interface LocalState {
  /** The words of this machine's last runs. The store has one of them, if nobody else has written since. */
  readonly writers: readonly string[]
  /** SHA-256 and bytes of small files as they were put into the store, by path. */
  readonly sums: Readonly<Record<string, string>>
}

const fileName = 'state.json'

/** Empty if there is none, or none that can be understood. */
export function readLocalState(folder: string): LocalState {
  try {
    const { writers, sums } = JSON.parse(fs.readFileSync(path.join(folder, fileName), 'utf8')) as LocalState
    if (Array.isArray(writers) && typeof sums === 'object' && sums !== null) return { writers, sums }
  } catch {
    // Then everything is fetched again.
  }
  return { writers: [], sums: {} }
}

/** Throws `io` and `no-space`. `newFolder`: for the file before it has its name. */
export const writeLocalState = (folder: string, newFolder: string, state: LocalState): void =>
  writeDurably(newFolder, path.join(folder, fileName), JSON.stringify(state))

export const newWord = (): string => randomBytes(16).toString('hex')
