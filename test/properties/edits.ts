/** What is done to a tree between two backups: as data, and done to a real folder. */

import fs from 'node:fs'
import { joinPath, pathForSystem, pathFromBytes, showPath } from '../../src/format/path-text.ts'
import { noise } from '../support/sample-trees.ts'
import { program, setTime } from '../support/tree.ts'

/**
 * So many bytes, blocks of 512, heads of 64 KiB (what is hashed first of a large file) or chunk sizes, and
 * `delta` more.
 */
export interface Size {
  readonly unit: 'byte' | 'block' | 'head' | 'chunk'
  readonly count: number
  readonly delta: number
}

export type Node =
  | {
      readonly kind: 'file'
      readonly size: Size
      readonly seed: number
      readonly mode: number
      /** 64 KiB each, before what is in the file. */
      readonly holes: number
    }
  | { readonly kind: 'dir'; readonly mode: number }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'fifo'; readonly mode: number }

/** `at` and `folder` pick one of the paths, or of the folders, that are there when it is done. */
export type Edit =
  | { readonly do: 'make'; readonly folder: number; readonly name: string; readonly node: Node }
  | { readonly do: 'retype'; readonly at: number; readonly node: Node }
  | { readonly do: 'write'; readonly at: number; readonly size: Size; readonly seed: number }
  | { readonly do: 'flip'; readonly at: number; readonly byte: number }
  | { readonly do: 'touch'; readonly at: number; readonly time: bigint }
  | { readonly do: 'chmod'; readonly at: number; readonly mode: number }
  | { readonly do: 'chown'; readonly at: number; readonly uid: number; readonly gid: number }
  | {
      readonly do: 'move' | 'copy' | 'link'
      readonly at: number
      readonly folder: number
      readonly name: string
    }
  | { readonly do: 'remove'; readonly at: number }
  | { readonly do: 'attribute'; readonly at: number; readonly name: string; readonly value: string }
  | { readonly do: 'acl'; readonly at: number; readonly entry: string }

/**
 * Does `edit` below `source`, and gives it in words; undefined where there is nothing that it could be done
 * to. What stands where something is put is removed before.
 */
export function doEdit(source: string, edit: Edit, chunkSizeBytes: number): string | undefined {
  const tree = readTree(source)
  const at = (path: string): string | Buffer => pathForSystem(joinPath(source, path))
  const folderOf = (index: number): string => pick(tree, index, (stat) => stat.isDirectory()) ?? ''
  const free = (path: string): void => fs.rmSync(at(path), { recursive: true, force: true })
  const name = (path: string): string => `"${showPath(path)}"`

  if (edit.do === 'make') {
    const path = joinPath(folderOf(edit.folder), edit.name)
    free(path)
    return `make ${name(path)}: ${make(at(path), edit.node, chunkSizeBytes)}`
  }
  if (edit.do === 'write' || edit.do === 'flip') {
    const path = pick(tree, edit.at, (stat) => stat.isFile())
    if (path === undefined) return undefined
    if (edit.do === 'write') {
      const bytes = noise(sizeBytes(edit.size, chunkSizeBytes), edit.seed)
      fs.writeFileSync(at(path), bytes)
      return `write ${name(path)}: ${bytes.length} bytes of noise ${edit.seed}`
    }
    const bytes = fs.readFileSync(at(path))
    if (bytes.length === 0) return undefined
    const index = edit.byte % bytes.length
    bytes[index] = (bytes[index] as number) ^ 1
    fs.writeFileSync(at(path), bytes)
    return `flip a bit of byte ${index} of ${name(path)}`
  }
  if (edit.do === 'copy' || edit.do === 'link') {
    const from = pick(tree, edit.at, (stat) => stat.isFile() || (edit.do === 'link' && !stat.isDirectory()))
    const path = joinPath(folderOf(edit.folder), edit.name)
    if (from === undefined || isIn(from, path)) return undefined
    free(path)
    if (edit.do === 'copy') fs.copyFileSync(at(from), at(path))
    else fs.linkSync(at(from), at(path))
    return `${edit.do} ${name(from)} to ${name(path)}`
  }
  const path = pick(tree, edit.at, () => true)
  if (path === undefined) return undefined
  const stat = tree.get(path) as fs.Stats
  switch (edit.do) {
    case 'retype':
      free(path)
      return `instead of ${name(path)}: ${make(at(path), edit.node, chunkSizeBytes)}`
    case 'touch':
      setTime(joinPath(source, path), edit.time)
      return `touch ${name(path)}: ${edit.time} ns`
    case 'chmod': {
      if (stat.isSymbolicLink()) return undefined
      const mode = allowedMode(edit.mode, stat.isDirectory())
      fs.chmodSync(at(path), mode)
      return `chmod ${mode.toString(8)} ${name(path)}`
    }
    case 'attribute':
    case 'acl': {
      // Neither symlinks nor pipes have any.
      if (!stat.isFile() && !stat.isDirectory()) return undefined
      const call =
        edit.do === 'acl' ? ['setfacl', '-m', edit.entry] : ['setfattr', '-n', edit.name, '-v', edit.value]
      onFile(at(path), call)
      return `${call.join(' ').slice(0, 80)} ${name(path)}`
    }
    case 'chown':
      // Only root may give files away.
      if (process.getuid?.() !== 0) return undefined
      fs.lchownSync(at(path), edit.uid, edit.gid)
      return `chown ${edit.uid}:${edit.gid} ${name(path)}`
    case 'move': {
      const to = joinPath(folderOf(edit.folder), edit.name)
      if (isIn(path, to) || isIn(to, path)) return undefined
      free(to)
      fs.renameSync(at(path), at(to))
      return `move ${name(path)} to ${name(to)}`
    }
    case 'remove':
      free(path)
      return `remove ${name(path)}`
  }
}

