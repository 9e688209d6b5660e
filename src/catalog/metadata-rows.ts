/** Owners, extended attributes and the roots of the backups, by their numbers. */

import type Database from 'better-sqlite3'
import { maxAttributesBytes } from '../format/attributes.ts'

export interface OwnerRow {
  readonly uid: number
  readonly gid: number
  readonly user: string | null
  readonly grp: string | null
}

/** The source directory of a backup. */
export interface TreeRootRow {
  readonly mode: number
  readonly owner: number
  readonly seconds: number
  readonly nanoseconds: number
  readonly attributes: number | null
}

const fraction = '((mtime % 1000000000) + 1000000000) % 1000000000'
/** Base64 and names make the text longer, but less than twice as long. */
const maxTextLength = maxAttributesBytes * 2

export class MetadataRows {
  readonly #owner: Database.Statement
  readonly #root: Database.Statement
  readonly #attributes: Database.Statement
  readonly #totals: Database.Statement

  constructor(db: Database.Database) {
    this.#owner = db.prepare('SELECT uid, gid, user, grp FROM owner WHERE id = ?')
    this.#root = db.prepare(`SELECT mode, owner, (mtime - ${fraction}) / 1000000000 AS seconds,
      ${fraction} AS nanoseconds, attributes FROM root WHERE backup = ?`)
    this.#attributes = db
      .prepare(`SELECT data FROM attribute WHERE id = ? AND length(data) <= ${maxTextLength}`)
      .pluck()
    this.#totals = db.prepare('SELECT bytes, files FROM backup WHERE number = ?')
  }

  owner(id: number): OwnerRow | undefined {
    return this.#owner.get(id) as OwnerRow | undefined
  }

  root(backup: number): TreeRootRow | undefined {
    return this.#root.get(backup) as TreeRootRow | undefined
  }

  /** In the catalog's form; undefined if there are none, or too many. */
  attributes(id: number): string | undefined {
    return this.#attributes.get(id) as string | undefined
  }

  totals(backup: number): { readonly bytes: number | null; readonly files: number | null } | undefined {
    return this.#totals.get(backup) as { bytes: number | null; files: number | null } | undefined
  }
}
