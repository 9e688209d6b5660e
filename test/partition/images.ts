/** The images in test/fixtures/partition/: real ones, with the SHA-256 of the partition that each holds. */

import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import zlib from 'node:zlib'
import type { PartitionImage } from '../../src/partition/partition-image.ts'

const fixtures = path.resolve(import.meta.dirname, '../fixtures/partition')

const ext4 = 'feb405878be92573c8455a46adc669aadd697d7374687cc881e8ac99f65b6593'
const vfat = '1efa2deea235dda4c0df55703d184cb1f5777fcb71427a5f4b68256fe262f9e3'
const ntfs = '6086a597870ab02755d6fb09e6e7a041250fef54b091727657575476c8049f5c'

/** By the name of the unwrapped image: the sum of the partition, as the tool that made it restores it. */
export const sums: Readonly<Record<string, string>> = {
  'ext4-a0.img': ext4,
  'ext4-a1.img': ext4,
  'ext4-k1.img': ext4,
  'ext4-k64.img': ext4,
  'ext4-a2-k64.img': ext4,
  'ext4-a3.img': ext4,
  'ext4-a3-k64.img': ext4,
  'ext4-v1.img': ext4,
  'vfat-v1.img': vfat,
  'vfat-a1.img': vfat,
  'ntfs-a0.img': ntfs,
  'ntfs-a1.img': ntfs,
  'btrfs-a1.img': '199774d29d360fa9bc3d9807b50a4499580a8815c74bb96be887f4cc982d89f1',
  'exfat-a1.img': '790e45cc774cfb78d6c2c2564c2e59b9150919352ff56fed3b60d52fdcc6d469',
  'ntfs-10.1.ntfsclone': '3538acebf5b82b77deacaf09c531745e176adc88998e146b2687136540970db7',
  'ext2-z0.pimg.000': '2b913337453093d82163e263fcc0654f370c2f70e9e0ef83ebed921229ec01e2',
  'ext2-z1.pimg.000': '2b913337453093d82163e263fcc0654f370c2f70e9e0ef83ebed921229ec01e2',
  'ext2-z2.pimg.000': 'd41f5797f5746d9428fa65613daf4e4765af596aefd44f18fade2b016b98db19',
  'ext2-split.pimg.000': 'a3eb61e3e9d7c8e7ffc4333b078cb82e1f0c000ecfd9c9b615772d34f21fb24e',
  'vfat.pimg.000': vfat,
  'sda1.ext4-ptcl-img.gz.aa': ext4,
  'sda1.ext4-ptcl-img.zst.aa': ext4,
  'swap-imager.img': '47d0145fd13d729f981b817fc20908408bde010bb1b39211408c401557a6d167',
}

/** Writes the files of an image into `folder`, without the zstd around them. Returns the first one. */
export function writeImage(name: string, folder: string): string {
  const stem = name.replace(/(?<=\.)(?:aa|000)$/, '')
  const files = fs.readdirSync(fixtures).filter((file) => file.startsWith(stem))
  for (const file of files) {
    const plain = file.replace(/(?<=\.(?:img|000|001|002|003|ntfsclone))\.zst$/, '')
    fs.writeFileSync(path.join(folder, plain), imageBytes(plain))
  }
  return path.join(folder, name)
}

/** The bytes of an image of the folder, unwrapped. */
export function imageBytes(name: string): Buffer {
  const wrapped = path.join(fixtures, `${name}.zst`)
  return fs.existsSync(wrapped)
    ? zlib.zstdDecompressSync(fs.readFileSync(wrapped))
    : fs.readFileSync(path.join(fixtures, name))
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** The partition, by the used blocks in their order. */
export async function expand(image: PartitionImage): Promise<Buffer> {
  const raw = Buffer.alloc(image.facts.deviceBytes)
  for await (const { offset, bytes } of image.blocks()) raw.set(bytes, offset)
  return raw
}