function sizeBytes(size: Size, chunkSizeBytes: number): number {
  const unit = { byte: 1, block: 512, head: 65_536, chunk: chunkSizeBytes }[size.unit]
  // Each part makes a chunk where chunks are small: six are enough.
  return Math.min(6 * chunkSizeBytes + 1, Math.max(0, unit * size.count + size.delta))
}

function make(file: string | Buffer, node: Node, chunkSizeBytes: number): string {
  if (node.kind === 'symlink') {
    fs.symlinkSync(pathForSystem(node.target), file)
    return `symlink to "${showPath(node.target).slice(0, 80)}"`
  }
  const mode = allowedMode(node.mode, node.kind === 'dir')
  let told = node.kind as string
  if (node.kind === 'dir') fs.mkdirSync(file)
  else if (node.kind === 'fifo') onFile(file, ['mkfifo'])
  else {
    const bytes = noise(sizeBytes(node.size, chunkSizeBytes), node.seed)
    const skipped = node.holes * 65_536
    const open = fs.openSync(file, 'wx')
    fs.writeSync(open, bytes, 0, bytes.length, skipped)
    fs.ftruncateSync(open, skipped + bytes.length)
    fs.closeSync(open)
    told = `${bytes.length} bytes of noise ${node.seed}${skipped > 0 ? ` behind a hole of ${skipped}` : ''}`
  }
  fs.chmodSync(file, mode)
  return `${told}, mode ${mode.toString(8)}`
}

/** An ordinary user must be able to read what is to be backed up. */
const allowedMode = (mode: number, isFolder: boolean): number =>
  process.getuid?.() === 0 ? mode : mode | (isFolder ? 0o700 : 0o400)

/** By xargs, for a name that is not UTF-8 cannot stand in the arguments that Node passes. */
function onFile(file: string | Buffer, call: readonly string[]): void {
  program('xargs', ['-0', ...call, '--'], { input: Buffer.concat([Buffer.from(file), Buffer.alloc(1)]) })
}

const isIn = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`)

/** Every path below `source`, in the order of the strings. */
function readTree(source: string): ReadonlyMap<string, fs.Stats> {
  const found = new Map<string, fs.Stats>()
  const visit = (folder: string): void => {
    const names = fs.readdirSync(pathForSystem(joinPath(source, folder)), { encoding: 'buffer' })
    for (const name of names.map(pathFromBytes).sort()) {
      const path = joinPath(folder, name)
      const stat = fs.lstatSync(pathForSystem(joinPath(source, path)))
      found.set(path, stat)
      if (stat.isDirectory()) visit(path)
    }
  }
  visit('')
  return found
}

function pick(
  tree: ReadonlyMap<string, fs.Stats>,
  index: number,
  wanted: (stat: fs.Stats) => boolean,
): string | undefined {
  const paths = [...tree].flatMap(([path, stat]) => (wanted(stat) ? [path] : []))
  return paths[index % paths.length]
}
