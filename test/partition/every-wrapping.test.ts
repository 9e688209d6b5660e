/** Every image in every wrapping gives its sum by restore, by mount and by the library. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { planPartitionMount } from '../../src/commands/partition/partition-mount.ts'
import { mountTree } from '../../src/fuse/mount.ts'
import { openPartitionImage, restorePartition } from '../../src/index.ts'
import { program } from '../cli/cli.ts'
import { newMountPoint, removeMounts } from '../fuse/server.ts'
import { sums, writeImage } from './images.ts'

afterAll(removeMounts)

const small = 1 << 16
/** The command that packs the file `$1` into `$1$2`, in blocks where it can. */
const packers = {
  '.gz': 'gzip -c "$1"',
  '.zst': 'zstd -q -c "$1"',
  '.xz': 'xz --block-size=1MiB -c "$1"',
  '.lz4': 'lz4 -q -B4 -c "$1"',
  '.bz2': 'bzip2 -c "$1"',
} as const

const wrappings = ['plain', ...Object.keys(packers), 'split', '.gz split', '.xz split'] as const

/** Packs the files of an image as `wrapping` says. Returns the first one. */
function wrap(name: string, wrapping: string, folder: string): string {
  const first = writeImage(name, folder)
  const [ending = ''] = /^\.\w+/.exec(wrapping) ?? []
  if (ending !== '') {
    for (const file of fs.readdirSync(folder)) {
      const script = `${packers[ending as keyof typeof packers]} >"$1$2" && rm "$1"`
      execFileSync('sh', ['-c', script, 'sh', path.join(folder, file), ending])
    }
  }
  const packed = `${first}${ending}`
  if (!wrapping.includes('split')) return packed
  execFileSync('split', ['-a', '2', '-b', String(small), packed, `${packed}.`])
  fs.rmSync(packed)
  return `${packed}.aa`
}

const sumOf = (file: string): string =>
  execFileSync('sha256sum', ['--', file]).toString().replace(/^\\/, '').slice(0, 64)

async function restored(image: string, folder: string): Promise<string> {
  const out = path.join(folder, 'raw')
  const { sha256 } = await restorePartition({ image, out })
  const found = sumOf(out)
  fs.rmSync(out)
  return found === sha256 ? found : `${found}, told was ${sha256}`
}

async function mounted(image: string): Promise<string> {
  const folder = newMountPoint()
  const { request, name } = await planPartitionMount({ image, folder, cacheDir: path.dirname(image) })
  const { unmount, done } = await mountTree(request)
  try {
    const hash = createHash('sha256')
    // Not by a call that waits: this process serves.
    for await (const piece of fs.createReadStream(path.join(folder, name), { highWaterMark: 1 << 20 }))
      hash.update(piece as Buffer)
    return hash.digest('hex')
  } finally {
    await unmount()
    await done
  }
}

/** All of it by blocks in order, and again by reads from the end to the beginning. */
async function byLibrary(image: string): Promise<readonly string[]> {
  const opened = await openPartitionImage(image, { cacheDir: path.dirname(image) })
  try {
    const raw = Buffer.alloc(opened.facts.deviceBytes)
    for await (const { offset, bytes } of opened.blocks()) raw.set(bytes, offset)
    const again = Buffer.alloc(raw.length)
    const step = 1_000_003
    for (let end = raw.length; end > 0; end -= step) {
      const from = Math.max(0, end - step)
      await opened.readAt(from, again.subarray(from, end))
    }
    return [raw, again].map((all) => createHash('sha256').update(all).digest('hex'))
  } finally {
    await opened.close()
  }
}

/** `cat PARTS | butcher partition restore - -` */
function throughPipes(image: string): string {
  const folder = path.dirname(image)
  const parts = fs.readdirSync(folder).filter((file) => file.startsWith(path.basename(image).slice(0, -2)))
  const script = `cat "$@" | ${program.join(' ')} partition restore - - --quiet | sha256sum`
  const words = ['-o', 'pipefail', '-c', script, 'bash', ...parts.sort()]
  return execFileSync('bash', words, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .slice(0, 64)
}

/** A volume of partimage cannot be cut: each file has a header. */
const canSplit = (name: string): boolean => !name.includes('.pimg.')

/** The wrappings that an image can have. One that is packed already has its own: two are not read. */
const wrappingsOf = (name: string): readonly string[] =>
  /\.aa$|-z[12]\./.test(name)
    ? ['plain']
    : wrappings.filter((wrapping) => canSplit(name) || !wrapping.includes('split'))

test.each(Object.entries(sums))('%s', async (name, sum) => {
  const found = new Map<string, readonly string[]>()
  const expected = new Map<string, readonly string[]>()
  for (const wrapping of wrappingsOf(name)) {
    const folder = fs.mkdtempSync(path.join(newMountPoint(), 'image'))
    const image = wrap(name, wrapping, folder)
    const piped = name.includes('.pimg.') ? [] : [throughPipes(image)]
    const all = [await restored(image, folder), await mounted(image), ...(await byLibrary(image)), ...piped]
    found.set(wrapping, all)
    expected.set(
      wrapping,
      all.map(() => sum),
    )
    fs.rmSync(folder, { recursive: true })
  }
  expect(found).toEqual(expected)
})
