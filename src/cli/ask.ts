/** Questions on the terminal: asked on stderr, answered on stdin. */

import readline from 'node:readline'
import { stopped } from '../errors.ts'

/** Whether there is somebody to ask. */
export const canAsk = (): boolean => process.stdin.isTTY && process.stderr.isTTY

/** Asks for a line; undefined where there is none to come. Rejects when `signal` aborts. */
export function askLine(question: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const lines = readline.createInterface({ input: process.stdin, terminal: false })
    const stop = (): void => {
      reject(stopped()) // before the line is closed, which counts as no answer
      lines.close()
    }
    lines.once('line', (line) => {
      resolve(line)
      lines.close()
    })
    lines.once('close', () => {
      signal.removeEventListener('abort', stop)
      process.stdin.pause()
      resolve(undefined)
    })
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    process.stderr.write(question)
  })
}

const keys = { interrupt: 3, end: 4, backspace: 8, lineFeed: 10, carriageReturn: 13, clear: 21, delete: 127 }

/** Asks for a line that is not shown. What is typed ahead stays for the next question. */
export function askSecret(question: string): Promise<string> {
  const { stdin, stderr } = process
  return new Promise((resolve, reject) => {
    let bytes: number[] = []
    const finish = (settle: () => void): void => {
      stdin.off('data', take)
      stdin.off('end', ended)
      stdin.setRawMode(false)
      stdin.pause()
      stderr.write('\n')
      settle()
    }
    const ended = (): void => finish(() => reject(stopped()))
    const take = (data: Buffer): void => {
      for (const [at, byte] of data.entries()) {
        if (byte === keys.lineFeed || byte === keys.carriageReturn) {
          const rest = data.subarray(at + 1)
          finish(() => resolve(Buffer.from(bytes).toString('utf8')))
          if (rest.length > 0) stdin.unshift(rest)
          return
        }
        if (byte === keys.interrupt || (byte === keys.end && bytes.length === 0)) return ended()
        if (byte === keys.backspace || byte === keys.delete) bytes = withoutLastCharacter(bytes)
        else if (byte === keys.clear) bytes = []
        else if (byte !== keys.end) bytes.push(byte)
      }
    }
    stdin.setRawMode(true)
    stderr.write(question)
    stdin.on('data', take)
    stdin.on('end', ended)
    stdin.resume()
  })
}

function withoutLastCharacter(bytes: readonly number[]): number[] {
  let end = bytes.length - 1
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--
  return bytes.slice(0, Math.max(0, end))
}
