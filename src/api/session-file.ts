/**
 * Keeps sessions for the next daemon, so that its restart logs nobody out. Only hashes are in the file, and
 * the runtime folder is private to the user and ends with the boot.
 */

import fs from 'node:fs'
import path from 'node:path'
import { checkFields, list, needed, object, text, whole } from '../options/check-fields.ts'
import { runtimeFolder } from '../jobs/places.ts'

export interface SavedSession {
  /** SHA-256 of its cookie. */
  readonly hash: string
  /** Milliseconds since 1970. */
  readonly begun: number
  readonly used: number
}

const fileOfSessions = (): string => path.join(runtimeFolder(), 'sessions.json')

const session = object({ hash: needed(text), begun: needed(whole), used: needed(whole) })
const fields = { sessions: needed(list(session)) }

/** None if the file is missing, damaged, or of another user. */
export function readSessions(): readonly SavedSession[] {
  try {
    const file = fileOfSessions()
    const { mode, uid } = fs.lstatSync(file)
    if ((mode & 0o077) !== 0 || (process.getuid !== undefined && uid !== process.getuid())) return []
    const saved: unknown = JSON.parse(fs.readFileSync(file, 'utf8'))
    checkFields('the file of sessions', fields, saved)
    return (saved as { readonly sessions: readonly SavedSession[] }).sessions
  } catch {
    return []
  }
}

/** A failure costs a login after the next restart, and no more. */
export function saveSessions(sessions: readonly SavedSession[]): void {
  const file = fileOfSessions()
  try {
    fs.writeFileSync(`${file}.new`, JSON.stringify({ sessions }), { mode: 0o600 })
    fs.renameSync(`${file}.new`, file)
  } catch {
    // The folder may be gone, as at the end of a login.
  }
}
