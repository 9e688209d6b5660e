/** Calls butcher as an ordinary user, which only root can do. */

import { program as butcher } from '../cli/cli.ts'
import { needsRoot } from './needs-root.ts'
import { type ProgramRun, tryProgram } from './tree.ts'

/** `nobody` and `nogroup` of Debian. */
export const ordinaryUser = 65_534

/** The groups are further ones that the user is in. */
export function asOrdinaryUser(args: readonly string[], groups: readonly number[] = []): ProgramRun {
  needsRoot('becomes another user')
  const inGroups = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups'
  const user = [`--reuid=${ordinaryUser}`, `--regid=${ordinaryUser}`, inGroups]
  return tryProgram('setpriv', [...user, '--', 'env', 'HOME=/tmp', ...butcher, ...args])
}
