/** Whether a run can begin: its source and its store are there, and the machine has power. */

import fs from 'node:fs'
import { whyAway } from '../store/why-away.ts'
import type { BackupCall } from './backup-call.ts'
import type { Definitions, Job } from './definitions.ts'
import { definitionOf } from './edit-definitions.ts'

/**
 * Why the run cannot begin now; undefined if it can. `hasSet`: an earlier run stored a backup there. If only
 * some sources are absent, the backup judges.
 */
export function reasonToWait(
  job: Job,
  { sources, destination }: BackupCall,
  definitions: Definitions,
  hasSet: boolean,
): string | undefined {
  if (sources.every(({ path }) => !fs.existsSync(path)))
    return `the source is absent: ${sources.map(({ path }) => path).join(', ')}`
  const { name, type, path } = definitionOf(definitions, 'store', job.store_name)
  if (type !== 'rclone' && !fs.existsSync(path))
    return `the store '${name}' is absent: there is no folder ${path}`
  // The folder of a disk that is not mounted is there, and empty.
  if (type !== 'rclone' && hasSet && !fs.existsSync(destination))
    return `the store '${name}' is absent: the set ${destination} is gone, perhaps the disk is unmounted`
  return job.on_mains && isOnBattery() ? 'the machine runs on battery' : undefined
}

/** The same for a store on a remote, which takes a moment to ask. */
export async function reasonOfRemote(
  { store_name: name }: Job,
  { destination }: BackupCall,
  definitions: Definitions,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (definitionOf(definitions, 'store', name).type !== 'rclone') return undefined
  const why = await whyAway(destination, signal)
  return why === undefined ? undefined : `the store '${name}' is absent: it does not answer: ${why}`
}

const powerSupplies = '/sys/class/power_supply'

/** A machine without mains supplies that the kernel knows is a desktop or a server. */
function isOnBattery(): boolean {
  try {
    const mains = fs
      .readdirSync(powerSupplies)
      .filter((name) => read(`${powerSupplies}/${name}/type`) === 'Mains')
    return mains.length > 0 && mains.every((name) => read(`${powerSupplies}/${name}/online`) === '0')
  } catch {
    return false
  }
}

const read = (file: string): string => fs.readFileSync(file, 'utf8').trim()
