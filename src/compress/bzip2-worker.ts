import { parentPort } from 'node:worker_threads'
import BZip2 from 'bzip2-wasm'
import { toPlain } from '../threads/plain-error.ts'
import type { FromBzip2 } from './bzip2-threads.ts'

const bzip2 = new BZip2()
const ready = bzip2.init()

parentPort?.on('message', (segment: Uint8Array) => {
  void ready
    .then(() => {
      const bound = Math.ceil(segment.length * 1.01) + 600
      const compressed = bzip2.compress(segment, 9, bound)
      parentPort?.postMessage({ compressed } satisfies FromBzip2, [compressed.buffer as ArrayBuffer])
    })
    .catch((error: unknown) => parentPort?.postMessage({ error: toPlain(error) } satisfies FromBzip2))
})
