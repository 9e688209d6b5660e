/** The other programs that butcher can use, and FUSE of the kernel, and their benefits. */

import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { cLibrary } from '../../files/c-library.ts'
import { loadKoffi } from '../../files/koffi.ts'
import { isOneFile, requireOwn } from '../../own-files.ts'
import { programEnvironment } from '../../programs/environment.ts'
import { findProgram } from '../../programs/find-program.ts'

export interface ProgramReport {
  readonly program: string
  /** Absolute; undefined if it is not installed. */
  readonly path: string | undefined
  readonly version: string | undefined
  readonly adds: string
  /** The Debian package, `npm: koffi`, or `kernel: fuse`. */
  readonly package: string
}

const npmPackage = 'npm: koffi'

interface Program {
  readonly program: string
  readonly versionOption?: string
  readonly adds: string
  readonly package: string
}

/** Backup and restore need none: butcher includes bzip2, gzip, zstd and OpenPGP, but they are slower. */
const programs: readonly Program[] = [
  { program: 'lbzip2', adds: 'decompresses bzip2 on all cores', package: 'lbzip2' },
  { program: 'xz', adds: '--compress xz; images to and from .xz', package: 'xz-utils' },
  {
    program: 'partclone.ext4',
    adds: 'device backup --skip-unused: images without unused blocks',
    package: 'partclone',
  },
  {
    program: 'blkid',
    adds: 'device list: file systems and labels without udev',
    package: 'util-linux',
  },
  { program: 'sendmail', adds: 'butcher channel: mail about jobs', package: 'msmtp-mta' },
  { program: 'notify-send', adds: 'butcher channel: notifications on the desktop', package: 'libnotify-bin' },
  { program: 'gpg', adds: 'keys for --recipient; restoring encrypted discs by hand', package: 'gnupg' },
  { program: 'bzip2', adds: 'restoring .bz2 chunks by hand', package: 'bzip2' },
  { program: 'gzip', adds: 'restoring .gz chunks by hand', package: 'gzip' },
  { program: 'zstd', adds: 'restoring .zst chunks by hand', package: 'zstd' },
  { program: 'tar', adds: 'restoring by hand (GNU tar 1.29 or later)', package: 'tar' },
  { program: 'sqlite3', adds: 'restoring one file or an older backup by hand', package: 'sqlite3' },
  {
    program: 'xorriso',
    versionOption: '-version',
    adds: 'butcher iso and burn: images and burned discs',
    package: 'xorriso',
  },
  {
    program: 'par2',
    versionOption: '-V',
    adds: 'repairing damaged discs by their parity; par2cmdline-turbo also makes parity faster',
    package: 'par2',
  },
  {
    program: 'debugfs',
    versionOption: '-V',
    adds: 'partition check --files for ext2, ext3 and ext4',
    package: 'e2fsprogs',
  },
  { program: 'ntfscluster', adds: 'partition check --files for NTFS', package: 'ntfs-3g' },
  {
    program: 'rclone',
    versionOption: 'version',
    adds: 'sets on remotes: rclone:REMOTE:PATH',
    package: 'rclone',
  },
  { program: 'fusermount3', adds: 'mounts by an ordinary user; root needs none', package: 'fuse3' },
]

/**
 * Searches each program on the PATH, and runs it to get its version. The npm packages and /dev/fuse are the
 * last ones.
 */
export async function doctor(): Promise<ProgramReport[]> {
  const found = await Promise.all(
    programs.map(async ({ program, versionOption = '--version', adds, package: debianPackage }) => {
      const file = findProgram(program)
      const version = file && (await versionOf(file, versionOption))
      return { program, path: file, version, adds, package: debianPackage }
    }),
  )
  return [...found, koffi(), queue(), kernelFuse()]
}

function koffi(): ProgramReport {
  const report = {
    program: 'koffi',
    adds: 'extended attributes, holes of files, mounts by an ordinary user',
    package: npmPackage,
  }
  if (cLibrary === undefined) return { ...report, path: undefined, version: undefined }
  const { version } = loadKoffi() as { version: string }
  return { ...report, path: isOneFile ? process.execPath : requireOwn.resolve('koffi'), version }
}

function queue(): ProgramReport {
  const report = {
    program: 'bullmq',
    adds: 'backup --queue and worker: several hosts pack one backup',
    package: 'npm: bullmq ioredis',
  }
  const require = requireOwn
  try {
    require.resolve('ioredis')
    const { version } = require('bullmq/package.json') as { version: string }
    return { ...report, path: require.resolve('bullmq'), version }
  } catch {
    return { ...report, path: undefined, version: undefined }
  }
}

/** Its version is that of the kernel. */
function kernelFuse(): ProgramReport {
  const device = '/dev/fuse'
  const report = {
    program: device,
    adds: 'mounts of backups and partition images',
    package: 'kernel: fuse',
  }
  try {
    fs.accessSync(device, fs.constants.R_OK | fs.constants.W_OK)
    return { ...report, path: device, version: os.release() }
  } catch {
    return { ...report, path: undefined, version: undefined }
  }
}

/** The first number with a dot in the program's output. */
function versionOf(path: string, option: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: 5000, maxBuffer: 1e6, env: programEnvironment() }
    const child = execFile(path, [option], options, (_error, stdout, stderr) => {
      resolve(/\d+(?:\.\d+)+[a-z0-9.+-]*/i.exec(`${stdout}\n${stderr}`)?.[0])
    })
    // `bzip2 --version` then compresses its input.
    child.stdin?.end()
  })
}
