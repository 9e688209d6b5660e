import type Database from 'better-sqlite3'

export interface InventoryDisc {
  readonly disc: number
  readonly label: string
  readonly state: string
  readonly medium: string
  /** Bytes in use, with what is set aside for the catalog; null where a run has not settled it yet. */
  readonly bytes: number | null
  /** null without limit. */
  readonly capacityBytes: number | null
  readonly chunks: number
  /** Milliseconds since 1970. */
  readonly burned: number | null
  readonly verified: number | null
  readonly location: string | null
  /** The folder it is in, of those that were looked into. */
  readonly folder: string | undefined
}

/** The inventory, by disc number. `folders` says where discs are at hand. */
export function discs(
  db: Database.Database,
  folders: ReadonlyMap<number, string> = new Map(),
): InventoryDisc[] {
  const rows = db
    .prepare(
      `SELECT d.number AS disc, d.label, d.state, d.medium, d.bytes, d.capacity AS capacityBytes,
        count(k.number) AS chunks, d.burned, d.verified, d.location
      FROM disc d LEFT JOIN chunk k ON k.disc = d.number GROUP BY d.number ORDER BY d.number`,
    )
    .all() as Omit<InventoryDisc, 'folder'>[]
  return rows.map((row) => ({ ...row, folder: folders.get(row.disc) }))
}
