/**
 * The options of the running backup, in the work folder of its destination. The journal has them once a chunk
 * is complete, and a killed run may not have come so far.
 */

import fs from 'node:fs'
import path from 'node:path'
import { backupRows } from '../catalog/set-rows.ts'
import { type Catalog, highest } from '../catalog/working-catalog.ts'
import { decrypt } from '../crypto/decrypt.ts'
import { encryptBytes } from '../crypto/encrypt.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { removeQuietly, writeDurably } from '../files/durable.ts'
import { workFolder } from '../format/layout.ts'
import { optionFields, optionsFromFields, type SetOptions } from '../format/set-options.ts'
import type { WorkFolders } from './destination.ts'
import type { OpenSet } from './open-set.ts'

const fileName = 'options.json'
const filesIn = (destination: string): string[] =>
  [fileName, `${fileName}.gpg`].map((name) => path.join(destination, workFolder, name))

/** Encrypted as the set is: patterns are names of files. Throws `io` and `no-space`. */
export async function recordBegunOptions(
  folders: WorkFolders,
  { keys, setId }: OpenSet,
  backup: number,
  options: SetOptions,
): Promise<void> {
  const record = Buffer.from(JSON.stringify({ set: setId, backup, options: optionFields(options) }))
  const file = path.join(folders.work, keys ? `${fileName}.gpg` : fileName)
  writeDurably(folders.stagingDir, file, keys ? await encryptBytes(keys, record) : record)
}

/** Those of an interrupted run, if no later backup was finished. Undefined also if they cannot be read. */
export async function begunOptions(
  destination: string,
  db: Catalog,
  secrets: OpenedSecrets,
): Promise<SetOptions | undefined> {
  for (const file of filesIn(destination)) {
    try {
      const stored = fs.readFileSync(file)
      const text = file.endsWith('.gpg') ? await decrypted(stored, secrets, file) : stored
      const { backup, options } = JSON.parse(text.toString('utf8')) as Record<string, unknown>
      const newest = backupRows(db).findLast(({ finished }) => finished !== null)?.number ?? 0
      if (backup === newest + 1 && typeof options === 'object' && options !== null)
        return optionsFromFields(options)
    } catch {
      // It is missing, cut off, or of another passphrase. Then the options of the last backup count.
    }
  }
  return undefined
}

async function decrypted(stored: Buffer, secrets: OpenedSecrets, name: string): Promise<Buffer> {
  const source = (async function* () {
    yield stored
  })()
  const pieces: Uint8Array[] = []
  for await (const piece of decrypt(source, secrets, name)) pieces.push(piece)
  return Buffer.concat(pieces)
}

export const forgetBegunOptions = (destination: string): void => filesIn(destination).forEach(removeQuietly)

/**
 * After a run ended with `error`: forgets its options, because they may be the fault. A stopped run keeps
 * them for the next one, except if it began a set and stored nothing.
 */
export function settleBegunOptions(error: unknown, { db, isNew }: OpenSet, destination: string): void {
  const isStopped = error instanceof ButcherError && ['aborted', 'no-space'].includes(error.code)
  if (!isStopped || (isNew && highest(db, 'chunk') === 0)) forgetBegunOptions(destination)
}
