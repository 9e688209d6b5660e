import { parentPort, workerData } from 'node:worker_threads'
import { toPlain } from '../threads/plain-error.ts'
import { openEncoder } from './bzip2-encoder.ts'
import type { FromBzip2 } from './bzip2-threads.ts'

const encode = openEncoder(workerData as WebAssembly.Module)

parentPort?.on('message', (segment: Uint8Array) => {
  try {
    const compressed = encode(segment)
    parentPort?.postMessage({ compressed } satisfies FromBzip2, [compressed.buffer])
  } catch (error) {
    parentPort?.postMessage({ error: toPlain(error) } satisfies FromBzip2)
  }
})
