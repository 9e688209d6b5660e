/** Sources that cannot be read now. Their entries of the backup before stay, and none counts as deleted. */

import fs from 'node:fs'
import { hasCurrentBelow } from '../../catalog/recorded-sources.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import { pathForSystem, showPath } from '../../format/path-text.ts'
import { isFolderSource, type NamedSource, type SourceTree, topName } from '../../format/source-tree.ts'
import type { SourceProblem } from '../../ingest/source-entry.ts'

export class KeptSources {
  /** By name: the source and the reason. */
  readonly #sources = new Map<
    string,
    { readonly path: string; readonly why: string; files: number; entries: number }
  >()

  add({ name, path }: NamedSource, why: string): void {
    this.#sources.set(name, { path, why, files: 0, entries: 0 })
  }

  /** Adds folders that are empty and were not: a mount point without its disk looks like this. */
  addEmptied(db: Catalog, tree: SourceTree): void {
    if (typeof tree === 'string') return
    for (const source of tree.filter(isFolderSource)) {
      if (this.has(source.name) || !hasCurrentBelow(db, source.name)) continue
      if (fs.readdirSync(pathForSystem(source.path)).length === 0)
        this.add(source, 'is empty, and was not in the backup before: is its file system mounted?')
    }
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0
  }

  /** Whether the path is of such a source. */
  has(path: string): boolean {
    return this.#sources.size > 0 && this.#sources.has(topName(path))
  }

  /** Counts an entry that the backup before has of such a source. */
  count(path: string, isFile: boolean): void {
    const source = this.#sources.get(topName(path))
    if (!source) return
    source.entries++
    if (isFile) source.files++
  }

  get files(): number {
    return [...this.#sources.values()].reduce((sum, { files }) => sum + files, 0)
  }

  /** One for each source, after all files are counted. */
  problems(): SourceProblem[] {
    return [...this.#sources].map(([name, { path, why, files, entries }]) => {
      const stays = files === 0 ? 'it stays' : files === 1 ? 'its file stays' : `its ${files} files stay`
      const kept = entries === 0 ? 'this backup has nothing of it' : `${stays} as in the backup before`
      return { path: name, message: `the source ${showPath(path)} ${why}; ${kept}` }
    })
  }
}
