/** Images of discs, read by other programs. */

import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** Debian's package of each. */
const packages = { xorriso: 'xorriso', '7z': 'p7zip-full', fuseiso: 'fuseiso', fusermount: 'fuse3' }

function call(program: keyof typeof packages, args: readonly string[]): string {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code === 'ENOENT')
      throw new Error(`${program} is missing: apt-get install ${packages[program]}`, { cause })
    throw cause
  }
}

/** Unpacks the image into `folder` by xorriso. */
export function unpackByXorriso(image: string, folder: string): void {
  call('xorriso', ['-no_rc', '-osirrox', 'on', '-indev', image, '-extract', '/', folder])
  execFileSync('chmod', ['-R', 'u+w', folder])
}

export const unpackBy7z = (image: string, folder: string): string =>
  call('7z', ['x', '-y', `-o${folder}`, image])

/** Containers often have no FUSE. */
export const hasFuse = ((): boolean => {
  try {
    fs.closeSync(fs.openSync('/dev/fuse', 'r+'))
    return true
  } catch {
    return false
  }
})()

/** Mounts the image by fuseiso, and copies what is there. */
export function copyByFuseiso(image: string, folder: string): void {
  const mountPoint = `${folder}.mount`
  fs.mkdirSync(mountPoint)
  call('fuseiso', [image, mountPoint])
  try {
    execFileSync('cp', ['-r', '--no-preserve=all', `${mountPoint}/.`, `${folder}/`])
  } finally {
    call('fusermount', ['-u', mountPoint])
    fs.rmdirSync(mountPoint)
  }
}

/** What the image says of each file: its mode, owner and time. */
export const listByXorriso = (image: string): string[] =>
  call('xorriso', ['-no_rc', '-indev', image, '-find', '/', '-exec', 'lsdl', '--']).trimEnd().split('\n')

export const volumeIdOf = (image: string): string | undefined =>
  /^Volume Id {4}: (.*)$/m.exec(call('xorriso', ['-no_rc', '-indev', image, '-pvd_info']))?.[1]

/** `sha256sum -c SHA256SUMS`, and that nothing is there besides. */
export function checkSums(folder: string): void {
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], { cwd: folder, stdio: 'pipe' })
  const listed = fs.readFileSync(path.join(folder, 'SHA256SUMS'), 'utf8').trimEnd().split('\n')
  const there = (fs.readdirSync(folder, { recursive: true, encoding: 'utf8' }) as string[]).filter((name) =>
    fs.statSync(path.join(folder, name)).isFile(),
  )
  if (there.length !== listed.length + 1) throw new Error(`${there.join(', ')} are not what SHA256SUMS lists`)
}
