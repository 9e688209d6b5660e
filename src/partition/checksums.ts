/** The checksums between the blocks of an image. */

import zlib from 'node:zlib'

/** Checks one group of stored blocks after the other. */
export interface GroupCheck {
  /** The next data of the group. */
  update(data: Uint8Array): void
  /**
   * Ends the group: whether its data match the stored checksum. `unknown`: a mismatch of an earlier group
   * makes it impossible to say. The next group begins.
   */
  end(stored: Uint8Array): 'match' | 'mismatch' | 'unknown'
}

/**
 * The CRC32 of partclone: that of zlib without the final inversion. "123456789" gives 0x340BC6D9.
 * `before`: the CRC of the data before these.
 */
export const rawCrc = (data: Uint8Array, before = 0xffff_ffff): number =>
  ~zlib.crc32(data, ~before >>> 0) >>> 0

export interface GroupOptions {
  /** Each checksum covers its own group only, not also those before. */
  readonly reseed: boolean
  readonly bigEndian: boolean
}

/** A CRC32 in the first four bytes of the check. */
export function crcCheck({ reseed, bigEndian }: GroupOptions): GroupCheck {
  let crc = 0xffff_ffff
  return {
    update: (data) => {
      crc = rawCrc(data, crc)
    },
    end: (stored) => {
      const right = readUint32(stored, bigEndian)
      const isMatch = crc === right
      // A running CRC goes on from the stored one: after a mismatch the next group can be told again.
      crc = reseed ? 0xffff_ffff : right
      return isMatch ? 'match' : 'mismatch'
    },
  }
}

/**
 * The CRC of image version 0001. It covers the first byte of each block, as many times as the block has
 * bytes: partclone before 0.3.0 did not advance its pointer. A group is one block.
 */
export function firstByteCheck(blockBytes: number, bigEndian: boolean): GroupCheck {
  const next = firstByteCrc(blockBytes)
  let crc = 0xffff_ffff
  let isBegun = false
  return {
    update: (data) => {
      if (!isBegun) crc = next(data[0] as number, crc)
      isBegun = true
    },
    end: (stored) => {
      // Builds for 64 bits wrote the CRC as a number of 8 bytes.
      const right = readUint32(stored.subarray(bigEndian ? stored.length - 4 : 0), bigEndian)
      const isMatch = crc === right
      crc = right
      isBegun = false
      return isMatch ? 'match' : 'mismatch'
    },
  }
}

/** The CRC of `blockBytes` times the same byte, after `before`. */
export function firstByteCrc(blockBytes: number): (byte: number, before: number) => number {
  const repeated = Buffer.alloc(Math.min(blockBytes, 65_536))
  return (byte, before) => {
    repeated.fill(byte)
    let crc = before
    for (let left = blockBytes; left > 0; left -= repeated.length) {
      crc = rawCrc(left < repeated.length ? repeated.subarray(0, left) : repeated, crc)
    }
    return crc
  }
}

/**
 * XXH64 or XXH3-128 with seed 0. An image has the digest as words of 64 bits, the low one first, in the byte
 * order of the machine: on a little-endian one the bytes of the canonical digest in reverse.
 */
export async function xxhCheck(bits: 64 | 128, { reseed, bigEndian }: GroupOptions): Promise<GroupCheck> {
  // Loaded for images that need it: it holds the code of all its hashes.
  const { createXXHash128, createXXHash64 } = await import('hash-wasm')
  const hasher = await (bits === 64 ? createXXHash64() : createXXHash128())
  hasher.init()
  let isLost = false
  return {
    update: (data) => {
      hasher.update(data)
    },
    end: (stored) => {
      // The digest ends the state, but a running checksum goes on.
      const state = reseed ? undefined : hasher.save()
      const digest = hasher.digest('binary')
      if (state) hasher.load(state)
      else hasher.init()
      if (isLost) return 'unknown'
      const isMatch = isSameDigest(digest, stored, bigEndian)
      isLost = !isMatch && !reseed
      return isMatch ? 'match' : 'mismatch'
    },
  }
}

function isSameDigest(digest: Uint8Array, stored: Uint8Array, bigEndian: boolean): boolean {
  const size = digest.length
  return digest.every((byte, i) => {
    const at = bigEndian ? (i + size - 8) % size : size - 1 - i
    return stored[at] === byte
  })
}

export const readUint32 = (bytes: Uint8Array, bigEndian: boolean): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, !bigEndian)
