/** The pack threads, each started with its first message, and one queue of their messages. */

import { ButcherError, stopped } from '../errors.ts'
import { fromPlain } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'
import type { FromWorker, ToWorker, WorkerSetup } from './protocol.ts'

export interface Said {
  readonly worker: number
  readonly message: FromWorker
}

export class WorkerPool {
  readonly size: number
  readonly #setup: WorkerSetup
  readonly #workers = new Map<number, Thread<ToWorker>>()
  /** By worker: called when it has dropped its chunk. */
  readonly #onDrop = new Map<number, () => void>()
  readonly #said: Said[] = []
  readonly #stop = new Int32Array(new SharedArrayBuffer(4))
  #failure: Error | undefined
  #closing: Promise<void> | undefined
  #wake: (() => void) | undefined

  constructor(size: number, setup: Omit<WorkerSetup, 'stop'>) {
    this.size = size
    this.#setup = { ...setup, stop: this.#stop }
  }

  /** `worker` counts from 0. */
  send(worker: number, message: ToWorker): void {
    const target = this.#workers.get(worker) ?? this.#start(worker)
    target.send(message)
  }

  /**
   * From now on, nothing is added to a chunk: each thread ends its current member, or its hashing of pieces.
   */
  stopAdding(): void {
    Atomics.store(this.#stop, 0, 1)
  }

  /** The next message of any thread. Throws if a thread failed, or `aborted`. */
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

  /** Lets every thread drop its current chunk, then ends the threads. Later calls wait for the first. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    const workers = [...this.#workers]
    this.stopAdding()
    const dropped = workers.map(([number, worker]) => {
      const answer = new Promise<void>((resolve) => this.#onDrop.set(number, resolve))
      worker.send({ do: 'drop' })
      return Promise.race([answer, worker.gone])
    })
    await Promise.all(dropped)
    await Promise.all(workers.map(([, worker]) => worker.end()))
  }

  #start(number: number): Thread<ToWorker> {
    const worker = startThread<ToWorker, FromWorker>(new URL('./pack-worker.ts', import.meta.url), {
      name: 'a pack thread',
      data: this.#setup,
      resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 1024 },
      onMessage: (message) => this.#onMessage({ worker: number, message }),
      onDeath: (error) => this.#fail(error),
    })
    this.#workers.set(number, worker)
    return worker
  }

  #onMessage(said: Said): void {
    const { message } = said
    if (message.did === 'drop') this.#onDrop.get(said.worker)?.()
    if (message.did === 'fail') {
      const error = fromPlain(message.error)
      // If there is no space for one chunk, there may be space for the others.
      if (!(error instanceof ButcherError) || error.code !== 'no-space') return this.#fail(error)
    }
    this.#said.push(said)
    this.#wake?.()
  }

  #fail(error: Error): void {
    this.#failure ??= error
    this.#wake?.()
  }
}
