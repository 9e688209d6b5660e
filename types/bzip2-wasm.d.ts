declare module 'bzip2-wasm' {
  export default class BZip2 {
    wasmModule: unknown
    decompress(compressed: Uint8Array, decompressedLength: number): Uint8Array
  }
}

declare module 'bzip2-wasm/bzip2-1.0.8/bzip2.mjs' {
  export default function startModule(options: { readonly wasmBinary: Uint8Array }): Promise<unknown>
}
