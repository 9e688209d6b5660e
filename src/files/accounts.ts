/** The users or groups of this system. */

import fs from 'node:fs'

/** Pairs of name and number, of /etc/passwd or /etc/group. The first line of a name or number counts. */
export function readAccounts(file: string): readonly (readonly [name: string, number: number])[] {
  let text = ''
  try {
    text = fs.readFileSync(file, 'utf8')
  } catch {
    return [] // a system without the file has numbers only
  }
  return text.split('\n').flatMap((line) => {
    const [name, , number] = line.split(':')
    return name && number ? [[name, Number(number)] as const] : []
  })
}
