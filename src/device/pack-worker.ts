/** A thread that compresses pieces of an image. */

import { parentPort, workerData } from 'node:worker_threads'
import { toPlain } from '../threads/plain-error.ts'
import { packPiece } from './image-format.ts'
import type { PackSetup, ToPacker } from './pack-threads.ts'

const { memory, format, pieceBytes } = workerData as PackSetup
const port = parentPort
if (!port) throw new Error('this file runs as a worker thread')

port.on('message', ({ slot, length }: ToPacker) => {
  try {
    const packed = packPiece(format, new Uint8Array(memory, slot * pieceBytes, length))
    port.postMessage({ slot, packed }, [packed.buffer])
  } catch (error) {
    port.postMessage({ slot, error: toPlain(error) })
  }
})
