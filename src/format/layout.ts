/** The names of everything in a destination and on a disc. */

export const catalogFile = 'catalog.sqlite'
export const stagedCatalogFile = (encrypted: boolean): string =>
  `${catalogFile}.bz2${encrypted ? '.gpg' : ''}`
/** The catalog at the top of a destination: plain in an unencrypted set. */
export const destinationCatalogFile = (encrypted: boolean): string =>
  encrypted ? stagedCatalogFile(true) : catalogFile
/** Every name that a catalog may have, in a destination or on a disc. */
export const catalogNames: readonly string[] = [
  catalogFile,
  stagedCatalogFile(false),
  stagedCatalogFile(true),
]

/** The folder below the destination for a run's own files. */
export const workFolder = '.butcher'
export const journalFolder = 'journal'
/** Jobs for workers on other hosts, in a folder for each run; and where jobs were planned that others run. */
export const jobsFolder = 'jobs'
export const plannedJobsFile = 'planned-jobs.json'
/** In the work folder of a set in a store: its id, and a word of the run that wrote to it last. */
export const setRecordFile = 'set.json'
/** The file for finding last names in the plain catalog of a destination. */
export const namesFile = 'names'

export const readmeFile = 'README.txt'
export const scriptFile = 'restore.sh'
export const checksumFile = 'SHA256SUMS'
/** A list of all files for the browser, on the discs of an unencrypted set. */
export const pageFile = 'index.html'
export const chunkFolder = 'chunks'
export const parityFolder = 'parity'
/** The PAR2 set over everything but SHA256SUMS, and the one over SHA256SUMS. */
export const discParitySet = 'disc.par2'
export const checksumParitySet = 'checksums.par2'

export const discFolder = (disc: number): string => `disc-${String(disc).padStart(4, '0')}`

/** The image of a disc, beside its folder. */
export const discImage = (disc: number): string => `${discFolder(disc)}.iso`

/** The number in a disc folder's name, or undefined. */
export function discNumber(folder: string): number | undefined {
  const match = /^disc-(\d{4,})$/.exec(folder)
  return match ? Number(match[1]) : undefined
}

/** ISO 9660 volume id and label of a disc: at most 32 characters of `A-Z0-9_`. */
export const discLabel = (setId: string, disc: number): string =>
  `BUTCHER_${setId.slice(0, 8).toUpperCase()}_${String(disc).padStart(4, '0')}`

export interface DiscLabel {
  /** The first 8 digits of the set id. */
  readonly set: string
  readonly disc: number
}

/** The parts of a disc label, or undefined if it is not one. */
export function parseDiscLabel(label: string): DiscLabel | undefined {
  const match = /^BUTCHER_([0-9A-F]{8})_(\d{4,})$/.exec(label)
  return match ? { set: (match[1] as string).toLowerCase(), disc: Number(match[2]) } : undefined
}

/** The suffix that `restore --salvage` gives to a file that differs from its backup. */
export const damagedSuffix = '.butcher-damaged'

/** A spare disc, beside the folders of its group. */
export const spareFolder = (spare: number): string => `spare-${String(spare).padStart(4, '0')}`
export const spareImage = (spare: number): string => `${spareFolder(spare)}.iso`

/** The number in the name of a spare's folder or image, or undefined. */
export function spareNumber(name: string): number | undefined {
  const match = /^spare-(\d{4,})(\.iso)?$/.exec(name)
  return match ? Number(match[1]) : undefined
}

export const spareLabel = (setId: string, spare: number): string =>
  `BUTCHER_${setId.slice(0, 8).toUpperCase()}_SPARE_${String(spare).padStart(4, '0')}`

/** On a spare: the discs of its group, and their files. */
export const groupFile = 'group.txt'

/** Below the 4 GiB limit of a file section on ISO 9660, and of a file on FAT. */
const parityPieceBytes = 2 ** 30

/** The files on a spare for `bytes` of parity: each of `parityPieceBytes`, except the last one. */
export const parityPieces = (bytes: number): { readonly name: string; readonly sizeBytes: number }[] =>
  Array.from({ length: Math.ceil(bytes / parityPieceBytes) }, (_, i) => ({
    name: `parity-${String(i + 1).padStart(4, '0')}.xor`,
    sizeBytes: Math.min(parityPieceBytes, bytes - i * parityPieceBytes),
  }))

/** The compression of a chunk's tar, with the names of `--compress`. */
export type Compression = 'none' | 'bz2' | 'gz' | 'zstd' | 'xz'

export const compressionExtension: Readonly<Record<Compression, string>> = {
  none: '',
  bz2: '.bz2',
  gz: '.gz',
  zstd: '.zst',
  xz: '.xz',
}

export function chunkFile(chunk: number, compression: Compression, encrypted: boolean): string {
  return `${String(chunk).padStart(8, '0')}.tar${compressionExtension[compression]}${encrypted ? '.gpg' : ''}`
}

export interface ChunkFileName {
  readonly chunk: number
  readonly compression: Compression
  readonly encrypted: boolean
}

/** The parts of a chunk's file name, or undefined if it is not one. */
export function parseChunkFile(name: string): ChunkFileName | undefined {
  const match = /^(\d{8,})\.tar(\.bz2|\.gz|\.zst|\.xz)?(\.gpg)?$/.exec(name)
  if (!match) return undefined
  const extension = match[2] ?? ''
  const compression = (Object.keys(compressionExtension) as Compression[]).find(
    (key) => compressionExtension[key] === extension,
  )
  return compression && { chunk: Number(match[1]), compression, encrypted: match[3] !== undefined }
}

/**
 * The journal's record of chunk `chunk`: its manifest and its location. Only butcher reads it, and only until
 * the run ends, so it uses the fastest compression.
 */
export const journalFile = (chunk: number, encrypted: boolean): string =>
  `${String(chunk).padStart(8, '0')}.jsonl.zst${encrypted ? '.gpg' : ''}`
