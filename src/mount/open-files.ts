/**
 * The open files of a mount. Their reads go to the thread that reads contents, with the place of each
 * content.
 */

import { constants } from 'node:os'
import type Database from 'better-sqlite3'
import type { TreeRow } from '../catalog/tree-rows.ts'
import { showPath } from '../format/path-text.ts'
import { type Failure, later, type Pending } from '../fuse/tree.ts'
import { ContentLookup, type PiecedContent } from './content-facts-of.ts'
import type { ContentRequest } from './messages.ts'

const { EIO } = constants.errno

export interface OpenFilesOptions {
  readonly db: Database.Database
  readonly send: (request: ContentRequest) => void
  readonly log: (line: string) => void
}

export class OpenFiles {
  readonly #options: OpenFilesOptions
  readonly #contents: ContentLookup
  readonly #pieced = new Map<number, PiecedContent>()
  #lastHandle = 0

  constructor(options: OpenFilesOptions) {
    this.#options = options
    this.#contents = new ContentLookup(options.db)
  }

  /** A handle, for a file of `backup`. */
  open({ path, content: id, member }: TreeRow, backup: number): number | Failure {
    const content = id === null ? undefined : this.#contents.find(id, member ?? path)
    if (content === undefined) {
      this.#options.log(`${showPath(path)}: backup ${backup} does not have its content`)
      return -EIO
    }
    const handle = ++this.#lastHandle
    const isPieced = 'inPieces' in content
    if (isPieced) this.#pieced.set(handle, content)
    this.#options.send({ type: 'open', handle, file: { path, content: isPieced ? undefined : content } })
    return handle
  }

  close(handle: number): void {
    this.#pieced.delete(handle)
    this.#options.send({ type: 'close', handle })
  }

  read(handle: number, offset: number, bytes: number, pending: Pending): Failure | typeof later {
    const pieced = this.#pieced.get(handle)
    const content = pieced && this.#contents.between(pieced, offset, bytes)
    if (pieced && content === undefined) {
      this.#options.log(`content ${pieced.inPieces.id}: the catalog lacks a piece of it`)
      return -EIO
    }
    this.#options.send({ type: 'read', handle, offset, bytes, pending, ...(content && { content }) })
    return later
  }
}
