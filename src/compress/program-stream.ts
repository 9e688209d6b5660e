import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { ButcherError, stopped } from '../errors.ts'
import { endProgram, startFilter, wasEnded } from '../programs/run-program.ts'
import type { CompressStream, OnCompressed } from './compress-stream.ts'

const pieceBytes = 1 << 20
/** Pieces that the program has not read yet. */
const mostPieces = 3

/**
 * Compresses through a program, which is started once per flush. Starting it costs a large process 30 ms,
 * because its memory is marked for copying. Throws `program` if the program fails.
 */
export class ProgramStream implements CompressStream {
  readonly #program: string
  readonly #args: readonly string[]
  readonly #onData: OnCompressed
  #running: Running | undefined
  #piece: Buffer | undefined
  #length = 0
  readonly #free: Buffer[] = []
  #pieces = 0
  #wake: (() => void) | undefined

  constructor(program: string, args: readonly string[], onData: OnCompressed) {
    this.#program = program
    this.#args = args
    this.#onData = onData
  }

  write(data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      this.#piece ??= this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
      const end = Math.min(data.length, done + pieceBytes - this.#length)
      this.#piece.set(done === 0 && end === data.length ? data : data.subarray(done, end), this.#length)
      this.#length += end - done
      done = end
      if (this.#length === pieceBytes) this.#send()
    }
  }

  wait(): Promise<void> | undefined {
    if (this.#pieces <= mostPieces) return undefined
    const { ended } = this.#running as Running
    // A program that ends before its input does has failed.
    return Promise.race([new Promise<void>((resolve) => (this.#wake = resolve)), ended])
  }

  async flush(): Promise<void> {
    if (this.#length > 0) this.#send()
    const running = this.#running
    running?.child.stdin.end()
    await running?.ended
    this.#running = undefined
  }

  async drop(): Promise<void> {
    if (this.#running) await endProgram(this.#running.child, 0)
  }

  #send(): void {
    const piece = this.#piece as Buffer
    this.#running ??= this.#start()
    this.#pieces++
    this.#running.child.stdin.write(piece.subarray(0, this.#length), () => {
      this.#pieces--
      this.#free.push(piece)
      this.#wake?.()
    })
    this.#piece = undefined
    this.#length = 0
  }

  #start(): Running {
    const program = this.#program
    const child = startFilter(program, this.#args)
    let complaint = ''
    child.stderr.on('data', (data: Buffer) => (complaint = (complaint + data.toString()).slice(0, 1000)))
    const ended = new Promise<void>((resolve, reject) => {
      child.stdout.on('data', (data: Buffer) => {
        try {
          this.#onData(data)
        } catch (error) {
          void endProgram(child, 0)
          reject(error)
        }
      })
      child.on('error', (cause) => reject(new ButcherError('program', `cannot run ${program}`, { cause })))
      child.on('close', (status, signal) => {
        if (wasEnded(child)) return reject(stopped())
        if (status === 0) return resolve()
        const why = `${program} ended with ${signal ?? status}: ${complaint.trim()}`
        reject(new ButcherError('program', why))
      })
    })
    ended.catch(() => {}) // reported when it is awaited
    return { child, ended }
  }
}

interface Running {
  readonly child: ChildProcessWithoutNullStreams
  /** Resolves when all output is passed on. */
  readonly ended: Promise<void>
}
