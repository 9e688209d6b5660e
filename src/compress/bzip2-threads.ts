/** bzip2 by WebAssembly in worker threads, for machines without lbzip2. */

import { Worker } from 'node:worker_threads'
import { ButcherError } from '../errors.ts'
import type { Compressor } from './compress.ts'

interface Waiting {
  readonly segment: Uint8Array
  readonly resolve: (compressed: Uint8Array) => void
  readonly reject: (error: Error) => void
}

/** Up to `jobs` threads, started as they are needed. */
export function bzip2Threads(jobs: number): Pick<Compressor, 'compress' | 'close'> {
  const workers: Worker[] = []
  const idle: Worker[] = []
  const queue: Waiting[] = []
  const busy = new Map<Worker, Waiting>()

  const start = (): Worker => {
    const file = import.meta.url.endsWith('.ts') ? './bzip2-worker.ts' : './bzip2-worker.js'
    const worker = new Worker(new URL(file, import.meta.url), { execArgv: [] })
    worker.on('message', (answer: { compressed?: Uint8Array; error?: string }) => {
      const waiting = busy.get(worker)
      busy.delete(worker)
      idle.push(worker)
      if (answer.compressed) waiting?.resolve(answer.compressed)
      else waiting?.reject(new ButcherError('program', `bzip2 failed: ${answer.error}`))
      next()
    })
    worker.on('error', (cause) =>
      busy.get(worker)?.reject(new ButcherError('internal', 'bzip2 thread died', { cause })),
    )
    workers.push(worker)
    return worker
  }

  const next = (): void => {
    const waiting = queue[0]
    const worker = idle.pop() ?? (workers.length < jobs ? start() : undefined)
    if (!waiting || !worker) {
      if (worker) idle.push(worker)
      return
    }
    queue.shift()
    busy.set(worker, waiting)
    worker.postMessage(waiting.segment)
  }

  return {
    compress: (segment) =>
      new Promise((resolve, reject) => {
        queue.push({ segment, resolve, reject })
        next()
      }),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()))
    },
  }
}
