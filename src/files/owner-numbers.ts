/** The numbers of users and groups by name, on this system. */

import { readAccounts } from './accounts.ts'

export interface OwnerNumbers {
  readonly user: (name: string) => number | undefined
  readonly group: (name: string) => number | undefined
}

/** Reads /etc/passwd and /etc/group once. */
export function ownerNumbers(): OwnerNumbers {
  const users = readNumbers('/etc/passwd')
  const groups = readNumbers('/etc/group')
  return { user: (name) => users.get(name), group: (name) => groups.get(name) }
}

const readNumbers = (file: string): ReadonlyMap<string, number> => new Map(readAccounts(file).toReversed())
