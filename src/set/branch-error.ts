/** The message about a set with two branches. */

import { type History, lastCommonBackup } from '../catalog/branches.ts'
import { showNumbers } from '../catalog/resolve-backup.ts'
import { ButcherError } from '../errors.ts'
import { showPath } from '../format/path-text.ts'
import { showMilliseconds } from '../format/time-text.ts'

export interface Branch {
  /** The file of its catalog. */
  readonly origin: string
  readonly history: History
}

/** `branches`: two or more, each of which continued without the others. */
export function branchError(branches: readonly Branch[], hint = branchHint): ButcherError {
  const [first, ...rest] = branches as [Branch, ...Branch[]]
  const common = Math.min(...rest.map(({ history }) => lastCommonBackup(first.history, history)))
  const since = common === 0 ? '' : ` after backup ${common}`
  const each = branches.map((branch) => `${showPath(branch.origin)} has ${ownBackups(branch, common)}`)
  const message = `the set went on in ${branches.length} places${since}, and these are separate branches now: `
  return new ButcherError('catalog', message + each.join('; '), { path: first.origin, hint })
}

const branchHint =
  'give the places of one branch only, or choose the catalog of one by --index; a new destination keeps both apart'

function ownBackups({ history }: Branch, common: number): string {
  const own = [...history.backups].filter(([number]) => number > common)
  const [first] = own
  // Both continued a backup that had begun before the copy.
  if (first === undefined) return `other chunks of backup ${common}`
  const numbers = own.map(([number]) => number)
  const later = own.length > 1 ? ' and later' : ''
  return `backup ${showNumbers(numbers)} (${showMilliseconds(first[1])}${later})`
}
