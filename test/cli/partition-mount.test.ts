/** `butcher partition mount` with real images, real mounts, and real mounts of what is mounted. */

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { mountAt } from '../../src/fuse/mount-point.ts'
import { idsOf, newMountPoint, removeMounts } from '../fuse/server.ts'
import { imageBytes, sha256, sums } from '../partition/images.ts'
import { asOrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts'
import { cli, type CliResult, lastLine, program } from './cli.ts'

const images = newMountPoint()
const image = (name: string): string => path.join(images, name)
const shown = ['ext4-a1.img', 'ntfs-a1.img', 'btrfs-a1.img', 'vfat-a1.img'] as const
const mounted: string[] = []

let folder = ''
beforeAll(() => {
  for (const name of shown) fs.writeFileSync(image(name), imageBytes(name))
})
beforeEach(() => {
  folder = newMountPoint()
  mounted.push(folder)
})
afterAll(() => {
  for (const one of mounted) if (mountAt(one)) execFileSync('umount', ['-l', one])
  removeMounts()
})

const unmount = (): CliResult => cli(['unmount', folder])
/** In no home folder. */
const log = (): string => `--log=${folder}.log`

interface MountSummary {
  readonly file: string
  readonly pid: number
  readonly check_command: string
  readonly mount_command: string
}

function mount(name: string, ...more: readonly string[]): MountSummary {
  const run = cli(['partition', 'mount', image(name), folder, log(), '--json', ...more])
  expect(run.stderr).toBe('')
  return JSON.parse(run.stdout) as MountSummary
}

test.each(['root', 'user'] as const)('as %s', (user) => {
  const name = 'ext4-a1.img'
  const words = ['partition', 'mount', image(name), folder, '--log=/dev/null']
  if (user === 'user') fs.chownSync(folder, ordinaryUser, ordinaryUser)
  expect((user === 'root' ? cli(words) : asOrdinaryUser(words)).status).toBe(0)
  const file = path.join(folder, name.replace('.img', ''))
  const inside = { ...idsOf(user), cwd: '/', maxBuffer: 2e8 }
  expect(execFileSync('ls', [folder], inside).toString()).toBe(`${path.basename(file)}\n`)
  expect(execFileSync('stat', ['-c', '%a', file], inside).toString()).toBe('444\n')
  expect(sha256(execFileSync('cat', [file], inside))).toBe(sums[name])
  expect((user === 'root' ? unmount() : asOrdinaryUser(['unmount', folder])).status).toBe(0)
})

test('the size on disk is that of the used blocks', () => {
  const { file } = mount('btrfs-a1.img')
  const { size, blocks } = fs.statSync(file)
  expect(size).toBe(115_343_360)
  expect(blocks * 512).toBeGreaterThan(400_000)
  expect(blocks * 512).toBeLessThan(1_000_000)
  unmount()
})

/** From HOW.txt of the images. */
const files = {
  'hello.txt': 'd52e65521a3d37bf7be89c789fa76fa40b628178ef6be390d3b35dc5e0bc5a94',
  'random20k.bin': '9670e73565c859f474eeed5e6774b984b8a0f72ddfaeea670f7b5a0eac79cb32',
  'dir/text.txt': '1ac115d229dc1626888eb3caf793dc9909c06592978c406510c12a888dfa2cce',
}

test.each(['ext4-a1.img', 'btrfs-a1.img', 'ntfs-a1.img', 'xfs.img'])(
  '%s can be mounted and checked by the commands that are printed',
  (name) => {
    if (name === 'xfs.img') makeXfs()
    const more = name.startsWith('ntfs') ? ['--boot-sector-copy'] : []
    const { mount_command: command, check_command: check } = mount(name, ...more)
    const inner = newMountPoint()
    mounted.push(inner)
    execFileSync('sh', ['-c', check], { stdio: 'ignore' })
    execFileSync('sh', ['-c', command.replace(/\/mnt$/, `'${inner}'`)])
    for (const [file, sum] of Object.entries(files))
      expect(sha256(fs.readFileSync(path.join(inner, file)))).toBe(sum)
    const busy = unmount()
    expect(busy.status).toBe(1)
    expect(lastLine(busy.stderr)).toContain('it is in use by ')
    execFileSync('umount', [inner])
    expect(unmount().status).toBe(0)
  },
)

/** XFS has at least 300 MB: the image is made here, with the files of the others. */
function makeXfs(): void {
  const raw = image('xfs')
  fs.writeFileSync(raw, '')
  fs.truncateSync(raw, 320 << 20)
  const ext4 = image('ext4-raw')
  expect(cli(['partition', 'restore', image('ext4-a1.img'), ext4, '--quiet']).status).toBe(0)
  for (const file of Object.keys(files))
    execFileSync('debugfs', ['-R', `dump ${file} "${image(path.basename(file))}"`, ext4], { stdio: 'ignore' })
  const lines = ['/', '0 0', 'd--755 0 0']
  for (const file of ['hello.txt', 'random20k.bin']) lines.push(`${file} ---644 0 0 ${file}`)
  lines.push('dir d--755 0 0', 'text.txt ---644 0 0 text.txt', '$', '$', '')
  fs.writeFileSync(image('proto'), lines.join('\n'))
  const options = { cwd: images, stdio: 'ignore' } as const
  execFileSync('mkfs.xfs', ['-q', '-p', 'proto', raw], options)
  execFileSync('partclone.xfs', ['-c', '-F', '-s', raw, '-o', image('xfs.img'), '-L', image('log')], options)
}

test('a FAT partition is checked by the command that is printed, and read by a program without the kernel', () => {
  const { file, check_command: check } = mount('vfat-a1.img')
  expect(execFileSync('sh', ['-c', check]).toString()).toMatch(/\d+ files, \d+\/\d+ clusters/)
  execFileSync('7z', ['x', `-o${image('fat')}`, file], { stdio: 'ignore' })
  for (const [name, sum] of Object.entries(files))
    expect(sha256(fs.readFileSync(image(`fat/${name}`)))).toBe(sum)
  expect(unmount().status).toBe(0)
})

test('with --allow-other, root reads and mounts the partition of an ordinary user', () => {
  fs.chownSync(folder, ordinaryUser, ordinaryUser)
  const forbidden = asOrdinaryUser([
    'partition',
    'mount',
    image('ext4-a1.img'),
    folder,
    log(),
    '--allow-other',
  ])
  expect(forbidden.status).toBe(1)
  const inner = newMountPoint()
  fs.writeFileSync(image('fuse.conf'), 'user_allow_other\n')
  const asUser = `setpriv --reuid=${ordinaryUser} --regid=${ordinaryUser} --clear-groups env HOME=/tmp ${program.join(' ')}`
  // In a mount namespace of its own, with another /etc/fuse.conf.
  const script = `set -e; mount --bind "$1/fuse.conf" /etc/fuse.conf
${asUser} partition mount "$1/ext4-a1.img" "$2" --allow-other --log=/dev/null >/dev/null
sha256sum <"$2/ext4-a1"; mount -t ext4 -o ro,noload,loop "$2/ext4-a1" "$3"; cat "$3/hello.txt" | sha256sum
umount "$3"; ${asUser} unmount "$2"`
  const said = execFileSync('unshare', ['-m', 'sh', '-c', script, 'sh', images, folder, inner]).toString()
  expect(said).toContain(sums['ext4-a1.img'])
  expect(said).toContain(files['hello.txt'])
})

test('--boot-sector-copy and --fill change the virtual partition', () => {
  const { file } = mount('ntfs-a1.img', '--boot-sector-copy', '--fill', 'abcd')
  const raw = fs.readFileSync(file)
  expect(raw.subarray(-512).equals(raw.subarray(0, 512))).toBe(true)
  expect(raw.toString('hex', raw.length - 516, raw.length - 512)).toBe('abcdabcd')
  unmount()
})

test('the text names the file, the commands and the way to end it', () => {
  const run = cli(['partition', 'mount', image('ext4-a1.img'), folder, log()])
  const file = `'${folder}/ext4-a1'`
  expect(run.stdout.replace(/with \S+ \S+ of/, 'with N of').split('\n')).toEqual([
    `mounted on ${folder}, with N of memory`,
    `partition: ${file}`,
    'file system: EXTFS',
    `check it with: e2fsck -fn ${file}`,
    `mount it with: mount -t ext4 -o ro,noload,loop ${file} /mnt`,
    `unmount it with: butcher unmount '${folder}'`,
    '',
  ])
  unmount()
})

test('an ordinary user is told that root cannot read the mount', () => {
  fs.chownSync(folder, ordinaryUser, ordinaryUser)
  const run = asOrdinaryUser(['partition', 'mount', image('ext4-a1.img'), folder, '--log=/dev/null'])
  expect(run.stdout.toString()).toContain('mount it with: sudo mount -t ext4 -o ro,noload,loop ')
  expect(run.stdout.toString()).toContain('root cannot read this mount')
  asOrdinaryUser(['unmount', folder])
})

test('--foreground serves until Control-C, from any working folder', async () => {
  const words = [...program, 'partition', 'mount', image('ext4-a1.img'), '.', '--foreground']
  const child = spawn(words[0] as string, words.slice(1), {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  await once(child.stdout, 'data')
  expect(sha256(fs.readFileSync(path.join(folder, 'ext4-a1')))).toBe(sums['ext4-a1.img'])
  child.kill('SIGINT')
  const [status] = await once(child, 'exit')
  expect(status).toBe(0)
  expect(mountAt(folder)).toBeUndefined()
})

test('a mount over the folder of its own image goes on reading the image', () => {
  const own = path.join(folder, 'inside')
  fs.mkdirSync(own)
  fs.copyFileSync(image('ext4-a1.img'), path.join(folder, 'own.img'))
  const run = cli(['partition', 'mount', path.join(folder, 'own.img'), own, log(), '--json'])
  const { file } = JSON.parse(run.stdout) as MountSummary
  expect(sha256(fs.readFileSync(file))).toBe(sums['ext4-a1.img'])
  expect(cli(['unmount', own]).status).toBe(0)
})

test('an image that is cut gives input/output errors, and a line in the log', () => {
  const whole = imageBytes('ext4-a1.img')
  fs.writeFileSync(image('cut.img'), whole.subarray(0, whole.length - 300_000))
  const run = cli(['partition', 'mount', image('cut.img'), folder, log()])
  expect(run.stderr).toContain('warning: ')
  expect(() => execFileSync('sha256sum', [path.join(folder, 'cut')], { stdio: 'pipe' })).toThrow(
    'Input/output error',
  )
  expect(fs.readFileSync(`${folder}.log`, 'utf8')).toMatch(/cannot read \d+ bytes at \d+: .*ends before/)
  unmount()
})

test('what is no image, or comes from a pipe, is refused, and nothing is mounted', () => {
  const text = cli(['partition', 'mount', path.join(images, '..'), folder, log()])
  expect(text.status).toBe(1)
  fs.writeFileSync(image('text'), 'no image of a partition\n'.repeat(1000))
  expect(lastLine(cli(['partition', 'mount', image('text'), folder, log()]).stderr)).toContain(
    'it is not an image of partclone',
  )
  expect(cli(['partition', 'mount', '-', folder, log()])).toMatchObject({ status: 2 })
  expect(mountAt(folder)).toBeUndefined()
})
