/** Computes SHA-256 in a thread, so that reading and writing go on meanwhile. */

import { startAnsweringThread } from '../threads/answering-thread.ts'
import { type PieceMemory, pieceBytes } from './device-pieces.ts'

export interface HashSetup {
  readonly memory: SharedArrayBuffer
  readonly pieceBytes: number
}

/** A slot of the memory, or the end. */
export type HashQuestion = { readonly slot: number; readonly length: number } | 'end'

export interface HashThread {
  /** Resolves when the thread has read the slot. Slots are hashed in the order of the calls. */
  readonly update: (slot: number, length: number) => Promise<void>
  /** In hex. */
  readonly digest: () => Promise<string>
  readonly end: () => Promise<void>
}

export function startHashThread(memory: PieceMemory): HashThread {
  const data: HashSetup = { memory: memory.buffer, pieceBytes }
  const program = new URL('./hash-worker.ts', import.meta.url)
  const thread = startAnsweringThread<HashQuestion, string>(program, { name: 'the thread that hashes', data })
  return {
    update: async (slot, length) => void (await thread.ask({ slot, length })),
    digest: () => thread.ask('end'),
    end: () => thread.end(),
  }
}
