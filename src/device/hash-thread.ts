/** Computes SHA-256 in a thread, so that reading and writing go on meanwhile. */

import { startThread } from '../threads/start-thread.ts'
import type { PieceMemory } from './device-pieces.ts'

export interface HashSetup {
  readonly memory: SharedArrayBuffer
  readonly pieceBytes: number
}

/** A slot of the memory, or the end. */
export type ToHasher = { readonly slot: number; readonly length: number } | 'end'
export type FromHasher = 'done' | { readonly digest: string }

export interface HashThread {
  /** Resolves when the thread has read the slot. Slots are hashed in the order of the calls. */
  readonly update: (slot: number, length: number) => Promise<void>
  /** In hex. */
  readonly digest: () => Promise<string>
  readonly end: () => Promise<void>
}

export function startHashThread(memory: PieceMemory, pieceBytes: number): HashThread {
  const waiting: { resolve: (digest: string) => void; reject: (error: Error) => void }[] = []
  let failure: Error | undefined
  const setup: HashSetup = { memory: memory.buffer, pieceBytes }
  const thread = startThread<ToHasher, FromHasher>(new URL('./hash-worker.ts', import.meta.url), {
    name: 'the thread that hashes',
    data: setup,
    onMessage: (message) => waiting.shift()?.resolve(message === 'done' ? '' : message.digest),
    onDeath: (error) => {
      failure = error
      for (const { reject } of waiting.splice(0)) reject(error)
    },
  })
  const ask = (message: ToHasher): Promise<string> =>
    new Promise((resolve, reject) => {
      if (failure) return reject(failure)
      waiting.push({ resolve, reject })
      thread.send(message)
    })
  return {
    update: async (slot, length) => void (await ask({ slot, length })),
    digest: () => ask('end'),
    end: () => thread.end(),
  }
}
