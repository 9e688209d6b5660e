/**
 * Items on their way to a worker, in columns. Copying a million separate objects between threads would take
 * longer than reading the files.
 */

import type { EntryType } from '../format/manifest.ts'
import type { PackItem } from './item.ts'

export interface ItemBatch {
  readonly count: number
  /** For each item: seq, mode, uid, gid, size, content, and the index of its owner's names. */
  readonly numbers: Float64Array
  /** For each item: mtime, ctime and inode. */
  readonly times: BigInt64Array
  /** The paths, each followed by a zero byte. */
  readonly paths: string
  readonly owners: readonly { readonly user: string | null; readonly group: string | null }[]
  /** Fields that most items do not have, by the item's index in the batch. */
  readonly rest: ReadonlyMap<number, Partial<PackItem>>
}

const columns = 7
const usual = { type: 'file' as EntryType, link: null, device: null, attributes: null }

export function batchOf(items: readonly PackItem[]): ItemBatch {
  const numbers = new Float64Array(items.length * columns)
  const times = new BigInt64Array(items.length * 3)
  const owners: ItemBatch['owners'][number][] = []
  const places = new Map<string, number>()
  const rest = new Map<number, Partial<PackItem>>()
  let paths = ''
  items.forEach((item, index) => {
    const { seq, mode, uid, gid, size, content, mtime, ctime, inode, path, user, group } = item
    const names = `${user}\0${group}`
    let owner = places.get(names)
    if (owner === undefined) {
      places.set(names, (owner = owners.length))
      owners.push({ user, group })
    }
    numbers.set([seq, mode, uid, gid, size, content, owner], index * columns)
    times.set([mtime, ctime, inode], index * 3)
    paths += `${path}\0`
    if (!isUsual(item)) rest.set(index, item)
  })
  return { count: items.length, numbers, times, paths, owners, rest }
}

const isUsual = (item: PackItem): boolean =>
  item.type === 'file' &&
  item.member === item.path &&
  item.link === null &&
  item.device === null &&
  item.attributes === null &&
  item.mustStore === undefined &&
  item.sparse === undefined &&
  item.room === undefined &&
  item.part === undefined &&
  item.piece === undefined &&
  item.record === undefined

export function* itemsOf(batch: ItemBatch): Generator<PackItem> {
  const { numbers, times, owners, rest } = batch
  const paths = batch.paths.split('\0')
  for (let index = 0; index < batch.count; index++) {
    const at = index * columns
    const path = paths[index] as string
    const item = {
      ...usual,
      seq: numbers[at] as number,
      path,
      mode: numbers[at + 1] as number,
      uid: numbers[at + 2] as number,
      gid: numbers[at + 3] as number,
      ...(owners[numbers[at + 6] as number] as ItemBatch['owners'][number]),
      mtime: times[index * 3] as bigint,
      ctime: times[index * 3 + 1] as bigint,
      inode: times[index * 3 + 2] as bigint,
      size: numbers[at + 4] as number,
      member: path,
      content: numbers[at + 5] as number,
    }
    yield rest.has(index) ? { ...item, ...rest.get(index) } : item
  }
}
