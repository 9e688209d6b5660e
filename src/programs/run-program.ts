/**
 * Starts other programs, and ends them. A stopping program may wait for a pipe that butcher holds, or ignore
 * the signal. Or it leaves a child behind that keeps a pipe open. So butcher closes the pipes, signals the
 * whole process group, and kills it after a grace period.
 */

import type { ChildProcess, ChildProcessWithoutNullStreams, SpawnOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { stopped } from '../errors.ts'
import { programEnvironment } from './environment.ts'

/** Time for a program to stop by itself. */
const graceMs = 3000
/** Time for a pipe to close after the program has ended: another process may hold it. */
const pipeGraceMs = 500

/** The running programs of this thread. */
const running = new Set<ChildProcess>()

/** True in a thread whose run is stopped. */
let isStopping = false

const endings = new WeakMap<ChildProcess, Promise<void>>()

/** In its own process group: Control-C on the terminal does not reach it, so butcher decides. */
export function startProgram(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (isStopping) throw stopped()
  if (running.size === 0) process.on('exit', killAll)
  const child = spawn(program, args, { env: programEnvironment(), ...options, detached: true })
  running.add(child)
  // Without a listener, writing to an ended program would end butcher. The exit status shows the failure.
  child.stdin?.on('error', () => {})
  const forget = (): void => {
    if (running.delete(child) && running.size === 0) process.off('exit', killAll)
  }
  child.once('error', forget)
  child.once('exit', (status) => {
    forget()
    // The children of a failed program hold its pipes, and are useless.
    if (status !== 0) signalGroup(child, 'SIGKILL')
  })
  return child
}

/** A program that turns its input into its output. */
export const startFilter = (program: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
  startProgram(program, args, { stdio: ['pipe', 'pipe', 'pipe'] }) as ChildProcessWithoutNullStreams

/**
 * Closes the pipes, and ends the program if it still runs. Resolves once it has ended. Safe to call twice.
 */
export function endProgram(child: ChildProcess, patienceMs = graceMs): Promise<void> {
  const known = endings.get(child)
  if (known) return known
  const ending = end(child, patienceMs)
  endings.set(child, ending)
  return ending
}

export const wasEnded = (child: ChildProcess): boolean => endings.has(child)

/** Its exit status, or the name of the signal that ended it. Rejects if it cannot be started. */
export const programEnd = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signalName) => resolve(status ?? signalName ?? 0))
  })

/** An end in words. */
export const endText = (ended: number | string): string =>
  typeof ended === 'number' ? `status ${ended}` : `the signal ${ended}`

/** Ends the program once `signal` aborts. Call the returned function when the program is done. */
export function endOnAbort(
  child: ChildProcess,
  signal: AbortSignal | undefined,
  patienceMs = graceMs,
): () => void {
  const stop = (): void => void endProgram(child, patienceMs)
  if (signal?.aborted) stop()
  signal?.addEventListener('abort', stop, { once: true })
  return () => signal?.removeEventListener('abort', stop)
}

/** Ends all programs of this thread and prevents new ones: for a worker thread whose run is stopped. */
export async function endPrograms(): Promise<void> {
  isStopping = true
  await Promise.all([...running].map((child) => endProgram(child)))
}

function end(child: ChildProcess, patienceMs: number): Promise<void> {
  const closePipes = (): void => {
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe?.destroy()
  }
  child.stdin?.destroy()
  child.stdout?.destroy()
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
    setTimeout(closePipes, pipeGraceMs).unref()
    return Promise.resolve()
  }
  return new Promise((resolve) => {
    const kill = setTimeout(() => signalGroup(child, 'SIGKILL'), patienceMs)
    child.once('exit', () => {
      clearTimeout(kill)
      signalGroup(child, 'SIGKILL')
      setTimeout(closePipes, pipeGraceMs).unref()
      resolve()
    })
    signalGroup(child, 'SIGTERM')
  })
}

function killAll(): void {
  for (const child of running) signalGroup(child, 'SIGKILL')
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // None of them is left.
  }
}
