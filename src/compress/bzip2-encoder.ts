/** The encoder of bzip2/module.c. */

interface Exports {
  readonly memory: WebAssembly.Memory
  readonly input: () => number
  readonly output: () => number
  readonly compress: (bytes: number) => number
}

/** As in bzip2/module.c. */
const mostBytes = 3_600_000

/** Compresses a segment to one whole stream. */
export type Encoder = (segment: Uint8Array) => Uint8Array<ArrayBuffer>

export function openEncoder(module: WebAssembly.Module): Encoder {
  const exports = new WebAssembly.Instance(module, {}).exports as unknown as Exports
  return (segment) => {
    if (segment.length > mostBytes) throw new RangeError(`a segment has ${segment.length} bytes`)
    new Uint8Array(exports.memory.buffer).set(segment, exports.input())
    const bytes = exports.compress(segment.length)
    return new Uint8Array(exports.memory.buffer as ArrayBuffer).slice(
      exports.output(),
      exports.output() + bytes,
    )
  }
}
