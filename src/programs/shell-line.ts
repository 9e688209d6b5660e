import { ButcherError, stopped, throwIfAborted } from '../errors.ts'
import { endOnAbort, endProgram, endText, programEnd, startProgram, wasEnded } from './run-program.ts'

/** A useful line is never longer. */
const mostBytes = 65_536

/**
 * The first line that a user's shell command writes, without its newline. The command gets the user's
 * environment and terminal, because it may prompt. Throws `program` if it fails, or writes too much.
 */
export async function shellLine(command: string, signal: AbortSignal | undefined): Promise<Buffer> {
  throwIfAborted(signal)
  const child = startProgram('/bin/sh', ['-c', command], {
    env: process.env,
    stdio: ['inherit', 'pipe', 'inherit'],
  })
  const done = endOnAbort(child, signal)
  const pieces: Buffer[] = []
  let bytes = 0
  child.stdout?.on('data', (piece: Buffer) => {
    if (bytes <= mostBytes) pieces.push(piece)
    bytes += piece.length
    if (bytes > mostBytes) void endProgram(child, 0)
  })
  try {
    const ended = await programEnd(child)
    throwIfAborted(signal)
    if (bytes > mostBytes) throw new ButcherError('program', `it writes more than ${mostBytes} bytes`)
    if (wasEnded(child)) throw stopped()
    if (ended !== 0) throw new ButcherError('program', `it ended with ${endText(ended)}`)
  } finally {
    done()
  }
  const output = Buffer.concat(pieces)
  const newline = output.indexOf('\n')
  return newline < 0 ? output : output.subarray(0, newline)
}
