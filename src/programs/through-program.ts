import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ButcherError, systemCode } from '../errors.ts'
import { programEnvironment } from './environment.ts'

/**
 * What `program` makes of `input`. When the reader stops early the program is killed, `input` closed, and all of it is
 * gone before the reader goes on. Throws `damaged` where the program ends with a status other than 0, and whatever
 * `input` throws.
 */
export async function* throughProgram(
  program: string,
  args: readonly string[],
  input: AsyncIterable<Uint8Array>,
  kind: string,
): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: programEnvironment() })
  const closed = once(child, 'close') as Promise<[number | null, string | null]>
  closed.catch(() => {}) // told below, unless the reader is gone
  let complaint = ''
  child.stderr.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(0, 1000)))
  const fed = pipeline(Readable.from(input, { objectMode: false, highWaterMark: 1 << 20 }), child.stdin).then(
    () => undefined,
    (error: unknown) => error,
  )
  try {
    for await (const data of child.stdout) yield data as Uint8Array
    const trouble = await fed
    if (trouble !== undefined && !isBrokenPipe(trouble)) throw trouble
    const [status] = await closed.catch((cause: unknown) => {
      throw new ButcherError('program', `cannot run ${program}`, { cause })
    })
    if (status !== 0) {
      throw new ButcherError('damaged', `the ${kind} data is damaged`, { cause: new Error(complaint.trim()) })
    }
  } finally {
    child.kill('SIGKILL')
    child.stdin.destroy()
    await Promise.all([fed, closed.catch(() => {})])
  }
}

/** The program stopped reading: its exit status says why. */
function isBrokenPipe(error: unknown): boolean {
  const code = systemCode(error) ?? (error as { code?: unknown }).code
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED'
}
