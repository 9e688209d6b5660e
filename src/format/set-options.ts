/** The options that a set keeps: those of the newest backup are the defaults of the next one. */

import { type Compression, compressionExtension } from './layout.ts'
import { parseMedium } from './medium.ts'

export interface SetOptions {
  /** Name of a medium, or a size. */
  readonly medium: string
  /** Source data in one chunk, in bytes. */
  readonly chunkSizeBytes: number
  /** Compression method. */
  readonly compress: 'auto' | Compression
  /** Percent of each disc for parity, 0 for none. */
  readonly redundancy: number
  /** Patterns of `--include`. */
  readonly include: readonly string[]
  /** Patterns of `--exclude`. */
  readonly exclude: readonly string[]
  /** Patterns read from the files of `--exclude-from`. */
  readonly excludeFrom: readonly string[]
  /** Regular expression of `--filter`. */
  readonly filter: string | null
  /** Whether other file systems are skipped. */
  readonly oneFileSystem: boolean
  /** Whether discs have an index.html. */
  readonly indexPage: boolean
  /** Files from this size on are stored in pieces, in bytes; 0 for none. */
  readonly piecesFromBytes: number
}

export const builtInOptions: SetOptions = {
  medium: 'bd25',
  chunkSizeBytes: 1e9,
  compress: 'auto',
  redundancy: 0,
  include: [],
  exclude: [],
  excludeFrom: [],
  filter: null,
  oneFileSystem: false,
  indexPage: true,
  piecesFromBytes: 0,
}

/** The field names in catalogs and manifests. */
const fieldNames: Readonly<Record<keyof SetOptions, string>> = {
  medium: 'medium',
  chunkSizeBytes: 'chunk_size',
  compress: 'compress',
  redundancy: 'redundancy',
  include: 'include',
  exclude: 'exclude',
  excludeFrom: 'exclude_from',
  filter: 'filter',
  oneFileSystem: 'one_file_system',
  indexPage: 'index_page',
  piecesFromBytes: 'pieces_from',
}

export const optionNames = Object.keys(fieldNames) as readonly (keyof SetOptions)[]

const isPatterns = (value: unknown): boolean =>
  Array.isArray(value) && value.every((pattern) => typeof pattern === 'string')
const isFlag = (value: unknown): boolean => typeof value === 'boolean'

const checks: Readonly<Record<keyof SetOptions, (value: unknown) => boolean>> = {
  medium: isMedium,
  chunkSizeBytes: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
  compress: (value) =>
    value === 'auto' || (typeof value === 'string' && Object.hasOwn(compressionExtension, value)),
  redundancy: (value) => value === 0 || (typeof value === 'number' && value >= 1 && value <= 50),
  include: isPatterns,
  exclude: isPatterns,
  excludeFrom: isPatterns,
  filter: (value) => value === null || typeof value === 'string',
  oneFileSystem: isFlag,
  indexPage: isFlag,
  piecesFromBytes: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
}

/** The JSON object in `meta.options` and in a manifest's `options` line. */
export const optionFields = (options: SetOptions): Record<string, unknown> =>
  Object.fromEntries(optionNames.map((name) => [fieldNames[name], options[name]]))

/** The inverse. Missing or invalid fields get the built-in defaults. */
export function optionsFromFields(fields: object): SetOptions {
  const given = fields as Readonly<Record<string, unknown>>
  const sound = optionNames.flatMap((name) => {
    const value = given[fieldNames[name]]
    return value !== undefined && checks[name](value) ? [[name, value] as const] : []
  })
  return { ...builtInOptions, ...(Object.fromEntries(sound) as Partial<SetOptions>) }
}

function isMedium(value: unknown): boolean {
  if (typeof value !== 'string') return false
  try {
    parseMedium(value)
    return true
  } catch {
    return false
  }
}
