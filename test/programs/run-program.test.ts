/** Programs joined to butcher by pipes end when they are told to, whatever they wait for. */

import path from 'node:path'
import { execFileSync } from 'node:child_process'
import { afterEach, expect, test } from 'vitest'
import { throughProgram } from '../../src/programs/through-program.ts'
import { endOnAbort, endProgram, startFilter, startProgram } from '../../src/programs/run-program.ts'

const started: number[] = []
afterEach(() => {
  for (const pid of started.splice(0)) expect(isThere(pid)).toBe(false)
})

/** Whether a process of the group is left that does not only wait to be reaped. */
function isThere(group: number): boolean {
  const lines = execFileSync('ps', ['-eo', 'pgid=,stat='], { encoding: 'utf8' }).split('\n')
  return lines.some((line) => new RegExp(`^\\s*${group}\\s+[^Z]`).test(line))
}

async function bash(script: string): Promise<ReturnType<typeof startFilter>> {
  const child = startFilter('bash', ['-c', `${script}`])
  started.push(child.pid as number)
  child.stderr.resume()
  await new Promise((resolve) => child.stderr.once('data', resolve))
  return child
}

const closed = (child: ReturnType<typeof startFilter>): Promise<unknown> =>
  new Promise((resolve) => child.once('close', (status, signal) => resolve(signal ?? status)))

test('a program that waits for its input ends, as its pipe is closed', async () => {
  // As xorriso does: the signal is noted, and acted upon once the reader of its input is done.
  const child = await bash(
    `trap 'cat >/dev/null; exit 9' TERM; echo x >&2; while :; do read -r -t 1 _ || true; done`,
  )
  const close = closed(child)
  await endProgram(child)
  expect(await close).toBe(9)
})

test('a program that ignores the signal is killed after the grace, with all that it started', async () => {
  const child = await bash(`trap '' TERM; echo x >&2; while :; do sleep 100; done`)
  const close = closed(child)
  await endProgram(child, 50)
  expect(await close).toBe('SIGKILL')
})

test('what a wrapper started is ended with it, and keeps no pipe open', async () => {
  const child = await bash(`echo x >&2; sleep 100; sleep 100`)
  const close = closed(child)
  await endProgram(child)
  expect(await close).toBe('SIGTERM')
})

test('the child of a program that failed keeps nobody waiting', async () => {
  const child = startFilter('bash', ['-c', 'sleep 100 & exit 3'])
  started.push(child.pid as number)
  child.stdout.resume()
  child.stderr.resume()
  expect(await closed(child)).toBe(3)
})

test('a signal that aborted before the program began ends it, too', async () => {
  const child = startFilter('sleep', ['100000']) // unlike cat, it does not end with its input
  started.push(child.pid as number)
  const close = closed(child)
  endOnAbort(child, AbortSignal.abort())
  expect(await close).toBe('SIGTERM')
})

test('to end a program again, or one that is gone or never began, does nothing', async () => {
  const gone = startFilter('true', [])
  await new Promise((resolve) => gone.once('exit', resolve))
  await endProgram(gone)
  await endProgram(gone)
  const missing = startProgram(path.join(import.meta.dirname, 'nowhere'), [], { stdio: 'pipe' })
  await new Promise((resolve) => missing.once('error', resolve))
  await endProgram(missing)
})

test('a filter that gives nothing ends by the signal', async () => {
  const stop = new AbortController()
  const input = (async function* () {
    yield Buffer.from('x')
    setTimeout(() => stop.abort(), 50)
  })()
  const output = throughProgram('sleep', ['100'], input, 'bzip2', stop.signal)
  await expect(output.next()).rejects.toMatchObject({ code: 'aborted' })
})
