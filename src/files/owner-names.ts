/** User and group names by number, read once from /etc/passwd and /etc/group. */

import { readAccounts } from './accounts.ts'

export interface OwnerNames {
  readonly user: (uid: number) => string | null
  readonly group: (gid: number) => string | null
}

export function ownerNames(): OwnerNames {
  const users = readNames('/etc/passwd')
  const groups = readNames('/etc/group')
  return { user: (uid) => users.get(uid) ?? null, group: (gid) => groups.get(gid) ?? null }
}

const readNames = (file: string): ReadonlyMap<number, string> =>
  new Map(
    readAccounts(file)
      .toReversed()
      .map(([name, number]) => [number, name]),
  )
