/** User and group names by number, read once from /etc/passwd and /etc/group. */

import fs from 'node:fs'

export interface OwnerNames {
  readonly user: (uid: number) => string | null
  readonly group: (gid: number) => string | null
}

export function ownerNames(): OwnerNames {
  const users = readNames('/etc/passwd')
  const groups = readNames('/etc/group')
  return { user: (uid) => users.get(uid) ?? null, group: (gid) => groups.get(gid) ?? null }
}

function readNames(file: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  let text = ''
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return names // a system without the file has numbers only
  }
  for (const line of text.split('\n')) {
    const [name, , number] = line.split(':')
    if (name && number && !names.has(Number(number))) names.set(Number(number), name)
  }
  return names
}
