/** Compresses pieces in several threads. The pieces lie in memory that all of them see. */

import { fromPlain, type PlainError } from '../threads/plain-error.ts'
import { startThread, type Thread } from '../threads/start-thread.ts'

export interface PackSetup {
  readonly memory: SharedArrayBuffer
  readonly format: 'gzip' | 'zstd'
  readonly pieceBytes: number
}

export interface ToPacker {
  readonly slot: number
  readonly length: number
}

type FromPacker =
  | { readonly slot: number; readonly packed: Uint8Array }
  | { readonly slot: number; readonly error: PlainError }

export interface PackThreads {
  /** Packs the first `length` bytes of a slot. Rejects if the thread fails. */
  readonly pack: (slot: number, length: number) => Promise<Uint8Array>
  readonly end: () => Promise<void>
}

export function startPackThreads(count: number, setup: PackSetup): PackThreads {
  const waiting = new Map<number, { resolve: (packed: Uint8Array) => void; reject: (error: Error) => void }>()
  let failure: Error | undefined
  const fail = (error: Error): void => {
    failure ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const onMessage = (message: FromPacker): void => {
    const one = waiting.get(message.slot)
    waiting.delete(message.slot)
    if ('packed' in message) one?.resolve(message.packed)
    else one?.reject(fromPlain(message.error))
  }
  const threads: Thread<ToPacker>[] = Array.from({ length: count }, () =>
    startThread<ToPacker, FromPacker>(new URL('./pack-worker.ts', import.meta.url), {
      name: 'a thread that compresses',
      data: setup,
      onMessage,
      onDeath: fail,
    }),
  )
  let turn = 0
  return {
    pack: (slot, length) =>
      new Promise((resolve, reject) => {
        if (failure) return reject(failure)
        waiting.set(slot, { resolve, reject })
        ;(threads[turn++ % count] as Thread<ToPacker>).send({ slot, length })
      }),
    end: async () => {
      await Promise.all(threads.map((thread) => thread.end()))
    },
  }
}
