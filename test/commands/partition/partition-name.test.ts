import { expect, test } from 'vitest'
import { partitionName } from '../../../src/commands/partition/partition-name.ts'

test.each([
  ['/images/sda1.ext4-ptcl-img.gz.aa', 'sda1'],
  ['sda1.ext4-ptcl-img.zst', 'sda1'],
  ['sda2.ntfs-img.aaa', 'sda2'],
  ['vg-root.dd-ptcl-img.uncomp', 'vg-root'],
  ['sda1.img', 'sda1'],
  ['sda1.img.xz', 'sda1'],
  ['sda1.aa', 'sda1'],
  ['old.pimg.000', 'old'],
  ['ntfs-10.1.ntfsclone', 'ntfs-10.1'],
  ['my.disk of 2019', 'my.disk of 2019'],
  ['.img', '.img'],
  ['plain', 'plain'],
])('%s holds %s', (file, name) => {
  expect(partitionName(file)).toBe(name)
})
