/** A catalog of as many rows as one likes, made directly, with no chunks behind it. */

import { createHash } from 'node:crypto'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import Database from 'better-sqlite3'
import { catalogApplicationId, catalogVersion, tables, views } from '../../src/format/catalog-schema.ts'
import { draftBasenameFilter, basenameFilterFile } from '../../src/set/basename-filter-file.ts'
import { workFolder } from '../../src/format/layout.ts'
import type { Made } from './corpus.ts'
import { seededBytes, seededNumbers } from './seeded.ts'

const filesInFolder = 200
const foldersInYear = 500
const filesInChunk = 25_000
const words = ['holiday', 'invoice', 'letter', 'scan', 'portrait', 'recording', 'minutes', 'draft']

/** Another where a catalog has other tables: of an older one the program would say that it is none. */
export const catalogEdition = createHash('sha256').update(`${tables}${views}names`).digest('hex').slice(0, 8)

/**
 * Makes `catalog.sqlite` with `rows` versions of files in two backups: the second changed one file in ten.
 * The sample is the path of a file in the middle; its folder holds 200.
 */
export function makeCatalog(folder: string, rows: number): Made {
  const file = path.join(folder, 'catalog.sqlite')
  const db = new Database(file)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.pragma('cache_size = -200000')
  db.pragma(`application_id = ${catalogApplicationId}`)
  db.pragma(`user_version = ${catalogVersion}`)
  // The indexes last: of rows in no order that takes a fraction of the time.
  const statements = tables.split(';').filter((statement) => statement.trim() !== '')
  const isIndex = (statement: string): boolean => /CREATE (UNIQUE )?INDEX/.test(statement)
  for (const statement of statements) if (!isIndex(statement)) db.exec(statement)
  const files = Math.max(1, Math.round(rows / 1.1))
  const sample = db.transaction(() => insertRows(db, files))()
  for (const statement of statements) if (isIndex(statement)) db.exec(statement)
  db.exec(views)
  mkdirSync(path.join(folder, workFolder))
  writeFileSync(basenameFilterFile(folder), draftBasenameFilter(db, folder) ?? '')
  db.close()
  return { files: rows, bytes: statSync(file).size, sample }
}

function insertRows(db: Database.Database, files: number): string {
  const [next, noise] = [seededNumbers('catalog'), seededBytes('catalog')]
  const begun = 1_750_000_000_000
  const insert = (table: string, values: readonly unknown[]): void => {
    db.prepare(`INSERT INTO ${table} VALUES (${values.map(() => '?').join(', ')})`).run(...values)
  }
  const meta = { set: '00112233445566778899aabbccddeeff', hash: 'sha256', encryption: 'none', revision: 2 }
  for (const [key, value] of Object.entries({ created: begun, ...meta })) insert('meta', [key, value])
  for (const number of [1, 2]) {
    const at = begun + number * 86_400_000
    insert('backup', [number, null, at, at + 3_600_000, '/home', files, files * 1e5])
    insert('root', [number, 0o755, 1, BigInt(begun) * 1_000_000n, null])
  }
  insert('owner', [1, 1000, 1000, 'user', 'user'])
  insert('disc', [1, 'BUTCHER_00112233_0001', 'unlimited', null, 1, 'open', null, null, null, null])
  const chunks = Math.ceil((files * 1.2) / filesInChunk)
  for (let number = 1; number <= chunks; number++) {
    insert('chunk', [number, 1, `${String(number).padStart(8, '0')}.tar.bz2`, 1e8, noise(32), 1])
  }

  const entry = db.prepare(
    `INSERT INTO entry(path, first, last, type, mode, owner, mtime, ctime, inode, size, content)
     VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?)`,
  )
  const content = db.prepare('INSERT INTO content VALUES (?, ?, ?, 1, ?)')
  let [contents, sample, year] = [0, '', '']
  const addFile = (name: string, inode: number, first: number, last: number | null): void => {
    const size = Math.floor(200 * 10_000 ** next())
    const time = BigInt(begun - Math.floor(next() * 3e11)) * 1_000_000n + BigInt(first)
    content.run(++contents, size, noise(32), Math.ceil(contents / filesInChunk))
    entry.run(name, first, last, 'file', 0o644, time, time, inode, size, contents)
  }
  const addFolder = (name: string, inode: number): void => {
    const time = BigInt(begun) * 1_000_000n
    entry.run(name, 1, null, 'dir', 0o755, time, time, inode, null, null)
  }
  // In the order of the paths, in which they stand in the table too.
  for (let i = 0; i < files; i++) {
    const folderNumber = Math.floor(i / filesInFolder)
    const inYear = `year-${String(1900 + Math.floor(folderNumber / foldersInYear))}`
    const folder = `${inYear}/folder-${String(folderNumber).padStart(6, '0')}`
    if (inYear !== year) addFolder((year = inYear), files + 1e6 + folderNumber)
    if (i % filesInFolder === 0) addFolder(folder, files + folderNumber)
    const name = `${folder}/${String(i).padStart(8, '0')}-${words[Math.floor(next() * words.length)]}.jpg`
    const changed = i % 10 === 0
    addFile(name, i + 1, 1, changed ? 1 : null)
    if (changed) addFile(name, i + 1, 2, null)
    if (i === Math.floor(files / 2)) sample = name
  }
  return sample
}
