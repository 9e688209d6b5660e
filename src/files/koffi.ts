/** koffi calls functions of C. It is an optional dependency, prebuilt for the usual systems. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
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
  let failure: unknown
  for (const parentOf of folders) {
    let folder: string | undefined
    try {
      folder = fs.mkdtempSync(path.join(parentOf(), 'butcher-koffi-'))
      const file = path.join(folder, 'koffi.node')
      fs.writeFileSync(file, bytes, { mode: 0o700 })
      const loaded = { exports: {} }
      process.dlopen(loaded, file)
      return loaded.exports
    } catch (error) {
      failure = error
    } finally {
      if (folder !== undefined) fs.rmSync(folder, { recursive: true, force: true })
    }
  }
  throw failure
}
