import { parentPort } from 'node:worker_threads'
import { toPlain } from '../threads/plain-error.ts'
import type { FromBzip2 } from './bzip2-threads.ts'
import { openBzip2 } from './bzip2-wasm.ts'

const ready = openBzip2()

parentPort?.on('message', (segment: Uint8Array) => {
  void ready
    .then((bzip2) => {
      const bound = Math.ceil(segment.length * 1.01) + 600
      const compressed = bzip2.compress(segment, 9, bound)
      parentPort?.postMessage({ compressed } satisfies FromBzip2, [compressed.buffer as ArrayBuffer])
    })
    .catch((error: unknown) => parentPort?.postMessage({ error: toPlain(error) } satisfies FromBzip2))
})
