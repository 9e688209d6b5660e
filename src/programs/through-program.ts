import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ButcherError, stopped, systemCode, throwIfAborted } from '../errors.ts'
import { endOnAbort, endProgram, startFilter, wasEnded } from './run-program.ts'

/**
 * The output of `program` for `input`. If the reader stops early, the program is killed and `input` closed
 * before the reader continues. Throws `damaged` on an exit status other than 0, `aborted` if it was ended
 * from outside (by `signal`, for example), and the errors of `input`.
 */
export async function* throughProgram(
  program: string,
  args: readonly string[],
  input: AsyncIterable<Uint8Array>,
  kind: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  throwIfAborted(signal)
  const child = startFilter(program, args)
  const done = endOnAbort(child, signal, 0)
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
    if (wasEnded(child)) throw stopped()
    const trouble = await fed
    if (trouble !== undefined && !isBrokenPipe(trouble)) throw trouble
    const [status] = await closed.catch((cause: unknown) => {
      throw new ButcherError('program', `cannot run ${program}`, { cause })
    })
    if (wasEnded(child)) throw stopped()
    if (status !== 0) {
      throw new ButcherError('damaged', `the ${kind} data is damaged`, { cause: new Error(complaint.trim()) })
    }
  } catch (error) {
    throw wasEnded(child) ? stopped() : error
  } finally {
    done()
    await endProgram(child, 0)
    await Promise.all([fed, closed.catch(() => {})])
  }
}

/** The program stopped reading: its exit status gives the reason. */
function isBrokenPipe(error: unknown): boolean {
  const code = systemCode(error) ?? (error as { code?: unknown }).code
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED'
}
