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
  /** All it said on stderr. */
  readonly told: string
}

/** Runs it to its end. Throws `program` where it cannot be started; `aborted` by `signal`. */
export async function runXorriso(args: readonly string[], signal?: AbortSignal): Promise<XorrisoResult> {
  throwIfAborted(signal)
  const child = spawnXorriso(args, ['ignore', 'pipe', 'pipe'])
  const done = endOnAbort(child, signal)
  try {
    const output: Buffer[] = []
    const told = listen(child)
    child.stdout?.on('data', (piece: Buffer) => void output.push(piece))
    const status = await ended(child)
    throwIfAborted(signal)
    return { status, output: Buffer.concat(output).toString('utf8'), told: told() }
  } finally {
    done()
  }
}

/** Resolves with the exit status, null of a process that was killed. */
export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new ButcherError('program', `xorriso cannot be started: ${cause.message}`, { cause })),
    )
    child.once('close', (status) => resolve(status))
  })

const keptCharacters = 64 * 1024

/** Collects what a process says on stderr, the end of it where it is much; each line goes to `onLine`, too. */
export function listen(child: ChildProcess, onLine: (line: string) => void = () => {}): () => string {
  let told = ''
  let rest = ''
  child.stderr?.setEncoding('utf8').on('data', (piece: string) => {
    told = (told + piece).slice(-keptCharacters)
    const lines = (rest + piece).split(/[\r\n]+/)
    rest = lines.pop() ?? ''
    lines.forEach(onLine)
  })
  return () => told
}

/** What was wrong, in its own words: the gravest of what it said, or its last line. */
export function troubleOf(told: string): string {
  const lines = told.split(/[\r\n]+/).filter((line) => line.trim() !== '')
  for (const severity of ['ABORT', 'FATAL', 'FAILURE', 'MISHAP', 'SORRY']) {
    const found = lines.find((line) => line.includes(`: ${severity} : `) && !line.includes('-return_with'))
    if (found !== undefined)
      return found.slice(found.indexOf(`: ${severity} : `) + severity.length + 5).trim()
  }
  return lines.at(-1)?.trim() ?? 'it said nothing'
}
