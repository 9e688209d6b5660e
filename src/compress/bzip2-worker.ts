import { parentPort } from 'node:worker_threads'
import BZip2 from 'bzip2-wasm'

const bzip2 = new BZip2()
const ready = bzip2.init()

parentPort?.on('message', (segment: Uint8Array) => {
  void ready
    .then(() => {
      const bound = Math.ceil(segment.length * 1.01) + 600
      const compressed = bzip2.compress(segment, 9, bound)
      parentPort?.postMessage({ compressed }, [compressed.buffer as ArrayBuffer])
    })
    .catch((error: unknown) => parentPort?.postMessage({ error: String(error) }))
})
