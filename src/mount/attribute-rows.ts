/** Owners, extended attributes and the roots of the backups, as the kernel gets them. */

import type Database from 'better-sqlite3'
import { MetadataRows } from '../catalog/metadata-rows.ts'
import { ownerNumbers } from '../files/owner-numbers.ts'
import { parseAttributes } from '../format/attributes.ts'
import type { Attributes, FileSystemFacts } from '../fuse/tree.ts'

interface Owner {
  readonly uid: number
  readonly gid: number
}

const folderType = 0o040000
const noAttributes: ReadonlyMap<string, Buffer> = new Map()
/** Most sets have a handful of different ones. */
const mostParsed = 1000

export class AttributeRows {
  readonly #rows: MetadataRows
  readonly #owners = new Map<number, Owner>()
  readonly #parsed = new Map<number, ReadonlyMap<string, Buffer>>()
  readonly #numbers = ownerNumbers()

  constructor(db: Database.Database) {
    this.#rows = new MetadataRows(db)
  }

  /** The numbers that a restore would set: those that this system has for the names. */
  owner(id: number): Owner {
    let owner = this.#owners.get(id)
    if (owner === undefined) {
      const row = this.#rows.owner(id)
      const { user, group } = this.#numbers
      owner = {
        uid: validNumber((row?.user == null ? undefined : user(row.user)) ?? row?.uid),
        gid: validNumber((row?.grp == null ? undefined : group(row.grp)) ?? row?.gid),
      }
      this.#owners.set(id, owner)
    }
    return owner
  }

  ofRoot(backup: number, inode: number): Attributes | undefined {
    const row = this.#rows.root(backup)
    if (row === undefined) return undefined
    const { uid, gid } = this.owner(row.owner)
    return {
      inode,
      mode: folderType | (row.mode & 0o7777),
      bytes: 0,
      owner: uid,
      group: gid,
      modified: { seconds: row.seconds, nanoseconds: row.nanoseconds },
    }
  }

  extendedOfRoot(backup: number): ReadonlyMap<string, Buffer> {
    const number = this.#rows.root(backup)?.attributes ?? null
    return number === null ? noAttributes : this.extended(number)
  }

  extended(number: number): ReadonlyMap<string, Buffer> {
    let values = this.#parsed.get(number)
    if (values === undefined) {
      const text = this.#rows.attributes(number)
      values = (text === undefined ? undefined : parseAttributes(text)) ?? noAttributes
      if (this.#parsed.size >= mostParsed) this.#parsed.clear()
      this.#parsed.set(number, values)
    }
    return values
  }

  totals(backup: number): FileSystemFacts {
    const row = this.#rows.totals(backup)
    return { bytes: row?.bytes ?? 0, files: row?.files ?? 0 }
  }
}

const mostNumber = 0xffff_fffe
/** What Linux shows for an owner that it cannot show (/proc/sys/kernel/overflowuid). */
const nobody = 65_534

const validNumber = (number: number | undefined): number =>
  number !== undefined && Number.isInteger(number) && number >= 0 && number <= mostNumber ? number : nobody
