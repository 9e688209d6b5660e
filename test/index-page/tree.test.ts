import { expect, test } from 'vitest'
import * as tree from '../../assets/index-page/tree.js'
import { showPath } from '../../src/format/path-text.ts'
import { pageLines, type PageRow } from '../../src/index-page/page-data.ts'

const row = (path: string, more: Partial<PageRow> = {}): PageRow => ({ path, type: 'file', size: 10, modified: 1_700_000_000, first: 1, last: null, discs: [1], link: null, ...more }) // prettier-ignore
const folder = (path: string): PageRow => row(path, { type: 'dir', size: null, discs: [] })
const read = (rows: readonly PageRow[]): tree.Rows =>
  tree.readRows([...pageLines({ set: 'x', backups: [], discs: {} }, rows)].slice(1))
const paths = (of: tree.Tree, nodes: readonly number[]): string[] =>
  nodes.map((node) => of.path[node] as string)

test('rows come back as they were, whatever their names and times', () => {
  const names = ['', 'a', 'a-b', 'a/\u{1f642}', 'a/\u{1f643}', 'a/\udc80\udcff', 'a\n\u202e</script>', 'é', 'é', '__proto__']
  const rows = Array.from({ length: 4500 }, (_, i) => row(`${names[i % names.length]}/${i}`, { modified: i % 7 === 0 ? -1e6 - i : i, size: i % 5 === 0 ? null : 2 ** 40 + i, first: 1 + (i % 3), last: i % 4 === 0 ? 9 : null, discs: i % 3 === 0 ? [] : i % 3 === 1 ? [7] : [1, 2, 30], link: i % 11 === 0 ? `to ${i}` : null }))
  const back = read(rows)
  const again = back.path.map((path, i): PageRow => ({ path, type: 'file', size: back.size[i] as number | null, modified: back.time[i] as number, first: back.first[i] as number, last: back.last[i] === 0 ? null : (back.last[i] as number), discs: tree.discNumbers(back.discs[i] as null), link: back.link.get(i) ?? null }))
  expect(again).toEqual(rows)
}) // prettier-ignore

test('a tree has each backup as it was, with sums and discs of its folders', () => {
  const rows = read([
    folder('a'),
    row('a', { first: 2, discs: [3] }),
    row('a-b', { last: 1, size: 5 }),
    row('a/x', { last: 1 }),
    row('b/deep/file', { discs: [1, 2], size: 100 }),
    row('b/deep/link', { type: 'hardlink', size: 100 }),
    row('b/deep/of-a-symlink', { type: 'hardlink', size: null }),
  ].map((one, i) => (i === 0 ? { ...one, last: 1 } : one))) // prettier-ignore
  const first = tree.makeTree(rows, 1)
  const open = new Set(first.children.flatMap((children, node) => (children ? [node] : [])))
  expect(tree.visibleNodes(first, open).map(({ node, depth }) => `${depth} ${first.path[node]}`)).toEqual([
    '0 a', '1 a/x', '0 b', '1 b/deep', '2 b/deep/file', '2 b/deep/link',
    '2 b/deep/of-a-symlink', '0 a-b',
  ]) // prettier-ignore
  expect([first.files[0], first.bytes[0]]).toEqual([4, 115])
  expect(tree.discsBelow(rows, first, 0)).toEqual([1, 2])
  const second = tree.makeTree(rows, 2)
  expect(
    paths(
      second,
      tree.visibleNodes(second, new Set()).map(({ node }) => node),
    ),
  ).toEqual(['b', 'a'])
  expect(second.children[tree.childrenOf(second, 0)[1] as number]).toBeNull()
  expect(tree.versionsOf(rows, 1)).toEqual([1, 0])
})

test('a search finds all words anywhere in a path, in capitals or not', () => {
  const rows = read([
    folder('Photos'),
    row('Photos/Rome 2019.JPG'),
    row('Photos/rome 2020.jpg'),
    row('É.txt'),
  ])
  const all = tree.makeTree(rows, 1)
  const find = (query: string): string[] => paths(all, tree.search(all, query))
  expect(find('jpg photos')).toEqual(['Photos/Rome 2019.JPG', 'Photos/rome 2020.jpg'])
  expect(find('é')).toEqual(['É.txt'])
  expect(find('rome 2020')).toEqual(['Photos/rome 2020.jpg'])
  expect(find('  ')).toEqual([])
})

test('texts are shown as a terminal would have them', () => {
  for (const text of ['a\nb\t\x07', '\u202eevil\u2066', '\udc80x', 'plain é 🙂'])
    expect(tree.showText(text)).toBe(showPath(text))
  expect(tree.showNumbers([1, 2, 3, 5])).toBe('1-3, 5')
})
