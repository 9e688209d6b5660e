/** Questions on the terminal: asked on stderr, answered on stdin. */

import os from 'node:os'
import readline from 'node:readline'
import { ButcherError, stopped } from '../errors.ts'

/** Whether there is somebody to ask. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** A place as it is typed, where no shell expands `~`. */
export const typedPlace = (answer: string): string =>
  answer === '~' || answer.startsWith('~/') ? os.homedir() + answer.slice(1) : answer

/** Asks for a line. Undefined at the end of the input. Rejects when `signal` aborts. */
export function askLine(question: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const lines = readline.createInterface({ input: process.stdin, terminal: false })
    let isAnswered = false
    const stop = (): void => {
      reject(stopped()) // before the line is closed, which counts as no answer
      lines.close()
    }
    lines.once('line', (line) => {
      isAnswered = true
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', stop)
      process.stdin.pause()
      if (!isAnswered && !signal.aborted) process.stderr.write('\n')
      resolve(undefined)
    })
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    process.stderr.write(question)
  })
}

const keys = {
  interrupt: 3,
  end: 4,
  backspace: 8,
  lineFeed: 10,
  carriageReturn: 13,
  clear: 21,
  eraseWord: 23,
  suspend: 26,
  quit: 28,
  delete: 127,
}

/** The terminal is raw, so it sends no signals itself. */
const signalOfKey = new Map<number, NodeJS.Signals>([
  [keys.suspend, 'SIGTSTP'],
  [keys.quit, 'SIGQUIT'],
])

/**
 * Asks for a line without showing it. Words typed ahead stay for the next question. Rejects when `signal`
 * aborts.
 */
export function askSecret(question: string, signal: AbortSignal): Promise<string> {
  return typed<string>((settle) => {
    let bytes: number[] = []
    const stop = (): void => settle(stopped())
    if (signal.aborted) stop()
    else process.stderr.write(question)
    signal.addEventListener('abort', stop, { once: true })
    return {
      ended: stop,
      continued: () => process.stderr.write(`\n${question}`),
      take: (data) => {
        for (const [at, byte] of data.entries()) {
          if (byte === keys.lineFeed || byte === keys.carriageReturn) {
            settle(Buffer.from(bytes).toString('utf8'))
            const rest = data.subarray(at + 1)
            if (rest.length > 0) process.stdin.unshift(rest)
            return
          }
          if (byte === keys.interrupt || (byte === keys.end && bytes.length === 0)) return stop()
          if (byte === keys.backspace || byte === keys.delete) bytes = withoutLastCharacter(bytes)
          else if (byte === keys.clear) bytes = []
          else if (byte === keys.eraseWord) bytes = withoutLastWord(bytes)
          else if (signalOfKey.has(byte)) sendSignal(signalOfKey.get(byte) as NodeJS.Signals)
          else if (byte !== keys.end) bytes.push(byte)
        }
      },
      done: () => {
        signal.removeEventListener('abort', stop)
        process.stderr.write('\n')
      },
    }
  })
}

/** A user who types pauses less. */
const pauseMs = 1000

/**
 * Drops the words typed ahead for a question that is not asked again, up to a pause or the end of the line. A
 * shell would run them, and keep them in its history.
 */
export function dropTyping(): Promise<void> {
  return typed<void>((settle) => {
    const end = (): void => settle()
    let pause = setTimeout(end, pauseMs)
    return {
      ended: end,
      take: (data) => {
        clearTimeout(pause)
        if ([keys.lineFeed, keys.carriageReturn, keys.interrupt].some((key) => data.includes(key)))
          return end()
        pause = setTimeout(end, pauseMs)
      },
      done: () => clearTimeout(pause),
    }
  })
}

interface Typist {
  readonly take: (data: Buffer) => void
  /** The terminal is gone. */
  readonly ended: () => void
  /** The process was suspended, and is in the foreground again. */
  readonly continued?: () => void
  readonly done: () => void
}

/** Gives the typed bytes to `typist`, and shows none, until it settles with an answer or an error. */
function typed<T>(begin: (settle: (answer: T | ButcherError) => void) => Typist): Promise<T> {
  const { stdin } = process
  return new Promise<T>((resolve, reject) => {
    let typist: Typist | undefined
    let isSettled = false
    const restore = (): void => void stdin.setRawMode(false)
    const settle = (answer: T | ButcherError): void => {
      if (isSettled) return
      isSettled = true
      if (typist) finish(typist)
      if (answer instanceof ButcherError) reject(answer)
      else resolve(answer)
    }
    const resume = (): void => {
      stdin.setRawMode(false) // what Node remembers is not what the shell has set
      stdin.setRawMode(true)
      typist?.continued?.()
    }
    const finish = ({ take, ended, done }: Typist): void => {
      stdin.off('data', take)
      stdin.off('end', ended)
      process.off('exit', restore)
      process.off('SIGCONT', resume)
      restore()
      stdin.pause()
      done()
    }
    stdin.setRawMode(true)
    process.on('SIGCONT', resume)
    process.on('exit', restore) // a second signal ends the process in the middle of a question
    typist = begin(settle)
    if (isSettled) return finish(typist)
    stdin.on('data', typist.take)
    stdin.on('end', typist.ended)
    stdin.resume()
  })
}

/** Sent to the whole job, with the terminal in the state that the shell wants. */
function sendSignal(signal: NodeJS.Signals): void {
  process.stdin.setRawMode(false)
  process.kill(0, signal)
}

function withoutLastWord(bytes: readonly number[]): number[] {
  const blank = ' '.charCodeAt(0)
  const end = bytes.findLastIndex((byte) => byte !== blank) + 1
  if (end === 0) return []
  return bytes.slice(0, bytes.lastIndexOf(blank, end - 1) + 1)
}

function withoutLastCharacter(bytes: readonly number[]): number[] {
  let end = bytes.length - 1
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.slice(0, Math.max(0, end))
}
