/** A catalog of as many files as one likes, made by SQL: for pages and speed, with no chunks behind it. */

import Database from 'better-sqlite3'
import { tables, views } from '../../src/format/catalog-schema.ts'

/**
 * In folders of 100, of which each 20 are in one; over two backups, of which the second changed each tenth
 * file.
 */
export function largeCatalog(file: string, files: number): Database.Database {
  const db = new Database(file)
  db.pragma('journal_mode = OFF')
  db.exec(tables + views)
  db.transaction(() => {
    const meta = db.prepare('INSERT INTO meta VALUES (?, ?)')
    meta.run('set', '00112233445566778899aabbccddeeff')
    const run = (sql: string, rows: readonly unknown[][]): void => {
      const statement = db.prepare(sql)
      for (const row of rows) statement.run(...row)
    }
    run('INSERT INTO backup VALUES (?, ?, ?, ?, ?, ?, ?)', [
      [1, 'first', 1.7e12, 1.7e12, '/home', files, files * 1e6],
      [2, null, 1.75e12, 1.75e12, '/home', files, files * 1e6],
    ])
    const discs = [1, 2, 3, 4]
    run(
      'INSERT INTO disc VALUES (?, ?, ?, NULL, NULL, ?, NULL, NULL, NULL, NULL)',
      discs.map((disc) => [disc, `BUTCHER_00112233_000${disc}`, 'bd25', 'sealed']),
    )
    run(
      `INSERT INTO chunk VALUES (?, ?, ?, 1, x'00', 1)`,
      discs.map((disc) => [disc, disc, `${disc}.tar`]),
    )
    const entry = db.prepare(
      `INSERT INTO entry(path, first, last, type, mode, owner, mtime, size, content) VALUES (?, ?, ?, ?, 420, 1, ?, ?, ?)`,
    )
    const content = db.prepare('INSERT INTO content VALUES (?, ?, NULL, 1, ?)')
    const folders = new Set<string>()
    const words = ['holiday', 'invoice', 'letter', 'scan', 'portrait', 'recording', 'minutes', 'draft']
    for (let i = 0; i < files; i++) {
      const folder = `archive/year-${2000 + Math.floor(i / 2000)}/group-${Math.floor(i / 100)}`
      for (const path of [
        folder.split('/')[0],
        folder.split('/').slice(0, 2).join('/'),
        folder,
      ] as string[]) {
        if (folders.has(path)) continue
        folders.add(path)
        entry.run(path, 1, null, 'dir', 1_700_000_000_000_000_000n, null, null)
      }
      // Sizes and times as if by chance: what packs too well would say nothing.
      const chance = (i * 2_654_435_761) % 4_294_967_296
      const path = `${folder}/${words[chance % words.length]}-${String(i).padStart(6, '0')}.${['jpg', 'txt', 'pdf'][chance % 3]}`
      const time = 1_500_000_000_000_000_000n + BigInt(chance % 200_000_000) * 1_000_000_000n
      content.run(i * 2 + 1, chance % 9_999_999, 1 + Math.floor((i * discs.length) / files))
      entry.run(path, 1, i % 10 === 0 ? 1 : null, 'file', time, chance % 9_999_999, i * 2 + 1)
      if (i % 10 !== 0) continue
      content.run(i * 2 + 2, chance % 7_777_777, 4)
      entry.run(path, 2, null, 'file', time + 1_000_000_000n, chance % 7_777_777, i * 2 + 2)
    }
  })()
  return db
}
