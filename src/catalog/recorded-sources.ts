/** The sources of backups, and the names at their top. */

import type Database from 'better-sqlite3'
import { pathForCatalog, pathFromCatalog } from '../format/path-text.ts'
import { sourceOfText, type SourceTree } from '../format/source-tree.ts'
import { rangesBelow } from './entry-rows.ts'

/** The source of a backup; undefined if the catalog does not have it. */
export function sourceOfBackup(db: Database.Database, backup: number): SourceTree | undefined {
  const source = db.prepare('SELECT source FROM backup WHERE number = ?').pluck().get(backup)
  return source == null || source === ''
    ? undefined
    : sourceOfText(pathFromCatalog(source as string | Buffer))
}

/** The sources of all backups, each once, newest first. */
export function recordedSources(db: Database.Database): SourceTree[] {
  const sources = db.prepare('SELECT source FROM backup ORDER BY number DESC').pluck().all()
  const known = sources.flatMap((source) =>
    source == null || source === '' ? [] : pathFromCatalog(source as string | Buffer),
  )
  return [...new Set(known)].map(sourceOfText)
}

/** Whether the newest backup has paths below this folder. */
export function hasCurrentBelow(db: Database.Database, folder: string): boolean {
  const below = db.prepare('SELECT 1 FROM entry WHERE path >= ? AND path < ? AND last IS NULL LIMIT 1')
  return rangesBelow(folder).some(({ lower, upper }) => below.get(lower, upper) !== undefined)
}

/** Whether any backup has this name at its top. */
export function isTopName(db: Database.Database, name: string): boolean {
  if (db.prepare('SELECT 1 FROM entry WHERE path = ? LIMIT 1').get(pathForCatalog(name)) !== undefined)
    return true
  const below = db.prepare('SELECT 1 FROM entry WHERE path >= ? AND path < ? LIMIT 1')
  return rangesBelow(name).some(({ lower, upper }) => below.get(lower, upper) !== undefined)
}
