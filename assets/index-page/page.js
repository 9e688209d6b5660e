/*
 * index.html: shows what tree.js makes of the data. Every text of the set goes through textContent: none
 * becomes markup.
 */

/* global document, atob, DecompressionStream, TextDecoderStream, Blob, requestAnimationFrame */
/* global performance, ResizeObserver */
/* global readRows, makeTree, childrenOf, discNumbers, discsBelow, showNumbers, visibleNodes, search */
/* global versionsOf, showSize, showTime, showText */

const byId = (id) => document.getElementById(id)
const list = byId('list')
const rowPixels = 30
/** No browser makes an element much higher than this. */
const maxPixels = 8_000_000

const state = {
  header: undefined,
  rows: undefined,
  tree: undefined,
  open: new Set(),
  shown: [],
  selected: 0,
  query: '',
  times: {},
}

async function readData() {
  const packed = atob(byId('data').textContent.trim())
  const bytes = new Uint8Array(packed.length)
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i)
  byId('data').remove()
  const plain = new Blob([bytes])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(new TextDecoderStream())
  let text = ''
  for (const reader = plain.getReader(); ;) {
    const { value, done } = await reader.read()
    if (done) break
    text += value
  }
  const [header, ...lines] = text.split('\n').filter((line) => line !== '')
  state.header = JSON.parse(header)
  state.rows = readRows(lines)
}

function element(tag, className, text) {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}

function fillBackups() {
  for (const { number, name, started } of state.header.backups.toReversed()) {
    const day = showTime(started / 1000)
    const option = element('option', '', `${number}: ${day}${name ? ` ${showText(name)}` : ''}`)
    option.value = String(number)
    byId('backup').append(option)
  }
}

function chooseBackup(number) {
  const started = performance.now()
  const opened = new Set([...state.open].map((node) => state.tree.path[node]))
  state.tree = makeTree(state.rows, number)
  state.open = new Set(
    state.tree.path.flatMap((path, node) =>
      node > 0 && state.tree.children[node] && opened.has(path) ? [node] : [],
    ),
  )
  state.times.tree = performance.now() - started
  state.selected = 0
  show()
}

/** What is listed is worked out anew. */
function show() {
  const started = performance.now()
  const { tree, query } = state
  state.shown =
    query === '' ? visibleNodes(tree, state.open) : search(tree, query).map((node) => ({ node, depth: 0 }))
  state.times[query === '' ? 'list' : 'search'] = performance.now() - started
  state.selected = Math.min(state.selected, Math.max(0, state.shown.length - 1))
  const all = `${tree.files[0].toLocaleString('en')} files, ${showSize(tree.bytes[0])}`
  byId('status').textContent = query === '' ? all : `${state.shown.length.toLocaleString('en')} found`
  byId('filler').style.height = `${Math.min(maxPixels, state.shown.length * rowPixels)}px`
  draw()
  tell()
}

/**
 * How many rows fit, and the first of those to be drawn. Of a very long list the scroll bar stands for more
 * than pixels.
 */
function view() {
  const fit = Math.ceil(list.clientHeight / rowPixels) + 1
  const real = state.shown.length * rowPixels
  const scale = real <= maxPixels ? 1 : (real - list.clientHeight) / (maxPixels - list.clientHeight)
  return { fit, scale, first: Math.max(0, Math.floor((list.scrollTop * scale) / rowPixels)) }
}

function draw() {
  const { fit, scale, first } = view()
  const rows = byId('rows')
  const shift = scale === 1 ? first * rowPixels : list.scrollTop
  rows.style.transform = `translateY(${shift}px)`
  rows.replaceChildren(
    ...state.shown.slice(first, first + fit).map(({ node, depth }, i) => rowElement(node, depth, first + i)),
  )
  const isDrawn = state.selected >= first && state.selected < first + fit
  if (isDrawn && state.shown.length > 0) list.setAttribute('aria-activedescendant', `row-${state.selected}`)
  else list.removeAttribute('aria-activedescendant')
}

