/**
 * Starts other programs, and ends them. A program that is told to stop may wait for a pipe that butcher holds, ignore the
 * signal, or leave a child behind that keeps a pipe open. So the pipes are closed, the whole process group is signalled,
 * and after a grace it is killed.
 */

import type { ChildProcess, ChildProcessWithoutNullStreams, SpawnOptions } from 'node:child_process'
import { spawn } from 'node:child_process'
import { stopped } from '../errors.ts'
import { programEnvironment } from './environment.ts'

/** How long a program may take to stop by itself. */
const graceMs = 3000
/** How long a pipe may stay open after the program is gone: another process has it then. */
const pipeGraceMs = 500

/** The programs of this thread that run. */
const running = new Set<ChildProcess>()

/** Set in a thread whose run is stopped. */
let isStopping = false

const endings = new WeakMap<ChildProcess, Promise<void>>()

/** In a process group of its own: Control-C on the terminal does not reach it, butcher decides what it does. */
export function startProgram(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  if (isStopping) throw stopped()
  if (running.size === 0) process.on('exit', killAll)
  const child = spawn(program, args, { env: programEnvironment(), ...options, detached: true })
  running.add(child)
  // Without a listener, writing to a program that is gone would end butcher; its exit status tells.
  child.stdin?.on('error', () => {})
  const forget = (): void => {
    if (running.delete(child) && running.size === 0) process.off('exit', killAll)
  }
  child.once('error', forget)
  child.once('exit', (status) => {
    forget()
    // What a program that failed has started holds its pipes, and is of no use.
    if (status !== 0) signalGroup(child, 'SIGKILL')
  })
  return child
}

/** A program that makes its output of its input. */
export const startFilter = (program: string, args: readonly string[]): ChildProcessWithoutNullStreams =>
  startProgram(program, args, { stdio: ['pipe', 'pipe', 'pipe'] }) as ChildProcessWithoutNullStreams

/** Closes its pipes and ends it, if it still runs. Resolves once it is gone. Again does nothing. */
export function endProgram(child: ChildProcess, patienceMs = graceMs): Promise<void> {
  const known = endings.get(child)
  if (known) return known
  const ending = end(child, patienceMs)
  endings.set(child, ending)
  return ending
}

export const wasEnded = (child: ChildProcess): boolean => endings.has(child)

/** Ends the program when `signal` aborts, or at once if it is aborted. Call the answer when the program is done. */
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

/** Ends all programs of this thread, and lets it start no other: for a worker thread whose run is stopped. */
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
    // none of them is left
  }
}
