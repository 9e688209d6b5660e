/** koffi calls functions of C. It is an optional dependency, prebuilt for the usual systems. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { threadId } from 'node:worker_threads'
import { isOneFile, packageFile, requireOwn } from '../own-files.ts'
import { xdgFolder } from './xdg-folder.ts'

/** Throws if it is not there, or cannot be loaded. */
// oxlint-disable-next-line typescript/no-explicit-any
export const loadKoffi = (): any => (isOneFile ? loadInside() : requireOwn('koffi'))

/** Where a file may be that the system runs: /tmp often is mounted so that it may not. */
const folders: readonly (() => string)[] = [
  () => os.tmpdir(),
  // A user without an entry in /etc/passwd has none.
  () => path.join(xdgFolder('XDG_CACHE_HOME'), 'butcher'),
  () => '/dev/shm',
  () => '/var/tmp',
]

/** The system loads only files. So one is made in a folder that no other user can write to, for a moment. */
function loadInside(): unknown {
  const bytes = packageFile('koffi/koffi.node')
  if (process.platform === 'win32') return loadKept(bytes)
  let failure: unknown
  for (const parentOf of folders) {
    let folder: string | undefined
    try {
      folder = fs.mkdtempSync(path.join(parentOf(), 'butcher-koffi-'))
      const file = path.join(folder, 'koffi.node')
      fs.writeFileSync(file, bytes, { mode: 0o700 })
      return loadFile(file)
    } catch (error) {
      failure = error
    } finally {
      if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true })
    }
  }
  throw failure
}

function loadFile(file: string): unknown {
  const loaded = { exports: {} }
  process.dlopen(loaded, file)
  return loaded.exports
}

/**
 * Windows removes no file that is loaded. So the file stays in a folder of the user, and later runs load it
 * again. Its content is compared first: an older butcher has another one.
 */
function loadKept(bytes: Buffer): unknown {
  const parent = process.env['LOCALAPPDATA'] ?? ''
  const folder = path.join(path.isAbsolute(parent) ? parent : os.tmpdir(), 'butcher')
  const name = createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  const file = path.join(folder, `koffi-${name}.node`)
  if (!holds(file, bytes)) {
    fs.mkdirSync(folder, { recursive: true })
    const draft = `${file}.${process.pid}-${threadId}`
    fs.writeFileSync(draft, bytes)
    try {
      fs.renameSync(draft, file)
    } finally {
      fs.rmSync(draft, { force: true })
    }
  }
  return loadFile(file)
}

function holds(file: string, bytes: Buffer): boolean {
  try {
    return fs.readFileSync(file).equals(bytes)
  } catch {
    return false // it is not there yet
  }
}
