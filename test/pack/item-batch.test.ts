import { expect, test } from 'vitest'
import { batchOf, itemsOf } from '../../src/pack/item-batch.ts'
import type { PackItem } from '../../src/pack/item.ts'

const plain: PackItem = {
  seq: 1, path: 'a/b', type: 'file', mode: 0o644, uid: 1000, gid: 100, user: 'me', group: null, mtime: -1n, ctime: 2n ** 62n,
  inode: 7n, size: 2 ** 45, link: null, device: null, attributes: null, member: 'a/b', content: 12,
} // prettier-ignore

test('items are the same after they were in a batch', () => {
  const items: PackItem[] = [
    plain,
    { ...plain, seq: 2, path: 'new\nline', member: 'new\nline', user: 'other' },
    { ...plain, seq: 3, path: 'not utf8 \udcff', member: 'not utf8 _.butcher-name-00' },
    { ...plain, seq: 4, path: 'l', member: 'l', type: 'symlink', link: 'x', attributes: '{}' },
    { ...plain, seq: 5, mustStore: true, sparse: true, room: { dataBytes: 1, mapBytes: 2 } },
    { ...plain, seq: 6, part: { part: 1, parts: 2, offset: 0, size: 5 } },
    { ...plain, seq: -1e9, path: '', member: '', record: [{ t: 'gone', path: 'x', backup: 1 }] },
  ]
  const batch = structuredClone(batchOf(items))
  expect(batch.rest.size).toBe(5)
  expect([...itemsOf(batch)]).toEqual(items)
})
