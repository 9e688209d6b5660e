/**
 * Turns manifest lines into rows. Packing, resuming after a crash, and rebuilding a catalog from chunks all
 * write the catalog this way. Applying a line twice has the same effect as once.
 */

import type { Attributes } from '../format/attributes.ts'
import { pathForCatalog } from '../format/path-text.ts'
import type { EntryLine, KeptLine, ManifestLine } from '../format/manifest.ts'
import { namesKey } from './basename-filter.ts'
import { pieceRecorder } from './piece-rows.ts'
import { hasEntries } from './previous-entries.ts'
import { replacementRecorder } from './replaced-contents.ts'
import type { Catalog } from './working-catalog.ts'

export type ApplyLine = (line: ManifestLine) => void

/**
 * Returns the function that applies one line to `db`; the caller holds the transaction. It skips `end` and
 * `retention` lines and the state in a `disc` line: they describe the time of the chunk, and the catalog may
 * be newer. `applyReplacements` handles replaced contents after the last line.
 */
export function manifestApplier(db: Catalog): ApplyLine {
  const meta = db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)')
  const options = db.prepare(
    `INSERT INTO meta VALUES ('options', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value`,
  )
  const backup = db.prepare(`INSERT INTO backup VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(number) DO UPDATE SET
    name = coalesce(excluded.name, name), source = coalesce(nullif(excluded.source, ''), source), finished = coalesce(excluded.finished, finished), files = coalesce(excluded.files, files), bytes = coalesce(excluded.bytes, bytes)`)
  const disc = db.prepare(
    `INSERT OR IGNORE INTO disc(number, label, medium, capacity, redundancy, state) VALUES (?, ?, ?, ?, ?, 'open')`,
  )
  const chunk = db.prepare('INSERT OR IGNORE INTO chunk VALUES (?, ?, ?, ?, ?, ?)')
  const content = db.prepare('INSERT OR REPLACE INTO content VALUES (?, ?, ?, ?, ?)')
  const contentDone = db.prepare('DELETE FROM unfinished WHERE content = ?')
  const part = db.prepare('INSERT OR REPLACE INTO main.part VALUES (?, ?, ?, ?, ?, ?)')
  const unfinished = db.prepare('INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?, ?)')
  const problem = db.prepare('INSERT OR REPLACE INTO problem VALUES (?, ?, ?)')
  const entry = db.prepare(
    'INSERT OR REPLACE INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  )
  const root = db.prepare('INSERT OR REPLACE INTO root VALUES (?, ?, ?, ?, ?)')
  const end = endPath(db)
  let mayBeUnfinished = db.prepare('SELECT 1 FROM unfinished LIMIT 1').get() !== undefined
  /** The backup that all entries began with, if it is the same for all; undefined if there are none yet. */
  let began: number | undefined
  let isOneBackup = !hasEntries(db)
  const addPieces = pieceRecorder(db)
  const owner = ownerNumber(db)
  const attributes = attributesNumber(db)
  const replaced = replacementRecorder(db)
  const forgetNames = db.prepare('DELETE FROM meta WHERE key = ?')
  let areNamesForgotten = false

  const insertEntry = (line: EntryLine): void => {
    const path = pathForCatalog(line.path)
    isOneBackup &&= began === undefined || began === line.first
    began = line.first
    // In a first backup, the only older row of a path is one that this row replaces.
    if (!isOneBackup) end(path, line.first)
    insertRow(path, line, null)
  }

  const insertRow = (path: string | Buffer, line: EntryLine | KeptLine, last: number | null): void => {
    if (!areNamesForgotten) forgetNames.run(namesKey)
    areNamesForgotten = true
    entry.run(
      path,
      line.first,
      last,
      line.type,
      line.mode,
      owner(line.uid, line.gid, line.user, line.group),
      BigInt(line.mtime),
      line.ctime === null ? null : BigInt(line.ctime),
      line.inode === null ? null : BigInt(line.inode),
      line.size,
      line.content,
      line.member,
      line.link === null ? null : pathForCatalog(line.link),
      line.device,
      attributes(line.attributes),
      line.sparse === true ? 1 : null,
    )
  }

  return (line) => {
    switch (line.t) {
      case 'entry':
        return insertEntry(line)
      case 'kept':
        isOneBackup = false
        return insertRow(pathForCatalog(line.path), line, line.last)
      case 'content':
        content.run(
          line.id,
          line.size,
          line.hash === null ? null : Buffer.from(line.hash, 'hex'),
          line.parts,
          line.chunk,
        )
        if (line.hash !== null && mayBeUnfinished) contentDone.run(line.id)
        return
      case 'part':
        part.run(line.content, line.part, line.chunk, line.offset, line.size, Buffer.from(line.hash, 'hex'))
        return
      case 'pieces':
        return addPieces(line)
      case 'unfinished':
        mayBeUnfinished = true
        unfinished.run(
          line.content,
          pathForCatalog(line.path),
          BigInt(line.mtime),
          BigInt(line.ctime),
          BigInt(line.inode),
        )
        return
      case 'gone':
        end(pathForCatalog(line.path), line.backup)
        return
      case 'root':
        root.run(
          line.backup,
          line.mode,
          owner(line.uid, line.gid, line.user, line.group),
          BigInt(line.mtime),
          attributes(line.attributes),
        )
        return
      case 'problem':
        problem.run(line.backup, pathForCatalog(line.path), line.message)
        return
      case 'stored':
        chunk.run(line.chunk, line.disc, line.name, line.bytes, Buffer.from(line.sha256, 'hex'), line.backup)
        return
      case 'backup':
        backup.run(
          line.number,
          line.name,
          line.started,
          line.finished,
          pathForCatalog(line.source),
          line.files,
          line.bytes,
        )
        return
      case 'disc':
        disc.run(line.number, line.label, line.medium, line.capacity, line.redundancy ?? null)
        return
      case 'meta':
        meta.run(line.key, line.value)
        return
      case 'options':
        options.run(JSON.stringify(line.options))
        return
      case 'replaced':
        return replaced(line)
      case 'chunk':
      case 'checkpoint':
      case 'retention':
      case 'end':
        return
    }
  }
}

