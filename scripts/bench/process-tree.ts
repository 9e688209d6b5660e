/** A process and all below it, as /proc shows them now. */

import { readFileSync, readdirSync } from 'node:fs'

export interface TreeProcess {
  /** The same number may be given to another process later, but not with the same start. */
  readonly key: string
  readonly cpuTicks: number
  readonly memoryBytes: number
}

interface Stat {
  readonly parent: number
  readonly cpuTicks: number
  readonly started: string
  readonly residentBytes: number
  /**
   * The address of its stack: a child that has its parent's is just being started, in the parent's memory.
   */
  readonly stack: string
}

const pageBytes = 4096

export function processTree(root: number): TreeProcess[] {
  const all = new Map<number, Stat>()
  for (const id of readdirSync('/proc')) {
    const stat = /^\d+$/.test(id) ? readStat(id) : undefined
    if (stat) all.set(Number(id), stat)
  }
  const tree: TreeProcess[] = []
  for (const [id, stat] of all) {
    let at = id
    while (at !== root && at > 1) at = all.get(at)?.parent ?? 0
    if (at !== root) continue
    const borrows = id !== root && all.get(stat.parent)?.stack === stat.stack
    const memoryBytes = borrows ? 0 : (proportionalBytes(id) ?? stat.residentBytes)
    tree.push({ key: `${id} ${stat.started}`, cpuTicks: stat.cpuTicks, memoryBytes })
  }
  return tree
}

function readStat(id: string): Stat | undefined {
  try {
    // pid (name) state ppid ...; the name may hold blanks and parentheses. Fields 14 and 15 are ticks in user
    // and system mode, 22 the start, 24 the resident pages, 28 the start of the stack.
    const stat = readFileSync(`/proc/${id}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return {
      parent: Number(fields[1]),
      cpuTicks: Number(fields[11]) + Number(fields[12]),
      started: fields[19] as string,
      residentBytes: Number(fields[21]) * pageBytes,
      stack: fields[25] as string,
    }
  } catch {
    return undefined // It has ended since.
  }
}

/**
 * The resident set, where each page that several processes share counts for each a part; if that may be read.
 */
function proportionalBytes(id: number): number | undefined {
  try {
    const kilobytes = /^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'latin1'))?.[1]
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024
  } catch {
    return undefined
  }
}
