/** A thread that hashes pieces of an image. */

import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import type { FromHasher, HashSetup, ToHasher } from './hash-thread.ts'

const { memory, pieceBytes } = workerData as HashSetup
const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')
const hash = createHash('sha256')

port.on('message', (message: ToHasher) => {
  const answer = (): FromHasher => {
    if (message === 'end') return { digest: hash.digest('hex') }
    hash.update(new Uint8Array(memory, message.slot * pieceBytes, message.length))
    return 'done'
  }
  port.postMessage(answer())
})
