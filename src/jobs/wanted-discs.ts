/** Discs that an optical job has filled, and nobody has burned yet. */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'
import { stagedDiscs } from '../set/disc-source.ts'
import { openCatalog } from '../set/open-catalog.ts'
import { backupCall, type BackupCall } from './backup-call.ts'
import type { Definitions, Job } from './definitions.ts'
import { readSecret } from './secrets.ts'

/** Their numbers. None if the set cannot be read now, for example because its folder is absent. */
export async function wantedDiscs(job: Job, definitions: Definitions): Promise<readonly number[]> {
  try {
    if (!isOptical(job, definitions)) return []
    return await discsOf(backupCall(job, definitions), definitions)
  } catch (error) {
    if (error instanceof ButcherError) return []
    throw error
  }
}

export const isOptical = (job: Job, { stores }: Definitions): boolean =>
  stores.some(({ name, type }) => name === job.store_name && type === 'optical')

async function discsOf({ destination, secret }: BackupCall, definitions: Definitions): Promise<number[]> {
  if (!fs.existsSync(destination)) return []
  const passphrase = secret === undefined ? {} : { passphrase: await readSecret(secret, definitions) }
  const catalog = await openCatalog([destination], passphrase, { checks: 'as-read' })
  try {
    return stagedDiscs(catalog.db, destination)
      .filter(({ row, goodCopies }) => row.state !== 'open' && goodCopies === 0)
      .map(({ row }) => row.number)
  } finally {
    catalog.close()
  }
}

/** `burn disc 7`; empty if there is none. */
export function burnText(discs: readonly number[]): string {
  if (discs.length === 0) return ''
  return `burn ${discs.length === 1 ? 'disc' : 'discs'} ${discs.join(', ')}`
}
