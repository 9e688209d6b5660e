/**
 * Entries from the walk's thread, in columns: copying objects between threads would take longer than the
 * walk.
 */

import type { EntryType } from '../format/manifest.ts'
import type { SourceEntry } from './source-entry.ts'

export interface EntryBatch {
  readonly count: number
  /** Separated by NUL, which no path contains. */
  readonly paths: string
  /** For each entry: mtime, ctime and inode. */
  readonly wide: BigInt64Array<ArrayBuffer>
  /** For each entry: type, mode, uid, gid, and for files size and allocated, else -1. */
  readonly narrow: Float64Array<ArrayBuffer>
  /** For entries that have them, by index in the batch. */
  readonly links: ReadonlyMap<number, string>
  readonly devices: ReadonlyMap<number, string>
}

const types: readonly EntryType[] = [
  'file', 'dir', 'symlink', 'hardlink', 'fifo', 'socket', 'chardev', 'blockdev',
] // prettier-ignore
const numberOfType = new Map(types.map((type, number) => [type, number]))
const wideFields = 3
const narrowFields = 6

export class BatchWriter {
  readonly #entries: number
  #paths: string[] = []
  #wide: EntryBatch['wide']
  #narrow: EntryBatch['narrow']
  #links = new Map<number, string>()
  #devices = new Map<number, string>()

  /** For up to `entries` entries in a batch. */
  constructor(entries: number) {
    this.#entries = entries
    this.#wide = new BigInt64Array(entries * wideFields)
    this.#narrow = new Float64Array(entries * narrowFields)
  }

  get isFull(): boolean {
    return this.#paths.length === this.#entries
  }

  add(entry: SourceEntry): void {
    const at = this.#paths.length
    this.#wide[at * wideFields] = entry.mtime
    this.#wide[at * wideFields + 1] = entry.ctime
    this.#wide[at * wideFields + 2] = entry.inode
    const narrow = at * narrowFields
    this.#narrow[narrow] = numberOfType.get(entry.type) as number
    this.#narrow[narrow + 1] = entry.mode
    this.#narrow[narrow + 2] = entry.uid
    this.#narrow[narrow + 3] = entry.gid
    this.#narrow[narrow + 4] = entry.size ?? -1
    this.#narrow[narrow + 5] = entry.allocated ?? -1
    if (entry.link !== null) this.#links.set(at, entry.link)
    if (entry.device !== null) this.#devices.set(at, entry.device)
    this.#paths.push(entry.path)
  }

  /** The entries added since the last call. */
  take(): EntryBatch {
    const count = this.#paths.length
    const batch = {
      count,
      paths: this.#paths.join('\0'),
      wide: this.#wide.slice(0, count * wideFields),
      narrow: this.#narrow.slice(0, count * narrowFields),
      links: this.#links,
      devices: this.#devices,
    }
    this.#paths = []
    this.#links = new Map()
    this.#devices = new Map()
    return batch
  }
}

export function* entriesOf({
  count,
  paths,
  wide,
  narrow,
  links,
  devices,
}: EntryBatch): Generator<SourceEntry> {
  const names = paths.split('\0')
  for (let at = 0; at < count; at++) {
    const [size, allocated] = [
      narrow[at * narrowFields + 4] as number,
      narrow[at * narrowFields + 5] as number,
    ]
    yield {
      path: names[at] as string,
      type: types[narrow[at * narrowFields] as number] as EntryType,
      mode: narrow[at * narrowFields + 1] as number,
      uid: narrow[at * narrowFields + 2] as number,
      gid: narrow[at * narrowFields + 3] as number,
      mtime: wide[at * wideFields] as bigint,
      ctime: wide[at * wideFields + 1] as bigint,
      inode: wide[at * wideFields + 2] as bigint,
      size: size < 0 ? null : size,
      allocated: allocated < 0 ? null : allocated,
      link: links.size === 0 ? null : (links.get(at) ?? null),
      device: devices.size === 0 ? null : (devices.get(at) ?? null),
    }
  }
}
