/** Runs the command line with a library before libc that fails, kills or records its calls; see faults.c. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { program as butcher } from '../../cli/cli.ts'
import { program } from '../tree.ts'

export type Fault = 'enospc' | 'eio' | 'full' | 'gone' | 'kill' | 'kill-after'

export interface FaultOptions {
  /** Calls on what is below this folder are counted. */
  readonly below: string
  /** The number of the call, from 1, that the fault befalls. */
  readonly at?: number
  readonly fault?: Fault
  /** A folder for what every sync made durable. */
  readonly snapshots?: string
  readonly env?: Readonly<Record<string, string>>
}

export interface Call {
  readonly number: number
  readonly name: string
  /** What it answered; below 0 an error. */
  readonly answer: number
  readonly inode: number
  readonly path: string
  readonly other: string
}

export interface FaultRun {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  readonly calls: readonly Call[]
}

/**
 * Builds the library in `folder`; the answer runs `butcher` with it. `words`: how it is started, if not from
 * its sources.
 */
export function buildFaults(
  folder: string,
  words: readonly string[] = butcher,
): (args: readonly string[], options: FaultOptions) => FaultRun {
  const library = path.join(folder, 'faults.so')
  const source = path.join(import.meta.dirname, 'faults.c')
  program('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-shared', '-fPIC', '-o', library, source, '-ldl'])
  const log = path.join(folder, 'calls.log')
  return (args, { below, at, fault, snapshots, env }) => {
    fs.rmSync(log, { force: true })
    const { BUTCHER_PASSPHRASE: _, ...rest } = process.env
    const [command, ...before] = words as [string, ...string[]]
    const { status, signal, stdout, stderr } = spawnSync(command, [...before, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 1_200_000,
      env: {
        ...rest,
        UV_USE_IO_URING: '0',
        LD_PRELOAD: library,
        FAULTS_BELOW: below,
        FAULTS_LOG: log,
        ...(at === undefined ? {} : { FAULTS_AT: String(at) }),
        ...(fault === undefined ? {} : { FAULTS_DO: fault }),
        ...(snapshots === undefined ? {} : { FAULTS_SNAPSHOTS: snapshots }),
        ...env,
      },
    })
    return { status, signal, stdout, stderr, calls: readCalls(log) }
  }
}

function readCalls(log: string): Call[] {
  if (!fs.existsSync(log)) return []
  const calls = fs
    .readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [number, name, answer, inode, where, other] = line.split('\t') as [
        string, string, string, string, string, string,
      ] // prettier-ignore
      return {
        number: Number(number),
        name,
        answer: Number(answer),
        inode: Number(inode),
        path: where,
        other,
      }
    })
  return calls.sort((a, b) => a.number - b.number)
}
