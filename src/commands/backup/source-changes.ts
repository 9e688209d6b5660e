/** Warns if the paths of a backup begin otherwise than those of the backup before. */

import { backupRows } from '../../catalog/set-rows.ts'
import type { Catalog } from '../../catalog/working-catalog.ts'
import type { Report } from '../../events.ts'
import { pathFromCatalog, showPath } from '../../format/path-text.ts'
import { shellWord } from '../../format/shell-word.ts'
import { type NamedSource, sourceOfText, type SourceTree } from '../../format/source-tree.ts'

/** Call it before the backup begins. */
export function warnOfPaths(db: Catalog, source: SourceTree, report: Report): void {
  const last = backupRows(db).at(-1)?.source
  if (last == null || last.length === 0) return
  const before = sourceOfText(pathFromCatalog(last))
  for (const message of pathChanges(before, source)) report({ type: 'warning', kind: 'other', message })
}

const stored = 'each path counts as deleted and new; content is not stored again'

function pathChanges(before: SourceTree, now: SourceTree): string[] {
  if (typeof before === 'string')
    return typeof now === 'string'
      ? []
      : [
          `paths begin with the name of their source now, unlike in the backup before: ${stored}, and patterns with a slash look at the whole path`,
        ]
  if (typeof now === 'string') return [unnamedText(before, now)]
  const names = new Set(now.map(({ name }) => name))
  return before
    .filter(({ name }) => !names.has(name))
    .map(({ name }) => `${showPath(name)} is no longer a source: its files count as deleted`)
}

function unnamedText(before: readonly NamedSource[], now: string): string {
  const { name } = before.find(({ path }) => path === now) ?? { name: undefined }
  const wayOut = name === undefined ? '--as and the name' : `--as ${shellWord(name)}`
  return `paths no longer begin with the name of their source, unlike in the backup before: ${stored} (to keep the name: ${wayOut})`
}
