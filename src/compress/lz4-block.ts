/** Decodes one block of lz4 (the LZ4 block format, as its authors describe it), by lz4-block.wat. */

import { lz4BlockModule } from './lz4-block-module.ts'

/** A match reaches back at most this far. */
export const lz4WindowBytes = 65_536

/** A block of the legacy format; others are smaller. */
const mostBlockBytes = 8 << 20
/** lz4's own bound of a compressed block: 1/255 and 16 bytes more (LZ4_COMPRESSBOUND). */
const mostPackedBytes = mostBlockBytes + Math.ceil(mostBlockBytes / 255) + 16
/** Copies may write a few bytes too many. */
const slackBytes = 64
const wasmPageBytes = 65_536

interface Decoder {
  readonly memory: WebAssembly.Memory
  readonly decode: (from: number, inputEnd: number, to: number, outputEnd: number, floor: number) => number
}

let decoder: Decoder | undefined

const load = (): Decoder => {
  const module = new WebAssembly.Module(Buffer.from(lz4BlockModule, 'base64'))
  return new WebAssembly.Instance(module).exports as unknown as Decoder
}

/**
 * Decodes `input` into `output` from `start` on. Matches may reach back to `floor`. Returns the position
 * after the last byte, or -1 if the block is damaged or does not fit.
 */
export function decodeLz4Block(input: Uint8Array, output: Uint8Array, start: number, floor: number): number {
  if (input.length > mostPackedBytes) return -1
  const { memory, decode } = (decoder ??= load())
  // The bytes before the block end at the first page's end; then come its content and the block itself.
  const outputEnd = lz4WindowBytes + Math.min(output.length - start, mostBlockBytes)
  const inputAt = outputEnd + slackBytes
  const neededBytes = inputAt + input.length + slackBytes
  const missingBytes = neededBytes - memory.buffer.byteLength
  if (missingBytes > 0) memory.grow(Math.ceil(missingBytes / wasmPageBytes))
  const bytes = new Uint8Array(memory.buffer)
  const windowBytes = Math.min(start - floor, lz4WindowBytes)
  bytes.set(output.subarray(start - windowBytes, start), lz4WindowBytes - windowBytes)
  bytes.set(input, inputAt)
  const end = decode(inputAt, inputAt + input.length, lz4WindowBytes, outputEnd, lz4WindowBytes - windowBytes)
  if (end < 0) return -1
  output.set(bytes.subarray(lz4WindowBytes, end), start)
  return start + end - lz4WindowBytes
}
