import { expect, test } from 'vitest'
import { Nodes } from '../../src/mount/nodes.ts'

const view = { key: 'latest', backup: 1 }

/** FNV-1a of 64 bits over the bytes of a text, the plain way. */
function fnv(text: string): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & 0xffffffffffffffffn
  return hash
}

test('inode numbers are FNV-1a of view and path, above all numbers of nodes', () => {
  const nodes = new Nodes(16)
  for (const path of ['', 'a', 'folder/file.txt', 'x'.repeat(4000)]) {
    const expected = 2n ** 52n + (fnv(`latest/${path}`) & (2n ** 52n - 1n))
    expect(nodes.of(view, path, false).inode).toBe(Number(expected))
  }
})

test('a number is forgotten once nobody knows it', () => {
  const nodes = new Nodes(16)
  const item = nodes.of(view, 'a', false)
  item.kept = 1
  nodes.release(item)
  expect(nodes.of(view, 'a', false)).toBe(item)
  item.kept = 0
  nodes.release(item)
  expect(nodes.get(item.node)).toBeUndefined()
  expect(nodes.of(view, 'a', false).node).not.toBe(item.node)
})
