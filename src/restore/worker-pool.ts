/** The worker threads of a restore. Each has at most one task at a time. */

import { fromPlain } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'
import type { MissedCounts } from './missed-sum.ts'
import type { ChunkOutcome } from './chunk-reading.ts'
import type { FromWorker, StopMessage, Task, WorkerSetup } from './protocol.ts'

export interface PoolEvents {
  readonly onSome: (files: number, bytes: number) => void
  readonly onFail: (path: string, reason: string) => void
  readonly onMissed: (missed: MissedCounts) => void
}

interface Member {
  readonly thread: Thread<Task | StopMessage>
  settle: { resolve: (outcome: ChunkOutcome) => void; reject: (error: unknown) => void } | undefined
}

/** How long workers may take to stop and to remove their temporary files, before they are ended. */
const graceMs = 10_000

export class WorkerPool {
  readonly #members: Member[] = []
  readonly #idle: Member[] = []
  readonly #waiting: (() => void)[] = []
  readonly #running = new Set<Promise<unknown>>()
  readonly #stop: Int32Array
  #dead: Error | undefined

  private constructor(stop: Int32Array) {
    this.#stop = stop
  }

  /** Resolves after all `count` workers have opened the plan, which needs no name from then on. */
  static async start(
    count: number,
    setup: Omit<WorkerSetup, 'worker' | 'stop'>,
    events: PoolEvents,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool(new Int32Array(new SharedArrayBuffer(4)))
    const started = Array.from({ length: count }, (_, i) =>
      pool.#add({ ...setup, worker: i, stop: pool.#stop }, events),
    )
    try {
      await Promise.all(started)
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /** Gives a task to the next idle worker. Resolves when it starts, with a promise of its outcome. */
  async begin(task: Task): Promise<{ readonly outcome: Promise<ChunkOutcome> }> {
    while (this.#idle.length === 0 && this.#dead === undefined) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    if (this.#dead !== undefined) throw this.#dead
    const member = this.#idle.pop() as Member
    const outcome = new Promise<ChunkOutcome>((resolve, reject) => (member.settle = { resolve, reject }))
    const settled = outcome.then(
      () => {},
      () => {},
    )
    this.#running.add(settled)
    void settled.then(() => this.#running.delete(settled))
    member.thread.send(task)
    return { outcome }
  }

  /** Stops all workers: their tasks end with `aborted`. */
  stop(): void {
    Atomics.store(this.#stop, 0, 1)
    for (const { thread } of this.#members) thread.send({ do: 'stop' })
  }

  /** Waits for the running tasks, up to a limit, and ends the threads. */
  async close(): Promise<void> {
    const grace = new Promise<void>((resolve) => setTimeout(resolve, graceMs).unref())
    await Promise.race([Promise.all(this.#running), grace])
    await Promise.all(this.#members.map(({ thread }) => thread.end()))
  }

  #add(setup: WorkerSetup, events: PoolEvents): Promise<void> {
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWorker): void => {
        switch (message.did) {
          case 'start':
            this.#free(member)
            resolve()
            break
          case 'some':
            events.onSome(message.files, message.bytes)
            break
          case 'fail':
            for (const { path, reason } of message.paths) events.onFail(path, reason)
            break
          case 'miss':
            events.onMissed(message.missed)
            break
          default: {
            const settle = member.settle
            member.settle = undefined
            this.#free(member)
            if (message.did === 'task') settle?.resolve(message.outcome)
            else settle?.reject(fromPlain(message.error))
          }
        }
      }
      const thread = startThread<Task | StopMessage, FromWorker>(
        new URL('./restore-worker.ts', import.meta.url),
        {
          name: 'a restore thread',
          data: setup,
          onMessage,
          onDeath: (error) => {
            this.#dead = error
            member.settle?.reject(error)
            reject(error)
            for (const wake of this.#waiting.splice(0)) wake()
          },
        },
      )
      const member: Member = { thread, settle: undefined }
      this.#members.push(member)
    })
  }

  #free(member: Member): void {
    this.#idle.push(member)
    this.#waiting.shift()?.()
  }
}
