/** Computes some of the recovery blocks of a set, stripe by stripe. A thread does this for its share. */

import { createHash, type Hash } from 'node:crypto'
import { writeAll } from '../files/durable.ts'
import { blockLogs, factorOf } from './galois.ts'
import { gf16Module } from './gf16-module.ts'

/** The functions of gf16.wat. Lengths are multiples of 32 bytes. */
interface Kernel {
  /** Writes twice the bytes. */
  readonly split: (from: number, to: number, bytes: number) => void
  readonly join: (at: number, bytes: number) => void
  readonly addProduct: (from: number, to: number, bytes: number, factor: number) => void
}

export function loadKernel(memory: WebAssembly.Memory): Kernel {
  const module = new WebAssembly.Module(Buffer.from(gf16Module, 'base64'))
  return new WebAssembly.Instance(module, { parity: { memory } }).exports as Kernel
}

export interface RecoveryBlock {
  readonly exponent: number
  /** Of its stripe, in the memory. */
  readonly at: number
  /** Of its data, in the file. */
  readonly offset: number
  /** The bytes before the data that the hash of its packet covers, too. */
  readonly hashed: Uint8Array
}

export interface ShareSetup {
  readonly memory: WebAssembly.Memory
  readonly blocks: readonly RecoveryBlock[]
  readonly dataBlocks: number
  /** The file of the recovery blocks, open for writing. */
  readonly fd: number
}

export type ShareQuestion =
  | { readonly type: 'begin'; readonly bytes: number }
  /** Stripes of data blocks from `first` on, split, `apart` bytes apart. */
  | {
      readonly type: 'add'
      readonly at: number
      readonly apart: number
      readonly first: number
      readonly count: number
      readonly bytes: number
    }
  /** The stripe is complete; `from` is its place in each block, `length` its bytes without padding. */
  | { readonly type: 'write'; readonly from: number; readonly length: number; readonly bytes: number }
  | { readonly type: 'digests' }

/** The part of a stripe that is worked on at once: it stays in the processor's caches. */
const chunkBytes = 16_384

export class RecoveryShare {
  readonly #setup: ShareSetup
  readonly #kernel: Kernel
  readonly #logs: Uint16Array
  readonly #hashes: readonly Hash[]

  constructor(setup: ShareSetup) {
    this.#setup = setup
    this.#kernel = loadKernel(setup.memory)
    this.#logs = blockLogs(setup.dataBlocks)
    this.#hashes = setup.blocks.map(({ hashed }) => createHash('md5').update(hashed))
  }

  /** Answers with the MD5 of each packet, for `digests` only. */
  answer(question: ShareQuestion): readonly Uint8Array[] {
    if (question.type === 'digests') return this.#hashes.map((hash) => hash.digest())
    if (question.type === 'add') this.#add(question)
    else if (question.type === 'write') this.#write(question)
    else for (const { at } of this.#setup.blocks) this.#bytes(at, question.bytes).fill(0)
    return []
  }

  #bytes(at: number, length: number): Uint8Array {
    return new Uint8Array(this.#setup.memory.buffer, at, length)
  }

  #add({ at, apart, first, count, bytes }: Extract<ShareQuestion, { type: 'add' }>): void {
    const { blocks } = this.#setup
    for (let from = 0; from < bytes; from += chunkBytes) {
      const length = Math.min(chunkBytes, bytes - from)
      for (const { exponent, at: to } of blocks) {
        for (let i = 0; i < count; i++) {
          const factor = factorOf(this.#logs[first + i] as number, exponent)
          this.#kernel.addProduct(at + i * apart + 2 * from, to + from, length, factor)
        }
      }
    }
  }

  #write({ from, length, bytes }: Extract<ShareQuestion, { type: 'write' }>): void {
    for (const [i, { at, offset }] of this.#setup.blocks.entries()) {
      this.#kernel.join(at, bytes)
      const stripe = this.#bytes(at, length)
      ;(this.#hashes[i] as Hash).update(stripe)
      writeAll(this.#setup.fd, stripe, offset + from)
    }
  }
}
