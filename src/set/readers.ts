/**
 * Runs that read sets on this machine, so that a prune does not remove the chunks that they need. Each has a
 * record in the user's state folder: a run that reads writes nothing to a set. The record of a dead process
 * counts for nothing.
 */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { removeQuietly } from '../files/durable.ts'
import { isWithin } from '../files/is-within.ts'
import { processStart } from '../files/lock.ts'
import { xdgFolder } from '../files/xdg-folder.ts'
import { isRclonePlace } from '../store/rclone-place.ts'

export interface SetReader {
  readonly pid: number
  readonly processStart: string
  /** The command: `restore`, `verify`. */
  readonly command: string
  /** Absolute paths, and digests of places in stores, whose names may hold secrets. */
  readonly places: readonly string[]
  /** The backup that it reads, once it is known. */
  readonly backup?: number
}

/** undefined for a user without a home folder. */
function readersFolder(): string | undefined {
  try {
    return path.join(xdgFolder('XDG_STATE_HOME'), 'butcher', 'readers')
  } catch {
    return undefined
  }
}

let readings = 0

/**
 * Does `work`, which opens a catalog of `places` and may name the backup that it reads. If the record cannot
 * be written, the run is not protected.
 */
export async function whileReading<Result>(
  command: string,
  places: readonly string[],
  work: (note: (backup: number) => void) => Promise<Result>,
): Promise<Result> {
  const folder = readersFolder()
  if (folder === undefined) return work(() => {})
  const file = path.join(folder, `${process.pid}-${++readings}.json`)
  const reader: SetReader = {
    pid: process.pid,
    processStart: processStart(process.pid) ?? '',
    command,
    places: places.map(recordedPlace),
  }
  const write = (record: SetReader): void => {
    const draft = `${file}.new`
    try {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      fs.writeFileSync(draft, JSON.stringify(record), { mode: 0o600 })
      fs.renameSync(draft, file)
    } catch {
      removeQuietly(draft)
    }
  }
  write(reader)
  try {
    return await work((backup) => write({ ...reader, backup }))
  } finally {
    removeQuietly(file)
  }
}

const digestOf = (place: string): string =>
  `store ${createHash('sha256').update(place.replace(/\/+$/, '')).digest('hex')}`

const recordedPlace = (place: string): string =>
  isRclonePlace(place) ? digestOf(place) : path.resolve(place)

/** The living processes that read the set in `place`. */
export function readersOf(place: string): SetReader[] {
  const folder = readersFolder()
  if (folder === undefined) return []
  const recorded = recordedPlace(place)
  const reads = ({ places }: SetReader): boolean =>
    places.some((one) =>
      isRclonePlace(place)
        ? one === recorded
        : path.isAbsolute(one) && (isWithin(one, recorded) || isWithin(recorded, one)),
    )
  return namesIn(folder).flatMap((name) => {
    const file = path.join(folder, name)
    const reader = readRecord(file)
    if (reader === undefined) return []
    if (processStart(reader.pid) === reader.processStart) return reads(reader) ? [reader] : []
    removeQuietly(file)
    return []
  })
}

function namesIn(folder: string): string[] {
  try {
    return fs.readdirSync(folder).filter((name) => name.endsWith('.json'))
  } catch {
    return [] // nothing was ever read
  }
}

function readRecord(file: string): SetReader | undefined {
  try {
    const record = JSON.parse(fs.readFileSync(file, 'utf8')) as SetReader
    return Number.isSafeInteger(record.pid) && Array.isArray(record.places) ? record : undefined
  } catch {
    return undefined
  }
}
