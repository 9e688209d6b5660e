/** What a tree is, line by line: two that describe the same are the same, to the nanosecond and the byte. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { setPathTime } from '../../src/files/exact-times.ts'
import { pathForSystem, pathFromBytes, showPath } from '../../src/format/path-text.ts'

export interface DescribeOptions {
  /** Left out, as a restore makes none. */
  readonly sockets?: boolean
}

/**
 * One line for each path below `folder`, and `.` for the folder itself, in the order of the paths: type,
 * mode, owner, time, and the content's hash, the link's target or the device's numbers; of a hard link the
 * first path of its inode.
 */
export function describeTree(folder: string, options: DescribeOptions = {}): string[] {
  const lines: string[] = []
  const inodes = new Map<bigint, string>()
  const visit = (path: string): void => {
    const file = pathForSystem(path === '' ? folder : `${folder}/${path}`)
    const stat = fs.lstatSync(file, { bigint: true })
    if (stat.isSocket() && options.sockets !== true) return
    const facts = `${(stat.mode & 0o7777n).toString(8)} ${stat.uid}:${stat.gid} ${stat.mtimeNs}`
    lines.push(`${path === '' ? '.' : showPath(path)} ${facts} ${what(file, path, stat, inodes)}`)
    if (!stat.isDirectory()) return
    const names = fs.readdirSync(file, { encoding: 'buffer' }).map(pathFromBytes)
    for (const name of names.sort()) visit(path === '' ? name : `${path}/${name}`)
  }
  visit('')
  return lines
}

function what(
  file: string | Buffer,
  path: string,
  stat: fs.BigIntStats,
  inodes: Map<bigint, string>,
): string {
  if (stat.isDirectory()) return 'dir'
  const first = inodes.get(stat.ino)
  if (first !== undefined) return `is ${showPath(first)}`
  if (stat.nlink > 1n) inodes.set(stat.ino, path)
  if (stat.isSymbolicLink()) return `-> ${fs.readlinkSync(file, { encoding: 'buffer' }).toString('latin1')}`
  if (stat.isFIFO()) return 'fifo'
  if (stat.isSocket()) return 'socket'
  if (!stat.isFile()) return `${stat.isCharacterDevice() ? 'char' : 'block'} ${stat.rdev}`
  return `file ${stat.size} ${createHash('sha256').update(fs.readFileSync(file)).digest('hex').slice(0, 16)}`
}

/** Sets the time of a path, of a symlink its own, in nanoseconds since 1970. */
export function setTime(path: string, nanoseconds: bigint): void {
  const rest = ((nanoseconds % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  setPathTime(pathForSystem(path), {
    seconds: Number((nanoseconds - rest) / 1_000_000_000n),
    nanoseconds: Number(rest),
  })
}

/** A socket that nobody listens on any more. */
export function makeSocket(path: string): void {
  program('python3', ['-c', 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', path])
}

/** Debian's packages of the programs that tests call. */
const packages: Readonly<Record<string, string>> = {
  '7z': 'p7zip-full',
  xz: 'xz-utils',
  gcc: 'gcc libc6-dev',
  mkfifo: 'coreutils',
  mknod: 'coreutils',
  setfattr: 'attr',
  getfattr: 'attr',
  setfacl: 'acl',
  getfacl: 'acl',
  chattr: 'e2fsprogs',
  'mkfs.ext4': 'e2fsprogs',
  'mkfs.exfat': 'exfatprogs',
  'mount.exfat-fuse': 'exfat-fuse',
  losetup: 'mount',
  sha256sum: 'coreutils',
  setpriv: 'util-linux',
  mount: 'mount',
  umount: 'mount',
}

export interface ProgramRun {
  readonly status: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

/**
 * Runs a program and gives what it said, whatever its status. Throws where it is missing, naming its package.
 */
export function tryProgram(
  name: string,
  args: readonly string[],
  options: { readonly input?: Uint8Array | string; readonly cwd?: string } = {},
): ProgramRun {
  const { status, stdout, stderr, error } = spawnSync(name, args, { maxBuffer: 1e9, ...options })
  if (error && (error as NodeJS.ErrnoException).code === 'ENOENT')
    throw new Error(`${name} is not installed: apt-get install ${packages[name] ?? name}`)
  if (error) throw error
  return { status, stdout, stderr: stderr.toString() }
}

/** What a program prints. Throws where it fails. */
export function program(
  name: string,
  args: readonly string[],
  options: { readonly input?: Uint8Array | string; readonly cwd?: string } = {},
): Buffer {
  const { status, stdout, stderr } = tryProgram(name, args, options)
  if (status !== 0) throw new Error(`${name} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}
