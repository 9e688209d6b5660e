/** What a restore writes, and where: from a wish of the page to calls of `butcher restore`. */

import path from 'node:path'
import { backupCall } from '../jobs/backup-call.ts'
import { readDefinitions } from '../jobs/configuration.ts'
import { choice, type Fields, list, needed, type Kind, whole, text } from '../options/check-fields.ts'
import { wrongRequest } from './api-error.ts'
import { existing } from './existing-definition.ts'
import { pathIn } from './path-in.ts'

export interface RestoreWish {
  readonly job: string
  readonly backup: number
  /** Relative to the source; empty: all. */
  readonly paths: readonly string[]
  /** null: where they came from. */
  readonly target: string | null
  readonly conflicts: 'keep' | 'replace' | 'beside'
}

const aTarget: Kind = {
  expected: 'an absolute path, or null',
  fits: (value) =>
    value === null || (typeof value === 'string' && path.isAbsolute(value) && !value.includes('\0')),
}

export const wishFields: Fields<RestoreWish> = {
  job: needed(text),
  backup: needed(whole),
  paths: needed(list(text)),
  target: needed(aTarget),
  conflicts: needed(choice('keep', 'replace', 'beside')),
}

/** One call of `butcher restore`. */
export interface RestorePart {
  readonly target: string
  /** The options before the places. */
  readonly options: readonly string[]
}

/** Throws `usage` if the backup has several sources and they cannot go back where they came from. */
export function partsOf(wish: RestoreWish): readonly RestorePart[] {
  const paths = wish.paths.map(pathIn).filter((one) => one !== '')
  const beside = (target: string): string =>
    wish.conflicts === 'beside' ? `${target.replace(/\/+$/, '')}.backup-${wish.backup}` : target
  const options = [
    '--forgotten',
    `--at=${wish.backup}`,
    ...(wish.conflicts === 'replace' ? ['--overwrite'] : []),
  ]
  const part = (target: string, chosen: readonly string[]): RestorePart => ({
    target: beside(target),
    options: [...options, ...chosen.map((one) => `--include=${patternOf(one)}`)],
  })
  if (wish.target !== null) return [part(wish.target, paths)]
  const all = readDefinitions()
  const { sources } = backupCall(existing(all, 'job', wish.job), all)
  const [only] = sources
  if (only && sources.length === 1 && isOfOnePath(wish.job)) return [part(only.path, paths)]
  return sources.flatMap(({ path: source, name }) => {
    const chosen =
      paths.length === 0 ? [name] : paths.filter((one) => one === name || one.startsWith(`${name}/`))
    if (chosen.length === 0) return []
    if (path.basename(source) !== name)
      throw wrongRequest(`'${name}' is stored under another name than its folder ${source}`, {
        field: 'target',
        hint: 'choose a folder to restore into',
      })
    return [part(path.dirname(source), chosen)]
  })
}

/** A backup of one item has paths without the name of their source. */
function isOfOnePath(job: string): boolean {
  const all = readDefinitions()
  return existing(all, 'job', job).target_type === 'item'
}

/** A path as a pattern of gitignore that matches nothing else. */
const patternOf = (one: string): string =>
  `/${one.replace(/[\\*?[\]]/g, '\\$&').replace(/ +$/, (blanks) => '\\ '.repeat(blanks.length))}`