/**
 * Ends the row of `path` before backup `from`: sets its `last`, or deletes it if it began with that backup.
 */
function endPath(db: Catalog): (path: string | Buffer, from: number) => void {
  const newest = db.prepare('SELECT first, last FROM entry WHERE path = ? ORDER BY first DESC LIMIT 1')
  const remove = db.prepare('DELETE FROM entry WHERE path = ? AND first = ?')
  const close = db.prepare('UPDATE entry SET last = ? WHERE path = ? AND first = ?')
  return (path, from) => {
    const row = newest.get(path) as { first: number; last: number | null } | undefined
    if (!row || (row.last !== null && row.last < from)) return
    if (row.first >= from) remove.run(path, row.first)
    else close.run(from - 1, path, row.first)
  }
}

function ownerNumber(
  db: Catalog,
): (uid: number, gid: number, user: string | null, group: string | null) => number {
  const find = db.prepare('SELECT id FROM owner WHERE uid = ? AND gid = ? AND user IS ? AND grp IS ?')
  const add = db.prepare('INSERT INTO owner(uid, gid, user, grp) VALUES (?, ?, ?, ?)')
  const known = new Map<string, number>()
  return (uid, gid, user, group) => {
    const key = `${uid}:${gid}:${user}:${group}`
    let id = known.get(key)
    if (id === undefined) {
      const row = find.get(uid, gid, user, group) as { id: number } | undefined
      id = row ? row.id : Number(add.run(uid, gid, user, group).lastInsertRowid)
      known.set(key, id)
    }
    return id
  }
}

function attributesNumber(db: Catalog): (attributes: Attributes | undefined) => number | null {
  const find = db.prepare('SELECT id FROM attribute WHERE data = ?').pluck()
  const add = db.prepare('INSERT INTO attribute(data) VALUES (?)')
  return (attributes) => {
    if (attributes === undefined) return null
    const data = JSON.stringify(attributes)
    return (find.get(data) as number | undefined) ?? Number(add.run(data).lastInsertRowid)
  }
}