function rowElement(node, depth, index) {
  const { rows, tree, query } = state
  const row = tree.row[node]
  const isFolder = tree.children[node] !== null
  const made = element('div', `row${index === state.selected ? ' selected' : ''}`)
  made.id = `row-${index}`
  made.setAttribute('role', 'treeitem')
  made.setAttribute('aria-level', String(depth + 1))
  made.setAttribute('aria-selected', String(index === state.selected))
  made.dataset.index = String(index)
  const name = element('span', isFolder ? 'name folder' : 'name')
  name.style.paddingLeft = `${depth * 18}px`
  const isOpen = state.open.has(node)
  if (isFolder && query === '') made.setAttribute('aria-expanded', String(isOpen))
  name.append(element('span', 'twist', !isFolder ? '' : query !== '' || !isOpen ? '\u25b8' : '\u25be'))
  name.append(
    element(
      'span',
      'text',
      `${showText(query === '' ? tree.name[node] : tree.path[node])}${isFolder ? '/' : ''}`,
    ),
  )
  const discs = isFolder
    ? showNumbers(discsBelow(rows, tree, node))
    : row === -1
      ? ''
      : showNumbers(discNumbers(rows.discs[row]))
  const size = isFolder ? showSize(tree.bytes[node]) : rows.size[row] === null ? '' : showSize(rows.size[row])
  made.append(name, element('span', 'size', size))
  made.append(
    element('span', 'time', row === -1 ? '' : showTime(rows.time[row])),
    element('span', 'discs', discs),
  )
  return made
}

const kinds = {
  f: 'file',
  d: 'folder',
  l: 'symbolic link',
  h: 'hard link',
  p: 'FIFO',
  s: 'socket',
  c: 'character device',
  b: 'block device',
}

/** The selected one in full. */
function tell() {
  const details = byId('details')
  const chosen = state.shown[state.selected]
  if (!chosen) return details.replaceChildren(element('p', 'hint', 'Nothing is found.'))
  const { rows, tree } = state
  const { node } = chosen
  const row = tree.row[node]
  const type = row === -1 ? 'd' : rows.type[row]
  const facts = element('dl')
  const fact = (what, value) => facts.append(element('dt', '', what), element('dd', '', value))
  fact('Kind', kinds[type] ?? '?')
  if (type === 'd') fact('Files', `${tree.files[node].toLocaleString('en')}, ${showSize(tree.bytes[node])}`)
  else if (rows.size[row] !== null) fact('Size', `${rows.size[row].toLocaleString('en')} bytes`)
  if (row !== -1) fact('Changed', showTime(rows.time[row]))
  if (rows.link.has(row)) fact('Points to', showText(rows.link.get(row)))
  const discs = type === 'd' ? discsBelow(rows, tree, node) : discNumbers(rows.discs[row])
  for (const disc of discs.slice(0, 20)) fact('Disc', `${disc}  ${showText(state.header.discs[disc] ?? '')}`)
  if (discs.length > 20) fact('Disc', `and ${discs.length - 20} more: ${showNumbers(discs)}`)
  details.replaceChildren(element('h2', '', showText(tree.path[node])), facts)
  const versions = type === 'd' ? [] : versionsOf(rows, row)
  if (versions.length < 2) return
  details.append(element('h3', '', 'Versions'))
  const table = element('ul')
  for (const version of versions.slice(0, 50)) {
    const last = rows.last[version]
    const backups =
      last === rows.first[version]
        ? `backup ${last}`
        : `backups ${rows.first[version]} to ${last === 0 ? 'now' : last}`
    const size = rows.size[version] === null ? kinds[rows.type[version]] : showSize(rows.size[version])
    const on = showNumbers(discNumbers(rows.discs[version]))
    table.append(
      element('li', '', `${backups}: ${size}, ${showTime(rows.time[version])}${on ? `, disc ${on}` : ''}`),
    )
  }
  details.append(table)
}

