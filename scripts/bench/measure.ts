/**
 * Runs a script and measures it. The CPU time is what the system counted (wait4, by GNU time) for the process
 * and all below it that somebody waited for, or, where that is more, what was seen of all processes while
 * they ran. The memory is the sum of all processes at one moment, of which as many are looked at as take 2 %
 * of one core.
 */

import { spawn } from 'node:child_process'
import { openSync, closeSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { prelude } from './contestants.ts'
import type { Measured } from './figures.ts'
import { processTree } from './process-tree.ts'

export interface Place {
  readonly environment: NodeJS.ProcessEnv
  /** Where the log of the last script and its times are written. */
  readonly folder: string
}

const leastPauseMs = 50
const samplingShare = 0.02
const ticksASecond = 100

/** Throws an Error with the end of what the script said where it fails. */
export async function measure(script: string, place: Place): Promise<Omit<Measured, 'storedBytes'>> {
  const times = path.join(place.folder, 'times')
  const command = ['-f', '%U %S', '-o', times, 'bash', '-c', prelude + script]
  const watch = new Watch()
  const busyBefore = busySeconds()
  const begun = performance.now()
  await finished('time', command, place, (id) => watch.begin(id)).finally(() => watch.end())
  const wallSeconds = (performance.now() - begun) / 1000
  const busy = busySeconds() - busyBefore
  const [user, system] = readFileSync(times, 'utf8').trim().split(' ').map(Number) as [number, number]
  const cpuSeconds = Math.max(user + system, watch.cpuSeconds())
  return {
    wallSeconds,
    cpuSeconds,
    peakBytes: watch.peakBytes,
    othersSeconds: Math.max(0, busy - cpuSeconds),
  }
}

/**
 * How long all cores together were busy since the machine started (proc(5): the fields of the first line of
 * /proc/stat).
 */
function busySeconds(): number {
  const fields = readFileSync('/proc/stat', 'latin1').split('\n')[0]?.trim().split(/ +/).slice(1).map(Number)
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields ?? []
  return (user + nice + system + irq + softirq + steal) / ticksASecond
}

/** The same without a measurement. */
export const runScript = (script: string, place: Place): Promise<void> =>
  finished('bash', ['-c', prelude + script], place)

class Watch {
  peakBytes = 0
  readonly #ticks = new Map<string, number>()
  #timer: NodeJS.Timeout | undefined

  begin(id: number): void {
    const look = (): void => {
      const before = process.cpuUsage()
      const tree = processTree(id)
      for (const { key, cpuTicks } of tree) this.#ticks.set(key, cpuTicks)
      const bytes = tree.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0)
      this.peakBytes = Math.max(this.peakBytes, bytes)
      const { user, system } = process.cpuUsage(before)
      const spentMs = (user + system) / 1000
      this.#timer = setTimeout(look, Math.max(leastPauseMs, spentMs / samplingShare))
    }
    look()
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  cpuSeconds(): number {
    let ticks = 0
    for (const each of this.#ticks.values()) ticks += each
    return ticks / ticksASecond
  }
}

function finished(
  program: string,
  args: readonly string[],
  { environment, folder }: Place,
  onStart?: (id: number) => void,
): Promise<void> {
  const logFile = path.join(folder, 'log')
  const log = openSync(logFile, 'w')
  const child = spawn(program, args, { env: environment, cwd: folder, stdio: ['ignore', log, log] })
  closeSync(log)
  if (child.pid !== undefined) onStart?.(child.pid)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      if (code === 0) return resolve()
      reject(new Error(`it failed (${code}): ${readFileSync(logFile, 'utf8').trim().slice(-2000)}`))
    })
  })
}
