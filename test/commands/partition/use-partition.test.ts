import { expect, test } from 'vitest'
import { useCommands } from '../../../src/commands/partition/use-partition.ts'

/** The begin of an ext file system. */
function superblock(compatible: number): Buffer {
  const start = Buffer.alloc(2048)
  start.writeUInt16LE(0xef53, 1024 + 56)
  start.writeUInt32LE(compatible, 1024 + 92)
  return start
}

const withJournal = superblock(0x4 | 0x10)

test.each([
  ['EXTFS', withJournal, 'e2fsck -fn F', 'mount -t ext4 -o ro,noload,loop F /mnt'],
  ['EXTFS', superblock(0x10), 'e2fsck -fn F', 'mount -t ext2 -o ro,loop F /mnt'],
  ['ext2fs', superblock(0), 'e2fsck -fn F', 'mount -t ext2 -o ro,loop F /mnt'],
  ['XFS', Buffer.alloc(0), 'xfs_repair -n F', 'mount -t xfs -o ro,norecovery,nouuid,loop F /mnt'],
  ['BTRFS', Buffer.alloc(0), 'btrfs check --readonly F', 'mount -t btrfs -o ro,loop F /mnt'],
  ['NTFS', Buffer.alloc(0), 'ntfsfix --no-action F', 'ntfs-3g -o ro F /mnt'],
  ['FAT32', Buffer.alloc(0), 'fsck.fat -n F', 'mount -t vfat -o ro,loop F /mnt'],
  ['EXFAT', Buffer.alloc(0), 'fsck.exfat -n F', 'mount -t exfat -o ro,loop F /mnt'],
  ['HFS Plus', Buffer.alloc(0), 'fsck.hfsplus -n F', 'mount -t hfsplus -o ro,loop F /mnt'],
  ['VMFS', Buffer.alloc(0), undefined, 'vmfs-fuse F /mnt'],
  ['raw', Buffer.alloc(0), undefined, undefined],
  ['constructor', Buffer.alloc(0), undefined, undefined],
])('%s has its commands', (fileSystem, start, check, mount) => {
  expect(useCommands(fileSystem, 'F', start)).toEqual({ check, mount })
})

test('a file name with a dollar sign stays as it is', () => {
  expect(useCommands('XFS', "'$& $1'", Buffer.alloc(0)).check).toBe("xfs_repair -n '$& $1'")
})
