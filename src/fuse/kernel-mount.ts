/**
 * Mounts and unmounts: root by mount and umount, an ordinary user by fusermount3 (or fusermount), which may
 * do it for a user.
 */

import fs from 'node:fs'
import { ButcherError, systemText } from '../errors.ts'
import { findProgram } from '../programs/find-program.ts'
import { type Ended, runToEnd } from '../programs/run-to-end.ts'
import { mountType } from './mount-point.ts'

export interface MountOptions {
  /** An empty folder, by its real path. */
  readonly folder: string
  /** The source that `mount` and `df` show. */
  readonly source: string
  /** Users other than the one who mounts may read too. */
  readonly allowOther: boolean
}

const device = '/dev/fuse'

export const isRoot = (): boolean => process.geteuid?.() === 0

/**
 * Mounts a file system, and calls `serve` with the descriptor as soon as there is one: the mount program may
 * wait for answers. `giveUp` says that there will be no mount on it. Returns the descriptor.
 */
export async function mountByKernel(
  options: MountOptions,
  serve: (descriptor: number) => void,
  giveUp: () => void,
): Promise<number> {
  if (process.platform !== 'linux')
    throw new ButcherError('program', `mounting on ${options.folder}: only Linux can do it`)
  return isRoot() ? mountAsRoot(options, serve, giveUp) : mountAsUser(options, serve)
}

const commonOptions = ({ allowOther }: MountOptions): string[] => [
  'ro',
  'nosuid',
  'nodev',
  // Whoever mounts has the data itself. Others may read what the modes let them.
  ...(allowOther ? ['allow_other', 'default_permissions'] : []),
]

async function mountAsRoot(
  options: MountOptions,
  serve: (descriptor: number) => void,
  giveUp: () => void,
): Promise<number> {
  const { folder, source } = options
  const program = findProgram('mount')
  if (program === undefined) throw noProgram(options, 'root needs the program mount', 'mount')
  const descriptor = openDevice(options)
  serve(descriptor)
  const kernelOptions = [
    ...commonOptions(options),
    'fd=3',
    'rootmode=40000',
    `user_id=${process.geteuid?.()}`,
    `group_id=${process.getegid?.()}`,
  ]
  // -i: mount itself, without a program for this type.
  const args = ['-i', '-t', mountType, '-o', kernelOptions.join(','), '--', source, folder]
  const ended = await runToEnd(program, args, { descriptor }).catch((error: unknown) => {
    giveUp()
    throw error
  })
  if (ended.status !== 0) {
    giveUp()
    throw failed(options, program, ended)
  }
  return descriptor
}

function openDevice({ folder }: MountOptions): number {
  try {
    return fs.openSync(device, 'r+')
  } catch (cause) {
    throw new ButcherError('program', `mounting on ${folder}: ${device}: ${systemText(cause)}`, {
      hint: 'load the kernel module: modprobe fuse; a container needs --device /dev/fuse --cap-add SYS_ADMIN',
      cause,
    })
  }
}

async function mountAsUser(options: MountOptions, serve: (descriptor: number) => void): Promise<number> {
  const program = fusermount()
  if (program === undefined) throw noProgram(options, 'an ordinary user needs fusermount3', 'fuse3')
  // koffi takes time to load, and root does not need it.
  const { openSocketPair, receiveDescriptor } = await import('./descriptor-socket.ts')
  const [ours, theirs] = openSocketPair(options.folder)
  let ended: Ended
  try {
    const args = [
      '-o',
      [...commonOptions(options), 'subtype=butcher', `fsname=${escapeOption(options.source)}`].join(','),
      '--',
      options.folder,
    ]
    ended = await runToEnd(program, args, { descriptor: theirs, environment: { _FUSE_COMMFD: '3' } })
  } finally {
    fs.closeSync(theirs)
  }
  try {
    if (ended.status !== 0) throw failed(options, program, ended)
    const descriptor = receiveDescriptor(ours)
    serve(descriptor)
    return descriptor
  } finally {
    fs.closeSync(ours)
  }
}

const fusermount = (): string | undefined => findProgram('fusermount3') ?? findProgram('fusermount')

/** A comma would begin the next option. */
const escapeOption = (text: string): string => text.replace(/[\\,]/g, (char) => `\\${char}`)

/** Lazy: the folder is free at once; the file system goes when its last file is closed. */
export async function unmountByKernel(folder: string, { lazy }: { lazy: boolean }): Promise<Ended> {
  const umount = isRoot() ? findProgram('umount') : undefined
  if (umount !== undefined) return runToEnd(umount, [...(lazy ? ['-l'] : []), '--', folder])
  const program = fusermount()
  if (program === undefined) throw noProgram({ folder }, 'an ordinary user needs fusermount3', 'fuse3', 'un')
  return runToEnd(program, ['-u', ...(lazy ? ['-z'] : []), '--', folder])
}

const noProgram = (
  { folder }: Pick<MountOptions, 'folder'>,
  why: string,
  debianPackage: string,
  un: 'un' | '' = '',
): ButcherError =>
  new ButcherError('program', `${un}mounting on ${folder}: ${why}`, {
    hint: `on Debian: apt-get install ${debianPackage}`,
  })

function failed(
  { folder, allowOther }: MountOptions,
  program: string,
  { status, complaint }: Ended,
): ButcherError {
  const why = complaint.split('\n')[0] || `${program} ended with ${status}`
  const isForbidden = allowOther && complaint.includes('user_allow_other')
  return new ButcherError('program', `mounting on ${folder}: ${why}`, {
    path: folder,
    ...(isForbidden ? { hint: 'root can write the line user_allow_other into /etc/fuse.conf' } : {}),
  })
}
