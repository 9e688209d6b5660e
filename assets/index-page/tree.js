/*
 * The logic of index.html, without the page: what is in the data, the tree of one backup, what a search
 * finds.
 */

/**
 * The rows of the data, made from its lines: a header, then blocks of rows. A path tells only how it differs
 * from the one before.
 */
export function readRows(lines) {
  const rows = { path: [], type: [], size: [], time: [], discs: [], first: [], last: [], link: new Map() }
  let before = ''
  let time = 0
  for (const line of lines) {
    const { n, p, t, s, m, d, f, l, k } = JSON.parse(line)
    for (let i = 0; i < n.length; i++) {
      before = before.slice(0, p[i]) + n[i]
      time += m[i]
      if (k && k[i] !== undefined) rows.link.set(rows.path.length, k[i])
      rows.path.push(before)
      rows.type.push(t[i])
      rows.size.push(s[i])
      rows.time.push(time)
      rows.discs.push(d[i])
      rows.first.push(f[i])
      rows.last.push(l[i])
    }
  }
  return rows
}

/** The numbers in `3`, `1,3`, null. */
export const discNumbers = (discs) =>
  discs === null ? [] : typeof discs === 'number' ? [discs] : discs.split(',').map(Number)

/**
 * The tree of a backup: nodes by number, 0 the root, each with its row (-1 where there is none), its parent,
 * and of folders children, files and bytes below. A parent has a lower number than its children.
 */
export function makeTree(rows, backup) {
  const tree = { row: [-1], parent: [-1], name: [''], path: [''], children: [[]], files: [0], bytes: [0] }
  const folders = new Map([['', 0]])
  const add = (path, row, isFolder) => {
    const slash = path.lastIndexOf('/')
    const parent = folderAt(path.slice(0, Math.max(0, slash)))
    const node = tree.row.length
    tree.row.push(row)
    tree.parent.push(parent)
    tree.name.push(path.slice(slash + 1))
    tree.path.push(path)
    tree.children.push(isFolder ? [] : null)
    tree.files.push(0)
    tree.bytes.push(0)
    tree.children[parent].push(node)
    if (isFolder) folders.set(path, node)
    return node
  }
  // A filtered backup may lack the folders that its files are in.
  const folderAt = (path) => folders.get(path) ?? add(path, -1, true)
  for (let i = 0; i < rows.path.length; i++) {
    if (rows.first[i] > backup || (rows.last[i] !== 0 && rows.last[i] < backup)) continue
    const isFolder = rows.type[i] === 'd'
    if (isFolder && folders.has(rows.path[i])) tree.row[folders.get(rows.path[i])] = i
    else add(rows.path[i], i, isFolder)
  }
  for (let node = tree.row.length - 1; node > 0; node--) {
    const type = tree.row[node] === -1 ? 'd' : rows.type[tree.row[node]]
    // Another name of what is no file has no size.
    if (type === 'f' || (type === 'h' && rows.size[tree.row[node]] !== null)) tree.files[node]++
    // A hard link is another name for bytes that are counted already.
    if (type === 'f') tree.bytes[node] += rows.size[tree.row[node]]
    tree.files[tree.parent[node]] += tree.files[node]
    tree.bytes[tree.parent[node]] += tree.bytes[node]
  }
  return tree
}

const collator = new Intl.Collator(undefined, { numeric: true })

/** The children of a folder, folders first; sorted when they are first asked for. */
export function childrenOf(tree, node) {
  const children = tree.children[node]
  if (!children.sorted) {
    const rank = (child) => (tree.children[child] ? 0 : 1)
    children.sort((a, b) => rank(a) - rank(b) || collator.compare(tree.name[a], tree.name[b]))
    children.sorted = true
  }
  return children
}

/**
 * All discs with something that is below a node, in order. Asked for at every drawing, so each folder is
 * looked through once.
 */
export function discsBelow(rows, tree, node) {
  tree.below ??= new Map()
  const known = tree.below.get(node)
  if (known) return known
  const found = new Set()
  const left = [node]
  while (left.length > 0) {
    const next = left.pop()
    const row = tree.row[next]
    if (row !== -1) for (const disc of discNumbers(rows.discs[row])) found.add(disc)
    if (tree.children[next]) for (const child of tree.children[next]) left.push(child)
  }
  const discs = [...found].sort((a, b) => a - b)
  tree.below.set(node, discs)
  return discs
}

/** `1-3, 5` */
export function showNumbers(numbers) {
  const ranges = []
  for (const number of numbers) {
    const last = ranges.at(-1)
    if (last && last[1] === number - 1) last[1] = number
    else ranges.push([number, number])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(', ')
}

/** What is shown, in order: each with its depth. `open` has the folders that are open. */
export function visibleNodes(tree, open) {
  const shown = []
  const walk = (folder, depth) => {
    for (const node of childrenOf(tree, folder)) {
      shown.push({ node, depth })
      if (tree.children[node] && open.has(node)) walk(node, depth + 1)
    }
  }
  walk(0, 0)
  return shown
}

/** The nodes whose path has all words of `query`, in small letters or capitals, in the order of paths. */
export function search(tree, query) {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  if (words.length === 0) return []
  // Made at the first search of a tree: 100,000 paths take some 20 ms.
  tree.small ??= tree.path.map((path) => path.toLowerCase())
  const found = []
  for (let node = 1; node < tree.small.length; node++) {
    const path = tree.small[node]
    if (words.every((word) => path.includes(word))) found.push(node)
  }
  return found
}

/** All versions of the path of `row`, the newest first: they stand together. */
export function versionsOf(rows, row) {
  const path = rows.path[row]
  let [first, last] = [row, row]
  while (rows.path[first - 1] === path) first--
  while (rows.path[last + 1] === path) last++
  return Array.from({ length: last - first + 1 }, (_, i) => last - i)
}

export function showSize(bytes) {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= 1000
    unit++
  } while (value >= 999.5 && unit < 4)
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)} ${'kMGTP'[unit]}B`
}

/** Local time to the minute. */
export function showTime(seconds) {
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) return '?'
  const two = (value) => String(value).padStart(2, '0')
  const day = `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`
}

/**
 * `text` with everything written out that would hide or reorder the text around it; bytes that are no UTF-8
 * as `\xNN`.
 */
export function showText(text) {
  let shown = ''
  for (const letter of text) {
    const point = letter.codePointAt(0)
    if (point === 10) shown += '\\n'
    else if (point === 9) shown += '\\t'
    else if (point < 32 || (point >= 127 && point < 160)) shown += `\\x${point.toString(16).padStart(2, '0')}`
    else if (point >= 0xdc80 && point <= 0xdcff) shown += `\\x${(point - 0xdc00).toString(16)}`
    else if (
      (point >= 0x202a && point <= 0x202e) ||
      (point >= 0x2066 && point <= 0x2069) ||
      (point >= 0x200e && point <= 0x200f) ||
      point === 0x2028 ||
      point === 0x2029 ||
      (point >= 0xd800 && point <= 0xdfff)
    )
      shown += `\\u{${point.toString(16)}}`
    else shown += letter
  }
  return shown
}
