import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../cli/cli.ts'
import { scratchFolder } from '../support/backup-set.ts'
import { attachLoop } from '../support/loop-device.ts'
import { sha256, sums, writeImage } from './images.ts'

const { folder, remove } = scratchFolder()
afterAll(remove)
const isRoot = process.geteuid?.() === 0

/** Ordinary users have no devices. */
function asUser(): void {
  const image = writeImage('ext4-a1.img', folder)
  expect(cli(['partition', 'restore', image, '/dev/loop0']).status).toBe(1)
}

function asRoot(): void {
  const image = writeImage('ext4-a1.img', folder)
  const file = path.join(folder, 'device')
  fs.writeFileSync(file, Buffer.alloc(8 << 20, 0xaa))
  const loop = attachLoop(file, 8 << 20)
  const restore = (...options: string[]): string => {
    const { status, stderr } = cli(['partition', 'restore', image, loop.path, ...options])
    return `${status} ${stderr}`
  }
  const mounted = path.join(folder, 'mounted')
  fs.mkdirSync(mounted)
  try {
    expect(restore('--used-only', '--no-sum')).toBe('0 ')
    expect(fs.readFileSync(file).includes(Buffer.alloc(4096, 0xaa))).toBe(true)
    // A loop device needs no question.
    expect(cli(['partition', 'restore', image, loop.path])).toMatchObject({ status: 0 })
    expect(sha256(fs.readFileSync(file))).toBe(sums['ext4-a1.img'])
    execFileSync('mount', ['-o', 'ro', loop.path, mounted])
    try {
      expect(restore()).toContain('error: butcher does not write')
    } finally {
      execFileSync('umount', [mounted])
    }
  } finally {
    loop.detach()
  }
  const small = attachLoop(path.join(folder, 'small'), 4 << 20)
  try {
    expect(cli(['partition', 'restore', image, small.path]).stderr).toContain(
      'has 4194304 bytes, but the partition 8388608',
    )
  } finally {
    small.detach()
  }
}

test('a device gets the partition, with zeros or what was there between', isRoot ? asRoot : asUser)
