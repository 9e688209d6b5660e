/** Cuts a stream of bytes into pieces of one size. */

/** Every piece has `size` bytes but the last. The memory of a piece is used again for the next one. */
export async function* inPieces(
  stream: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array, undefined> {
  const piece = new Uint8Array(size)
  let length = 0
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(size - length, bytes.length - at)
      piece.set(bytes.subarray(at, at + taken), length)
      length += taken
      at += taken
      if (length === size) {
        yield piece
        length = 0
      }
    }
  }
  if (length > 0) yield piece.subarray(0, length)
}
