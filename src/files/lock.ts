/** The lock of a destination: only one run writes at a time. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { removeFile, removeQuietly } from './durable.ts'
import { keepOwner } from './keep-owner.ts'
import { windowsCalls } from './windows-calls.ts'

interface LockRecord {
  readonly pid: number
  readonly host: string
  /** The process's start according to the kernel, so that a reused process number is not mistaken for it. */
  readonly processStart: string
  readonly started: string
}

/**
 * Takes the lock `<folder>/lock`; the returned function releases it. It replaces the lock of a dead process,
 * or of one from before this machine's last boot. Throws `locked`, naming the process that holds it.
 */
export function takeLock(folder: string): () => void {
  const file = path.join(folder, 'lock')
  const mine: LockRecord = {
    pid: process.pid,
    host: os.hostname(),
    processStart: processStart(process.pid) ?? '',
    started: new Date().toISOString(),
  }
  const draft = path.join(folder, `lock.${process.pid}`)
  try {
    fs.writeFileSync(draft, `${JSON.stringify(mine)}\n`)
    keepOwner(draft)
    for (let attempt = 0; ; attempt++) {
      try {
        linkLock(draft, file)
        break
      } catch (error) {
        if (systemCode(error) !== 'EEXIST') throw error
        const holder = readLock(file)
        if (attempt > 3 || (holder && isAlive(holder, file))) throw lockedBy(folder, holder)
        if (!removeDead(file, draft)) throw lockedBy(folder, undefined)
      }
    }
    removeDrafts(folder)
  } catch (error) {
    throw asButcherError(error, 'cannot write', draft)
  } finally {
    removeQuietly(draft)
  }
  // Another machine or container sees the folder but not the process. The file's time shows that the process
  // lives.
  const heart = setInterval(() => beat(file), beatMs).unref()
  return () => {
    clearInterval(heart)
    if (readLock(file)?.pid === process.pid) removeQuietly(file)
  }
}

/** Drafts of processes that were killed before they had the lock. */
function removeDrafts(folder: string): void {
  for (const name of fs.readdirSync(folder)) {
    if (!/^lock\.(removal\.)?\d+$/.test(name) || name === `lock.${process.pid}`) continue
    const draft = path.join(folder, name)
    if (isLeftover(draft)) removeQuietly(draft)
  }
}

/** Turns the draft into the lock in one step, which fails with EEXIST if a lock exists. */
function linkLock(draft: string, file: string): void {
  try {
    fs.linkSync(draft, file)
  } catch (error) {
    if (systemCode(error) !== 'EPERM' && systemCode(error) !== 'ENOTSUP') throw error
    fs.writeFileSync(file, fs.readFileSync(draft), { flag: 'wx' }) // no hard links here
  }
}

/** An empty lock younger than this may still be being written; an older one is a crash's. */
const writingMs = 30_000

/** Whether a draft or a removal belongs to a dead process. */
function isLeftover(file: string): boolean {
  const holder = readLock(file)
  if (holder) return !isAlive(holder, file)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  return stat !== undefined && Date.now() - stat.mtimeMs > writingMs
}

/**
 * Removes the lock of a dead process. If several processes find it, one removes it, after a second look:
 * another may have done so and now hold the lock. False if another process is removing it.
 */
function removeDead(file: string, draft: string): boolean {
  const removal = `${file}.removal`
  try {
    linkLock(draft, removal)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    return isLeftover(removal) && removeOnce(removal)
  }
  try {
    const holder = readLock(file)
    if (!holder || !isAlive(holder, file)) removeFile(file)
    return true
  } finally {
    removeFile(removal)
  }
}

/** Removes a dead process's removal file; of several processes, only one succeeds. */
function removeOnce(removal: string): boolean {
  const mine = `${removal}.${process.pid}`
  try {
    fs.renameSync(removal, mine)
    if (isLeftover(mine)) return true
    linkLock(mine, removal) // another took the dead one away before, and this is its own
    return false
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'EEXIST') throw error
    return false
  } finally {
    removeQuietly(mine)
  }
}

const beatMs = 20_000

function beat(file: string): void {
  try {
    fs.utimesSync(file, new Date(), new Date())
  } catch {
    // The lock or the destination is gone: the run will report that.
  }
}

function lockedBy(folder: string, holder: LockRecord | undefined): ButcherError {
  const who = holder ? `process ${holder.pid} on ${holder.host}, since ${holder.started}` : 'another process'
  return new ButcherError('locked', `${path.dirname(folder)} is in use by ${who}`, {
    path: folder,
    hint: `wait until it has ended, or stop it; if it is dead for certain, remove ${path.join(folder, 'lock')}`,
  })
}

function readLock(file: string): LockRecord | undefined {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8')) as LockRecord
  } catch {
    return undefined
  }
}

/** A holder on another machine (a shared folder) or in another container is dead if its heartbeat stopped. */
function isAlive(holder: LockRecord, file: string): boolean {
  if (holder.host !== os.hostname()) {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    return stat !== undefined && Date.now() - stat.mtimeMs < 6 * beatMs
  }
  const start = processStart(holder.pid)
  if (start !== undefined) return holder.processStart === '' || start === holder.processStart
  if (fs.existsSync('/proc/self/stat')) return false
  try {
    process.kill(holder.pid, 0)
    return true
  } catch (error) {
    return systemCode(error) === 'EPERM'
  }
}

/**
 * Field 22 of /proc/PID/stat, the start time in clock ticks since boot, with the id of the boot. On Windows,
 * what its kernel says.
 */
export function processStart(pid: number): string | undefined {
  if (process.platform === 'win32') return windowsCalls()?.processStart(pid)
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return `${ticks} ${fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}`
  } catch {
    return undefined
  }
}
