declare module 'unbzip2-stream/lib/bit_iterator.js' {
  interface Bits {
    (count: number | null): number
    readonly bytesRead: number
  }
  export default function bitIterator(nextBuffer: () => Uint8Array): Bits
}

declare module 'unbzip2-stream/lib/bzip2.js' {
  type Bits = (count: number | null) => number
  const bzip2: {
    /** Block size in units of 100,000 bytes. */
    header(bits: Bits): number
    /** Decodes one block; null at the end of a stream, else the stream's checksum so far. */
    decompress(
      bits: Bits,
      take: (byte: number) => void,
      work: Int32Array,
      sizeBytes: number,
      checksum: number,
    ): number | null
  }
  export default bzip2
}
