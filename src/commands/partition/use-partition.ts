/** The commands that check and mount a partition that is a file. */

/** The words before the file, and for `mount` those before the folder too. */
interface FileSystemPrograms {
  readonly check?: string
  /** `FILE` and `FOLDER` stand for them. */
  readonly mount?: string
}

const loopMount = (type: string, more = ''): string => `mount -t ${type} -o ro${more},loop FILE FOLDER`

/** By the name that partclone, partimage or ntfsclone gives the file system, in lower case. */
const programs: Readonly<Record<string, FileSystemPrograms>> = {
  ext: { check: 'e2fsck -fn FILE', mount: loopMount('ext4', ',noload') },
  ext2: { check: 'e2fsck -fn FILE', mount: loopMount('ext2') },
  xfs: { check: 'xfs_repair -n FILE', mount: loopMount('xfs', ',norecovery,nouuid') },
  btrfs: { check: 'btrfs check --readonly FILE', mount: loopMount('btrfs') },
  ntfs: { check: 'ntfsfix --no-action FILE', mount: 'ntfs-3g -o ro FILE FOLDER' },
  fat: { check: 'fsck.fat -n FILE', mount: loopMount('vfat') },
  exfat: { check: 'fsck.exfat -n FILE', mount: loopMount('exfat') },
  f2fs: { check: 'fsck.f2fs --dry-run FILE', mount: loopMount('f2fs', ',norecovery') },
  hfs: { check: 'fsck.hfsplus -n FILE', mount: loopMount('hfsplus') },
  reiserfs: { check: 'reiserfsck --check FILE', mount: loopMount('reiserfs') },
  jfs: { check: 'fsck.jfs -n FILE', mount: loopMount('jfs') },
  nilfs: { mount: loopMount('nilfs2', ',norecovery') },
  minix: { check: 'fsck.minix FILE', mount: loopMount('minix') },
  ufs: { mount: loopMount('ufs', ',ufstype=ufs2') },
  apfs: { mount: 'apfs-fuse FILE FOLDER' },
  vmfs: { mount: 'vmfs-fuse FILE FOLDER' },
}

const names: readonly (readonly [pattern: RegExp, name: keyof typeof programs])[] = [
  [/^ext/, 'ext'],
  [/^(?:fat|vfat)/, 'fat'],
  [/^hfs/, 'hfs'],
  [/^reiser/, 'reiserfs'],
  [/^nilfs/, 'nilfs'],
  [/^vmfs/, 'vmfs'],
  [/^ntfs/, 'ntfs'],
]

export interface UseCommands {
  readonly check: string | undefined
  readonly mount: string | undefined
}

/**
 * The commands for a file system. `start`: the first 2 KiB of the partition, which tell ext2 from ext3 and
 * ext4. `file` is a shell word.
 */
export function useCommands(fileSystem: string, file: string, start: Buffer): UseCommands {
  const given = fileSystem.toLowerCase()
  const found = names.find(([pattern]) => pattern.test(given))?.[1] ?? given
  const { check, mount } = programs[found === 'ext' && isExt2(start) ? 'ext2' : found] ?? {}
  const filled = (words: string | undefined): string | undefined =>
    words?.replace('FILE', () => file).replace('FOLDER', '/mnt')
  return { check: filled(check), mount: filled(mount) }
}

const superblock = 1024

/** Without a journal the kernel refuses `noload`. `s_magic` is at 56, `s_feature_compat` at 92. */
function isExt2(start: Buffer): boolean {
  const hasJournal = 0x4
  return (
    start.length >= superblock + 96 &&
    start.readUInt16LE(superblock + 56) === 0xef53 &&
    (start.readUInt32LE(superblock + 92) & hasJournal) === 0
  )
}
