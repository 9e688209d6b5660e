import { describe, expect, test } from 'vitest'
import { type ReadAt, readPiece } from '../../src/device/read-pieces.ts'

const sectorBytes = 512
const bytes = 256 * 1024
const failure = (code: string): Error => Object.assign(new Error(code), { code })

/** Each byte of the disk is the number of its sector. `fails` gives the error of a read of a sector. */
function madeUpDisk(fails: (sector: number) => string | undefined): {
  read: ReadAt
  reads: number
  reopened: number
} {
  const disk = {
    reads: 0,
    reopened: 0,
    read: async (into: Uint8Array, offset: number) => {
      disk.reads++
      for (let at = 0; at < into.length; at += sectorBytes) {
        const sector = (offset + at) / sectorBytes
        const code = fails(sector)
        if (code !== undefined) throw failure(code)
        into.fill(sector % 256, at, at + sectorBytes)
      }
      return into.length
    },
  }
  return disk
}

const readAll = async (
  disk: ReturnType<typeof madeUpDisk>,
  onBad?: (offset: number, size: number) => void,
  signal?: AbortSignal,
): Promise<Uint8Array> => {
  const into = new Uint8Array(bytes)
  await readPiece(disk.read, into, 0, {
    path: '/dev/sdb',
    bytes,
    sectorBytes,
    reopen: async () => void disk.reopened++,
    signal,
    ...(onBad === undefined ? {} : { onBad }),
  })
  return into
}

const sound = Uint8Array.from({ length: bytes }, (_, i) => Math.floor(i / sectorBytes) % 256)

describe('a read error', () => {
  test('that does not come again costs a second try', async () => {
    let errors = 1
    const disk = madeUpDisk((sector) => (sector === 300 && errors-- > 0 ? 'EIO' : undefined))
    expect(Buffer.compare(await readAll(disk), sound)).toBe(0)
    expect(disk.reopened).toBe(1)
  })

  test('that stays ends the run, with its sector', async () => {
    const disk = madeUpDisk((sector) => (sector === 300 ? 'EIO' : undefined))
    await expect(readAll(disk)).rejects.toThrow('cannot read /dev/sdb at byte 153600: input/output error')
  })

  test('is told in words', async () => {
    const disk = madeUpDisk((sector) => (sector === 300 ? 'ENODATA' : undefined))
    await expect(readAll(disk)).rejects.toThrow('at byte 153600: the medium is damaged there')
  })

  test('is zeros of its very sectors with a map', async () => {
    const bad: [number, number][] = []
    const disk = madeUpDisk((sector) => (sector === 300 || sector === 302 ? 'EIO' : undefined))
    const read = await readAll(disk, (offset, size) => void bad.push([offset, size]))
    expect(bad).toEqual([300, 302].map((sector) => [sector * sectorBytes, sectorBytes]))
    const expected = Uint8Array.from(sound)
    for (const [offset, size] of bad) expected.fill(0, offset, offset + size)
    expect(Buffer.compare(read, expected)).toBe(0)
  })
})

test.each(['ENODEV', 'ENXIO', 'ENOMEDIUM'])(
  '%s means that the disk is gone, also with a map',
  async (code) => {
    const disk = madeUpDisk((sector) => (sector === 300 ? code : undefined))
    await expect(readAll(disk, () => {})).rejects.toThrow('/dev/sdb is gone')
    expect(disk.reads).toBe(1)
  },
)

test('a disk that ends early is a failure, also with a map', async () => {
  const disk = { ...madeUpDisk(() => undefined), read: async () => 0 }
  await expect(readAll(disk, () => {})).rejects.toThrow(
    `/dev/sdb ends at byte 0: ${bytes} bytes were announced`,
  )
})

test('a stop ends the tries of bad sectors', async () => {
  const stop = new AbortController()
  const disk = madeUpDisk(() => 'EIO')
  await expect(readAll(disk, () => stop.abort(), stop.signal)).rejects.toMatchObject({ code: 'aborted' })
})
