/** The numbers of users and groups by name, on this system. */

import fs from 'node:fs'

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

function readNumbers(file: string): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  let text = ''
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return numbers // a system without the file has numbers only
  }
  for (const line of text.split('\n')) {
    const [name, , number] = line.split(':')
    if (name && number && !numbers.has(name)) numbers.set(name, Number(number))
  }
  return numbers
}
