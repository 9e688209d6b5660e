/**
 * The data in index.html: a JSON line with the header, then one line for each block of rows. In a block, each
 * column is an array, which compresses well. A path has only the part that differs from the path before.
 * `assets/index-page/tree.js` reads it.
 */

export interface PageHeader {
  readonly set: string
  readonly backups: readonly {
    readonly number: number
    readonly name: string | null
    readonly started: number
  }[]
  /** Labels by number. */
  readonly discs: Readonly<Record<number, string>>
}

export interface PageRow {
  readonly path: string
  readonly type: string
  readonly size: number | null
  readonly modified: number
  readonly first: number
  readonly last: number | null
  readonly discs: readonly number[]
  readonly link: string | null
}

/** Rows of a block. */
const blockRows = 2000

const letters: Readonly<Record<string, string>> = {
  file: 'f',
  dir: 'd',
  symlink: 'l',
  hardlink: 'h',
  fifo: 'p',
  socket: 's',
  chardev: 'c',
  blockdev: 'b',
}

/** The lines, each with its newline. */
export function* pageLines(header: PageHeader, rows: Iterable<PageRow>): Generator<string> {
  yield `${JSON.stringify(header)}\n`
  let block = emptyBlock()
  let before = ''
  let time = 0
  for (const row of rows) {
    const shared = sharedLength(before, row.path)
    if (row.link !== null) block.k = { ...block.k, [block.n.length]: row.link }
    block.p.push(shared)
    block.n.push(row.path.slice(shared))
    block.t += letters[row.type] ?? '?'
    block.s.push(row.size)
    block.m.push(row.modified - time)
    block.d.push(
      row.discs.length === 0 ? null : row.discs.length === 1 ? (row.discs[0] as number) : row.discs.join(','),
    )
    block.f.push(row.first)
    block.l.push(row.last ?? 0)
    before = row.path
    time = row.modified
    if (block.n.length === blockRows) {
      yield `${JSON.stringify(block)}\n`
      block = emptyBlock()
    }
  }
  if (block.n.length > 0) yield `${JSON.stringify(block)}\n`
}

interface Block {
  /** The length of the prefix shared with the path before, and the rest of the path. */
  readonly p: number[]
  readonly n: string[]
  /** A letter for each type. */
  t: string
  readonly s: (number | null)[]
  /** Seconds since the time of the row before. */
  readonly m: number[]
  readonly d: (number | string | null)[]
  readonly f: number[]
  /** 0: up to the newest. */
  readonly l: number[]
  /** The targets of symlinks, by their index in the block. */
  k?: Readonly<Record<number, string>>
}

const emptyBlock = (): Block => ({ p: [], n: [], t: '', s: [], m: [], d: [], f: [], l: [] })

/** In UTF-16 units, which the page uses. */
function sharedLength(a: string, b: string): number {
  const most = Math.min(a.length, b.length)
  let shared = 0
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++
  return shared
}
