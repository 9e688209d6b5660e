import type Database from 'better-sqlite3'

/** Counts the rows that statements prepared from now on give out, one by one or together. */
export function countReads(db: Database.Database): { readonly rows: number } {
  const reads = { rows: 0 }
  const prepare = db.prepare.bind(db)
  const counting = (sql: string): Database.Statement => {
    const statement = prepare(sql)
    const [iterate, all, get] = [statement.iterate, statement.all, statement.get].map((read) =>
      read.bind(statement),
    ) as unknown as [typeof statement.iterate, typeof statement.all, typeof statement.get]
    statement.iterate = function* (...values) {
      for (const row of iterate(...values)) {
        reads.rows++
        yield row
      }
    }
    statement.all = (...values) => {
      const rows = all(...values)
      reads.rows += rows.length
      return rows
    }
    statement.get = (...values) => {
      const row = get(...values)
      if (row !== undefined) reads.rows++
      return row
    }
    return statement
  }
  db.prepare = counting as typeof db.prepare
  return reads
}
