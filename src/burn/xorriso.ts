/** Runs xorriso, which makes images and burns them. */

import type { ChildProcess, StdioOptions } from 'node:child_process'
import { ButcherError, throwIfAborted } from '../errors.ts'
import { programEnvironment } from '../programs/environment.ts'
import { findProgram } from '../programs/find-program.ts'
import { endOnAbort, startProgram } from '../programs/run-program.ts'

/** The path of xorriso. Throws `program` where it is not installed. */
export function findXorriso(): string {
  const program = findProgram('xorriso')
  if (program !== undefined) return program
  throw new ButcherError('program', 'xorriso is missing, which makes images and burns discs', {
    hint: 'on Debian: apt-get install xorriso',
  })
}

/** Without the user's startup files, wherever xorriso looks for them. */
const environment = (): NodeJS.ProcessEnv => programEnvironment({ HOME: '/dev/null', MKISOFSRC: '/dev/null' })

export const spawnXorriso = (args: readonly string[], stdio: StdioOptions): ChildProcess =>
  startProgram(findXorriso(), args, { stdio, env: environment(), cwd: '/' })

export interface XorrisoResult {
  readonly status: number | null
  readonly output: string
  /** All output on stderr. */
  readonly stderr: string
}

/** Runs xorriso to its end. Throws `program` if it cannot be started, `aborted` on `signal`. */
export async function runXorriso(args: readonly string[], signal?: AbortSignal): Promise<XorrisoResult> {
  throwIfAborted(signal)
  const child = spawnXorriso(args, ['ignore', 'pipe', 'pipe'])
  const done = endOnAbort(child, signal)
  try {
    const output: Buffer[] = []
    const stderr = collectStderr(child)
    child.stdout?.on('data', (piece: Buffer) => void output.push(piece))
    const status = await exitStatus(child)
    throwIfAborted(signal)
    return { status, output: Buffer.concat(output).toString('utf8'), stderr: stderr() }
  } finally {
    done()
  }
}

/** Resolves with the exit status; null if the process was killed. */
export const exitStatus = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new ButcherError('program', `xorriso cannot be started: ${cause.message}`, { cause })),
    )
    child.once('close', (status) => resolve(status))
  })

const keptCharacters = 64 * 1024

/** Collects the stderr of a process, or only its end if it is long. `onLine` gets each line. */
export function collectStderr(child: ChildProcess, onLine: (line: string) => void = () => {}): () => string {
  let stderr = ''
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    stderr = (stderr + piece).slice(-keptCharacters)
    const lines = (rest + piece).split(/[\r\n]+/)
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  })
  return () => stderr
}

/** The cause in xorriso's own words: the gravest message, or the last line. */
export function faultIn(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  for (const severity of ['ABORT', 'FATAL', 'FAILURE', 'MISHAP', 'SORRY']) {
    const found = lines.find((line) => line.includes(`: ${severity} : `) && !line.includes('-return_with'))
    if (found !== undefined)
      return found.slice(found.indexOf(`: ${severity} : `) + severity.length + 5).trim()
  }
  return lines.at(-1)?.trim() ?? 'it said nothing'
}
