/**
 * node scripts/peak-memory.ts COMMAND ARGUMENT...: runs the command and tells on stderr how much memory it
 * and all processes below it had at most: the sum of their resident sets, every 50 ms. What two processes
 * share (libraries) counts twice, so the true figure is rather smaller.
 */

import { spawn } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

const sampleMs = 50
const pageBytes = 4096

interface Process {
  readonly parent: number
  readonly name: string
  readonly residentBytes: number
  /**
   * The address of its stack: a child that has its parent's is just being started, in the parent's memory.
   */
  readonly stack: string
}

/** All processes, by id. */
function processes(): Map<number, Process> {
  const found = new Map<number, Process>()
  for (const id of readdirSync('/proc')) {
    if (!/^\d+$/.test(id)) continue
    try {
      // pid (name) state ppid ...; the name may hold blanks and parentheses. Field 24 is the resident set, in
      // pages, field 28 the start of the stack.
      const stat = readFileSync(`/proc/${id}/stat`, 'latin1')
      const end = stat.lastIndexOf(')')
      const fields = stat.slice(end + 2).split(' ')
      found.set(Number(id), {
        parent: Number(fields[1]),
        name: stat.slice(stat.indexOf('(') + 1, end),
        residentBytes: Number(fields[21]) * pageBytes,
        stack: fields[25] as string,
      })
    } catch {
      // It has ended since.
    }
  }
  return found
}

function treeOf(root: number): Process[] {
  const all = processes()
  const tree: Process[] = []
  for (const [id, process] of all) {
    let at = id
    while (at !== root && at > 1) at = all.get(at)?.parent ?? 0
    if (at === root && all.get(process.parent)?.stack !== process.stack) tree.push(process)
  }
  return tree
}

const [command, ...args] = process.argv.slice(2)
if (command === undefined) throw new Error('usage: peak-memory.ts COMMAND ARGUMENT...')
const started = performance.now()
const child = spawn(command, args, { stdio: 'inherit' })

let peakBytes = 0
let peakTree: Process[] = []
const timer = setInterval(() => {
  const tree = treeOf(child.pid as number)
  const bytes = tree.reduce((sum, { residentBytes }) => sum + residentBytes, 0)
  if (bytes > peakBytes) [peakBytes, peakTree] = [bytes, tree]
}, sampleMs)

child.on('error', (error) => {
  clearInterval(timer)
  console.error(error.message)
  process.exitCode = 1
})
child.on('exit', (code) => {
  clearInterval(timer)
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0)
  const parts = peakTree.map(({ name, residentBytes }) => `${name} ${megabytes(residentBytes)}`).join(', ')
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.error(`peak ${megabytes(peakBytes)} MB (${parts}), ${seconds} s`)
  process.exitCode = code ?? 1
})
