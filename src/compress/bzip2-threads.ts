/** bzip2 by WebAssembly in worker threads. */

import { ButcherError } from '../errors.ts'
import { fromPlain, type PlainError } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'
import { bzip2Bytes } from './bzip2-module.ts'
import type { Compressor } from './compress-stream.ts'

interface Waiting {
  readonly segment: Uint8Array
  readonly resolve: (compressed: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** The answer to a segment. */
export type FromBzip2 = { readonly compressed: Uint8Array } | { readonly error: PlainError }

type Bzip2Thread = Thread<Uint8Array>

/** Up to `jobs` threads, started when they are needed. */
export function bzip2Threads(jobs: number): Pick<Compressor, 'compress' | 'close'> {
  const threads: Bzip2Thread[] = []
  const idle: Bzip2Thread[] = []
  const queue: Waiting[] = []
  const busy = new Map<Bzip2Thread, Waiting>()
  let dead: Error | undefined

  // Threads with the same module share what the compiler of node makes of it.
  let module: WebAssembly.Module | undefined
  const start = (): Bzip2Thread => {
    module ??= new WebAssembly.Module(new Uint8Array(bzip2Bytes()))
    const thread: Bzip2Thread = startThread<Uint8Array, FromBzip2>(
      new URL('./bzip2-worker.ts', import.meta.url),
      {
        name: 'a bzip2 thread',
        data: module,
        onMessage: (answer) => {
          const waiting = busy.get(thread)
          busy.delete(thread)
          idle.push(thread)
          if ('compressed' in answer) waiting?.resolve(answer.compressed)
          else waiting?.reject(failure(fromPlain(answer.error)))
          next()
        },
        onDeath: (error) => {
          dead = error
          for (const { reject } of [busy.get(thread), ...queue.splice(0)].filter((one) => one !== undefined))
            reject(error)
          busy.delete(thread)
        },
      },
    )
    threads.push(thread)
    return thread
  }

  const next = (): void => {
    const waiting = queue[0]
    const thread = idle.pop() ?? (threads.length < jobs ? start() : undefined)
    if (!waiting || !thread) {
      if (thread) idle.push(thread)
      return
    }
    queue.shift()
    busy.set(thread, waiting)
    thread.send(waiting.segment)
  }

  return {
    compress: (segment) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) return reject(dead)
        queue.push({ segment, resolve, reject })
        next()
      }),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}

const failure = (cause: Error): ButcherError =>
  new ButcherError('program', `bzip2 failed: ${cause.message}`, { cause })
