/** What the files of a Clonezilla folder are, by their names. */

/** An image of a partition, or a partition without one. */
export interface NamedImage {
  /** `sda1`, or `vg-lv` of LVM. */
  readonly partition: string
  /** `raw`: a copy of every block, without a header. */
  readonly kind: 'partclone' | 'ntfsclone' | 'partimage' | 'raw'
  /** By the name: `ext4`. */
  readonly fileSystem: string | null
  /** The first file. */
  readonly first: string
}

const compression = String.raw`(?:\.(?:gz|bz2|lzo|lz4|lz4mt|lzma|xz|lzip|lrz|zst|zstd|uncomp))?`
const part = String.raw`(?:\.a{2,4})?`

const patterns: readonly (readonly [RegExp, NamedImage['kind']])[] = [
  [new RegExp(String.raw`^(.+)\.dd-ptcl-img${compression}${part}$`), 'raw'],
  [new RegExp(String.raw`^(.+)\.dd-img${compression}${part}$`), 'raw'],
  [new RegExp(String.raw`^(.+)\.([^.]+)-ptcl-img${compression}${part}$`), 'partclone'],
  [new RegExp(String.raw`^(.+)\.ntfs-img${compression}${part}$`), 'ntfsclone'],
  [/^([^.]+)\.(?:000|aa)$/, 'partimage'],
]

/** Undefined for every other file, and for the later parts of a split image. */
export function imageByName(first: string): NamedImage | undefined {
  for (const [pattern, kind] of patterns) {
    const found = pattern.exec(first)
    if (!found) continue
    const fileSystem = kind === 'ntfsclone' ? 'ntfs' : (found[2] ?? null)
    return { partition: found[1] as string, kind, fileSystem, first }
  }
  return undefined
}

/** Files of a disk: the ending of their names, and what each is. */
const diskEndings: Readonly<Record<string, string>> = {
  '-pt.sf': 'partition table, for sfdisk',
  '-pt.parted': 'partition table, as parted prints it',
  '-pt.parted.compact': 'partition table, as parted prints it in short',
  '-mbr': 'master boot record',
  '-gpt-1st': 'GPT, first copy',
  '-gpt-2nd': 'GPT, second copy',
  '-gpt.gdisk': 'GPT, for gdisk',
  '-gpt.sgdisk': 'GPT, for sgdisk',
  '-chs.sf': 'geometry of the disk',
  '-hidden-data-after-mbr': 'data between the boot record and the first partition',
}

/** The disk that a file belongs to. */
export function diskByName(name: string): { readonly disk: string; readonly is: string } | undefined {
  for (const [ending, is] of Object.entries(diskEndings)) {
    if (name.endsWith(ending) && name.length > ending.length)
      return { disk: name.slice(0, -ending.length), is }
  }
  return undefined
}

const others: readonly (readonly [RegExp, string])[] = [
  [/^clonezilla-img$/, 'log of Clonezilla'],
  [/^(?:parts|disk|dev-fs\.list|blkdev\.list|blkid\.list)$/, 'list of partitions or disks'],
  [/^swappt-.+\.info$/, 'swap partition: its UUID and label only'],
  [/^luks-dev\.list$/, 'list of encrypted partitions'],
  [/-luksHeader\.bin$/, 'header of an encrypted partition'],
  [/^lvm_.+\.list$/, 'list of LVM'],
  [/^lvm_.+\.conf$/, 'configuration of a volume group'],
  [/^efi-nvram\.dat$/, 'boot entries of the firmware'],
  [/^Info-.+\.(?:txt|list|tar\.gz|sig)$/, 'description of the machine'],
  [/^(?:MD5|SHA1|SHA256|SHA512|B2)SUMS$/, 'checksums of the files'],
]

export const otherByName = (name: string): string | undefined =>
  others.find(([pattern]) => pattern.test(name))?.[1]
