/** The pack threads, each started when it is first target something, and one queue of what they say. */

import { Worker } from 'node:worker_threads'
import { ButcherError, type ErrorCode, stopped } from '../errors.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.ts'

export interface Said {
  readonly worker: number
  readonly message: FromWorker
}

export class WorkerPool {
  readonly size: number
  readonly #setup: WorkerSetup
  readonly #workers = new Map<number, Worker>()
  readonly #said: Said[] = []
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #failure: Error | undefined
  #wake: (() => void) | undefined

  constructor(size: number, setup: Omit<WorkerSetup, 'stop'>) {
    this.size = size
    this.#setup = { ...setup, stop: this.#stop }
  }

  /** `worker` counts from 0. */
  send(worker: number, message: ToWorker): void {
    const target = this.#workers.get(worker) ?? this.#start(worker)
    target.postMessage(message)
  }

  /** From now on nothing is added to a chunk: each thread ends the member that it is at. */
  stopAdding(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  /** The next thing a thread says. Throws where one failed, or `aborted`. */
  async listen(signal: AbortSignal | undefined): Promise<Said> {
    const stop = (): void =>
      this.#fail(stopped(undefined, { hint: 'run the same command again to continue' }))
    signal?.addEventListener('abort', stop)
    if (signal?.aborted) stop()
    try {
      for (;;) {
        if (this.#failure) throw this.#failure
        const said = this.#said.shift()
        if (said) return said
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Lets every thread drop the chunk it is writing, then ends them. */
  async close(): Promise<void> {
    const workers = [...this.#workers.values()]
    const dropped = workers.map(
      (worker) =>
        new Promise<void>((resolve) => {
          worker.on('message', (message: FromWorker) => message.did === 'drop' && resolve())
          worker.on('exit', () => resolve())
          worker.postMessage({ do: 'drop' } satisfies ToWorker)
        }),
    )
    await Promise.all(dropped)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  #start(number: number): Worker {
    const file = import.meta.url.endsWith('.ts') ? './pack-worker.ts' : './pack-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), {
      workerData: this.#setup,
      // What node itself was started with (`--input-type`, say) may not fit a file.
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 1024 },
    })
    worker.on('message', (message: FromWorker) => this.#onMessage({ worker: number, message }))
    worker.on('error', (cause) =>
      this.#fail(new ButcherError('internal', `a pack thread died: ${cause}`, { cause })),
    )
    this.#workers.set(number, worker)
    return worker
  }

  #onMessage(said: Said): void {
    // Where one chunk has no room, those of the others may have.
    if (said.message.did === 'fail' && said.message.code !== 'no-space')
      return this.#fail(failureOf(said.message))
    this.#said.push(said)
    this.#wake?.()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }
}

export function failureOf(message: Extract<FromWorker, { did: 'fail' }>): ButcherError {
  const { code, message: text, path, hint } = message
  const details = { ...(path === undefined ? {} : { path }), ...(hint === undefined ? {} : { hint }) }
  return new ButcherError(code as ErrorCode, text, details)
}
