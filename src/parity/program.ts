/** Runs par2: par2cmdline, or its turbo fork, which has the same command line. */

import fs from 'node:fs'
import path from 'node:path'
import { ButcherError, stopped, throwIfAborted } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { runFilter } from '../programs/run-filter.ts'
import { endOnAbort, startProgram } from '../programs/run-program.ts'
import type { ParityLayout } from './plan.ts'

/** par2's memory for recovery blocks. If they need more, it reads the data several times. */
const memoryMegabytes = 256

/** The program's path. Throws `program` if it is not installed. */
export function par2Program(): string {
  const found = findProgram('par2')
  if (found !== undefined) return found
  throw new ButcherError('program', 'a repair needs the program par2, which is not installed', {
    hint: 'install it (on Debian the package par2)',
  })
}

export interface Par2Run {
  readonly jobs: number
  /** The completed share of the work, from 0 to 1. */
  readonly onShare?: (share: number) => void
  readonly signal?: AbortSignal | undefined
}

export interface Par2Answer {
  readonly status: number
  /** Its output without the percentages. */
  readonly text: string
}

/**
 * Makes a set as `createSet` does, if par2cmdline-turbo is installed: on one core it takes a third of the
 * time. False if it is not installed, and then nothing was written. Throws `program`, `aborted`.
 */
export async function createByTurbo(
  set: string,
  base: string,
  files: readonly string[],
  { blockBytes, recoveryBlocks }: Pick<ParityLayout, 'blockBytes' | 'recoveryBlocks'>,
  run: Par2Run,
): Promise<boolean> {
  const program = findProgram('par2')
  if (program === undefined || !(await isTurbo(program))) return false
  const options = [`-s${blockBytes}`, `-c${recoveryBlocks}`, '-n1']
  const { status, text } = await par2('create', options, { base, set, files }, run)
  if (status !== 0) throw failed('make parity', text)
  return true
}

const isTurbo = async (program: string): Promise<boolean> =>
  /turbo/i.test((await runFilter(program, ['-V'], new Uint8Array(0)).catch(() => Buffer.alloc(0))).toString())

export interface RepairWork {
  /** Files that may also contain blocks. */
  readonly extras: readonly string[]
  /** The places where par2 searches a damaged file: any byte, or only the beginnings of blocks. */
  readonly search: 'anywhere' | 'in place'
}

/** Repairs the files of `set` below `base`. Status 0: all files are correct now. */
export const repairSet = (
  set: string,
  base: string,
  { extras, search }: RepairWork,
  run: Par2Run,
): Promise<Par2Answer> =>
  par2('repair', search === 'in place' ? ['-N'] : [], { base, set, files: extras }, run)

const failed = (doing: string, text: string): ButcherError =>
  new ButcherError(
    'program',
    `par2 cannot ${doing}: ${text.trim().split('\n').at(-1) ?? 'it does not say why'}`,
  )

/** The characters of output to keep: a disc of 30,000 files makes a line for each. */
const keptCharacters = 20_000

interface Par2Files {
  readonly base: string
  readonly set: string
  /** Relative to `base`, or absolute. */
  readonly files: readonly string[]
}

/**
 * par2 runs in the set's folder, because it refuses a set whose path has a wildcard. It resolves symlinks in
 * the paths of files but not in `-B`, so all paths here are real ones. `?` and `*` are wildcards only in the
 * last name of a path.
 */
function fileWords({ base, set, files }: Par2Files): string[] {
  const real = fs.realpathSync(base)
  return [`-B${real}`, '--', path.basename(set), ...files.map((file) => path.resolve(real, file))]
}

async function par2(
  verb: 'create' | 'repair',
  words: readonly string[],
  where: Par2Files,
  { jobs, onShare, signal }: Par2Run,
): Promise<Par2Answer> {
  const program = par2Program()
  throwIfAborted(signal)
  const found = fileWords(where)
  return await new Promise((resolve, reject) => {
    const options = [verb, ...words, `-m${memoryMegabytes}`, `-t${jobs}`, ...found]
    const folder = path.dirname(where.set)
    const child = startProgram(program, options, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const done = endOnAbort(child, signal)
    let text = ''
    const onOutput = (data: Buffer): void => {
      const said = data.toString('latin1')
      const share = /(?:Processing|Scanning|Repairing): (\d+(?:\.\d+)?)%[^%]*$/.exec(said)
      if (share) onShare?.(Number(share[1]) / 100)
      text = (text + said.replace(/[A-Z][a-z]+: (?:\d+\.\d%|done\.)\r?/g, '')).slice(-keptCharacters)
    }
    child.stdout?.on('data', onOutput)
    child.stderr?.on('data', onOutput)
    child.on('error', (cause) => reject(new ButcherError('program', `cannot run ${program}`, { cause })))
    child.on('close', (status, by) => {
      done()
      if (signal?.aborted) reject(stopped())
      else if (status === null) reject(new ButcherError('program', `par2 was ended by ${by}`))
      else resolve({ status, text: text.replace(/\r/g, '\n') })
    })
  })
}
