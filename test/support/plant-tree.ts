/** Test trees as real files: what a restored tree is compared with. */

import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { pathForSystem, pathToBytes } from '../../src/format/path-text.ts'
import { defaultMtime, type TestEntry, type TestTree } from './make-set.ts'

/** Writes `tree` below `folder`, which is created. Owners are set as root only. */
export function plantTree(folder: string, tree: TestTree): void {
  fs.mkdirSync(folder, { recursive: true })
  const entries = Object.entries(tree).map(([name, entry]): [string, TestEntry] => [
    name,
    typeof entry === 'string' ? { type: 'file', data: entry } : entry,
  ])
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  const at = (name: string): string | Buffer => {
    const full = pathForSystem(path.posix.join(folder, name))
    return full
  }
  for (const [name, entry] of entries) {
    const file = at(name)
    if (entry.type === 'dir') fs.mkdirSync(file, { recursive: true })
    else fs.mkdirSync(at(path.posix.dirname(name)), { recursive: true })
    if (entry.type === 'file') fs.writeFileSync(file, entry.data)
    else if (entry.type === 'symlink') fs.symlinkSync(pathForSystem(entry.link), file)
    else if (entry.type === 'fifo') execFileSync('mkfifo', [pathToBytes(at(name).toString()).toString()])
    else if (entry.type === 'chardev' || entry.type === 'blockdev') {
      const [major, minor] = entry.device.split(',') as [string, string]
      execFileSync('mknod', [String(file), entry.type === 'chardev' ? 'c' : 'b', major, minor])
    }
  }
  for (const [name, entry] of entries) if (entry.type === 'hardlink') fs.linkSync(at(entry.link), at(name))
  const timed = new Map<bigint, Buffer[]>()
  for (const [name, entry] of entries.reverse()) {
    if (entry.type === 'hardlink' || entry.type === 'socket') continue
    const file = at(name)
    if (process.getuid?.() === 0) fs.lchownSync(file, entry.uid ?? 0, entry.gid ?? 0)
    if (entry.type !== 'symlink') fs.chmodSync(file, entry.mode ?? (entry.type === 'dir' ? 0o755 : 0o644))
    const time = entry.mtime ?? defaultMtime
    timed.set(time, [...(timed.get(time) ?? []), Buffer.from(file as string)])
  }
  fs.chmodSync(folder, 0o755)
  timed.set(defaultMtime, [...(timed.get(defaultMtime) ?? []), Buffer.from(folder)])
  for (const [time, files] of timed) touch(files, time)
}

/** Sets a time to the nanosecond, of a symlink itself; no time of a folder changes by it. */
function touch(files: readonly Buffer[], mtime: bigint): void {
  const nanoseconds = mtime < 0n ? -mtime : mtime
  const fraction = String(nanoseconds % 1_000_000_000n).padStart(9, '0')
  const when = `@${mtime < 0n ? '-' : ''}${nanoseconds / 1_000_000_000n}.${fraction}`
  // A byte that is not UTF-8 cannot stand in the arguments node passes; xargs hands it on.
  const done = spawnSync('xargs', ['-0', 'touch', '-h', '-d', when, '--'], {
    input: Buffer.concat(files.flatMap((file) => [file, Buffer.alloc(1)])),
  })
  if (done.status !== 0) throw new Error(`touch: ${done.stderr.toString()}`)
}

/** What rsync finds different between two trees, line by line, times to the nanosecond. */
export function differences(expected: string, actual: string, flags = '-aHnc'): string {
  return execFileSync(
    'rsync',
    [flags, '-@', '-1', '--itemize-changes', '--delete', `${expected}/`, `${actual}/`],
    {
      encoding: 'latin1',
    },
  )
}
