/** The text of a lock in a store, and the names of lock files. */

import fs from 'node:fs'
import os from 'node:os'
import { processStart } from '../files/lock.ts'
import { workFolder } from '../format/layout.ts'
import { showPath } from '../format/path-text.ts'
import type { StoredFile } from './store.ts'

export const lockFolder = `${workFolder}/locks`

export interface LockRecord {
  readonly host: string
  readonly pid: number
  /** The start of the process and the boot of its machine, as the kernel tells them. */
  readonly processStart: string
  /** The process numbers of a container are its own. */
  readonly processSpace: string
  readonly started: string
  /** By the clock of the holder. */
  readonly refreshed: string
}

const processSpace = (): string => {
  try {
    return fs.readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

export const ownRecord = (started: string): LockRecord => ({
  host: os.hostname(),
  pid: process.pid,
  processStart: processStart(process.pid) ?? '',
  processSpace: processSpace(),
  started,
  refreshed: new Date().toISOString(),
})

/** Undefined if the text is no lock's. */
export function parseLock(text: string): LockRecord | undefined {
  try {
    const {
      host,
      pid,
      processStart: start,
      processSpace: space,
      started,
      refreshed,
    } = JSON.parse(text) as Record<string, unknown>
    const texts = [host, start, space, started, refreshed]
    if (!texts.every((one) => typeof one === 'string') || !Number.isSafeInteger(pid)) return undefined
    return { host, pid, processStart: start, processSpace: space, started, refreshed } as LockRecord
  } catch {
    return undefined
  }
}

/** Whether the holder was a process of this machine since its last boot, and has ended. */
export function isSurelyDead({ pid, processStart: start, processSpace: space }: LockRecord): boolean {
  const mine = processStart(process.pid)
  if (start === '' || mine === undefined || space === '' || space !== processSpace()) return false
  const boot = (text: string): string => text.slice(text.indexOf(' ') + 1)
  return boot(start) === boot(mine) && processStart(pid) !== start
}

/** The local time of every lock file. A store that shows another one tells its own time. */
export const fileTime = new Date('2001-01-01T00:00:00Z')

/** A store that keeps the time of the local file shows `fileTime`. */
export const isOwnTime = (time: Date): boolean => Math.abs(time.getTime() - fileTime.getTime()) > 86_400_000

interface LockName {
  readonly id: string
  readonly sequence: number
}

export const lockFile = ({ id, sequence }: LockName): string => `${lockFolder}/${id}.${sequence}`

/** The parts of a lock file's path, or undefined. */
function parseLockFile(path: string): LockName | undefined {
  const match = /^\.butcher\/locks\/([0-9a-f]{16})\.(\d{1,9})$/.exec(path)
  return match ? { id: match[1] as string, sequence: Number(match[2]) } : undefined
}

/** The lock of another run. */
export interface Other {
  readonly id: string
  /** The newest first. */
  readonly files: readonly StoredFile[]
  readonly sequence: number
}

export const holderText = (record: LockRecord | undefined): string =>
  record
    ? `process ${record.pid} on ${showPath(record.host)}, since ${showPath(record.started)}`
    : 'another run'

/** The locks among `files`, without the own one. */
export function othersIn(files: readonly StoredFile[], ownId: string): Other[] {
  const byId = Map.groupBy(files, (file) => parseLockFile(file.path)?.id)
  return [...byId].flatMap(([id, found]) => {
    if (id === undefined || id === ownId) return []
    const sequence = (file: StoredFile): number => parseLockFile(file.path)?.sequence ?? 0
    const sorted = found.sort((a, b) => sequence(b) - sequence(a))
    return [{ id, files: sorted, sequence: sequence(sorted[0] as StoredFile) }]
  })
}