function select(index) {
  if (state.shown.length === 0) return
  state.selected = Math.max(0, Math.min(index, state.shown.length - 1))
  const { fit, scale, first } = view()
  if (state.selected <= first) list.scrollTop = (state.selected * rowPixels) / scale
  else if (state.selected >= first + fit - 2)
    list.scrollTop = ((state.selected - fit + 3) * rowPixels) / scale
  draw()
  tell()
}

/** Opens or closes a folder; of a search, shows it in the tree. */
function toggle(index) {
  const chosen = state.shown[index]
  if (!chosen) return
  const { node } = chosen
  if (state.query !== '') return reveal(node)
  if (!state.tree.children[node]) return
  if (!state.open.delete(node)) state.open.add(node)
  show()
}

function reveal(node) {
  for (let up = state.tree.parent[node]; up > 0; up = state.tree.parent[up]) state.open.add(up)
  byId('search').value = ''
  state.query = ''
  show()
  select(state.shown.findIndex((one) => one.node === node))
  list.focus()
}

function left() {
  const { node, depth } = state.shown[state.selected] ?? {}
  if (node === undefined || state.query !== '') return
  if (state.open.has(node)) return toggle(state.selected)
  if (depth > 0) select(state.shown.findIndex((one) => one.node === state.tree.parent[node]))
}

function right() {
  const { node } = state.shown[state.selected] ?? {}
  if (node === undefined || !state.tree.children[node] || state.query !== '') return
  if (state.open.has(node)) select(state.selected + 1)
  else toggle(state.selected)
}

const page = () => Math.max(1, view().fit - 3)
const keys = {
  ArrowDown: () => select(state.selected + 1),
  ArrowUp: () => select(state.selected - 1),
  ArrowLeft: left,
  ArrowRight: right,
  PageDown: () => select(state.selected + page()),
  PageUp: () => select(state.selected - page()),
  Home: () => select(0),
  End: () => select(state.shown.length - 1),
  Enter: () => toggle(state.selected),
  ' ': () => toggle(state.selected),
}

function listen() {
  list.addEventListener('scroll', () => requestAnimationFrame(draw))
  new ResizeObserver(() => draw()).observe(list)
  list.addEventListener('keydown', (event) => {
    const does = keys[event.key]
    if (!does || event.ctrlKey || event.altKey || event.metaKey) return
    event.preventDefault()
    does()
  })
  list.addEventListener('click', (event) => {
    const row = event.target.closest('.row')
    if (!row) return
    const index = Number(row.dataset.index)
    const onTwist = event.target.classList.contains('twist')
    select(index)
    if (onTwist || event.detail === 2) toggle(index)
  })
  byId('backup').addEventListener('change', () => chooseBackup(Number(byId('backup').value)))
  const find = byId('search')
  find.addEventListener('input', () => {
    state.query = find.value.trim()
    state.selected = 0
    list.scrollTop = 0
    show()
  })
  find.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'Enter') {
      event.preventDefault()
      list.focus()
    }
  })
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && event.target !== find) {
      event.preventDefault()
      find.focus()
    } else if (event.key === 'Escape' && state.query !== '') {
      find.value = ''
      state.query = ''
      show()
      list.focus()
    }
  })
}

async function begin() {
  const started = performance.now()
  try {
    await readData()
  } catch (error) {
    byId('status').textContent =
      `This page cannot be read here: ${error instanceof Error ? error.message : error}. A browser of 2023 or later is needed.`
    return
  }
  const { header } = state
  const newest = header.backups.at(-1)?.number ?? 0
  byId('set').textContent = `set ${header.set.slice(0, 8)}, as of backup ${newest}`
  fillBackups()
  listen()
  chooseBackup(Number(byId('backup').value))
  // A set of one folder begins with it open.
  if (state.shown.length === 1) toggle(0)
  state.times.load = performance.now() - started
  document.body.dataset.ready = JSON.stringify({ ...state.times, rows: state.rows.path.length })
  list.focus()
}

begin()
