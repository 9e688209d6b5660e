import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { changeSet } from '../../../src/set/change-set.ts'
import { makeImages } from '../../../src/commands/burn/make-images.ts'
import type { MadeImage } from '../../../src/commands/burn/make-images-options.ts'
import { cli, cliJson } from '../../cli/cli.ts'
import {
  checkSums,
  copyByFuseiso,
  hasFuse,
  listByXorriso,
  unpackBy7z,
  unpackByXorriso,
  volumeIdOf,
} from '../../support/read-image.ts'
import { noise } from '../../support/sample-trees.ts'
import { putBetween } from '../../support/xorriso-between.ts'
import { passphrase, runBackup, scratchFolder } from '../../support/backup-set.ts'
import { longTest } from '../../support/rows.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')
const destination = path.join(scratch, 'destination')
const image = (disc: number): string => path.join(destination, `disc-000${disc}.iso`)

const backup = () => runBackup({ source, destination, passphrase, medium: '3MB', chunkSizeBytes: 700_000 })

async function imagesOf(...discs: number[]): Promise<MadeImage[]> {
  const images: MadeImage[] = []
  await makeImages({ destination, passphrase, discs, onImage: (made) => images.push(made) })
  return images
}

beforeAll(async () => {
  fs.mkdirSync(source)
  for (const [i, name] of ['a', 'b', 'c', 'd'].entries())
    fs.writeFileSync(path.join(source, name), noise(1_000_000, i))
  await backup()
})

test('each staged disc gets an image that others read: all files, their names and bytes', async () => {
  const made = await imagesOf()
  expect(made.map(({ disc, file }) => [disc, file])).toEqual([[1, image(1)], [2, image(2)]]) // prettier-ignore
  for (const { file, bytes } of made) {
    expect(fs.statSync(file).size).toBe(bytes)
    expect(bytes).toBeLessThanOrEqual(3_000_000)
    for (const [way, unpack] of Object.entries({ unpackByXorriso, unpackBy7z })) {
      const folder = path.join(scratch, `${path.basename(file)}-${way}`)
      fs.mkdirSync(folder)
      unpack(file, folder)
      checkSums(folder)
    }
  }
  expect(volumeIdOf(image(1))).toMatch(/^BUTCHER_[0-9A-F]{8}_0001$/)
  expect(await imagesOf()).toEqual([])
})

test('Windows shows another name for each disc: the Joliet volume id has its number', () => {
  const shown = [1, 2].map((disc) => {
    const label = fs.readFileSync(image(disc)).subarray(17 * 2048 + 40, 17 * 2048 + 72)
    return Buffer.from(label).swap16().toString('utf16le').replace(/\0+$/, '')
  })
  const [set] = /[0-9A-F]{8}/.exec(volumeIdOf(image(1)) ?? '') as RegExpExecArray
  expect(shown).toEqual([`BU_${set}_0001`, `BU_${set}_0002`])
})

test('a mounted image has all files', () => {
  expect(hasFuse, 'this test mounts by fuseiso: it needs /dev/fuse').toBe(true)
  const folder = path.join(scratch, 'mounted')
  fs.mkdirSync(folder)
  copyByFuseiso(image(1), folder)
  checkSums(folder)
})

test('an image made again is the same to the byte, also of a copy with other times, owners and order', async () => {
  const [first] = await imagesOf(1)
  const folder = path.join(destination, 'disc-0001')
  const moved = path.join(scratch, 'moved')
  fs.renameSync(folder, moved)
  fs.mkdirSync(path.join(folder, 'chunks'), { recursive: true, mode: 0o700 })
  const names = (fs.readdirSync(moved, { recursive: true, encoding: 'utf8' }) as string[]).sort().reverse()
  for (const name of names) {
    if (name === 'chunks') continue
    fs.copyFileSync(path.join(moved, name), path.join(folder, name))
    fs.chmodSync(path.join(folder, name), name === 'restore.sh' ? 0o700 : 0o600)
    fs.utimesSync(path.join(folder, name), 1e9, 1e9)
    if (process.getuid?.() === 0) fs.chownSync(path.join(folder, name), 1234, 1234)
  }
  const [second] = await imagesOf(1)
  expect(second?.sha256).toBe(first?.sha256)
  const listing = listByXorriso(image(1))
  expect(listing.find((line) => line.includes('README.txt'))).toMatch(/^-r--r--r-- +1 0 +0 /)
  expect(listing.find((line) => line.includes('restore.sh'))).toMatch(/^-r-xr-xr-x +1 0 +0 /)
})

test('a disc that has an image is sealed and stays as it is; the next backup begins another', async () => {
  const before = execFileSync('sha256sum', ['disc-0002/SHA256SUMS'], { cwd: destination, encoding: 'utf8' })
  fs.writeFileSync(path.join(source, 'f'), noise(1000, 9))
  expect((await backup()).discs).toEqual([3])
  expect(execFileSync('sha256sum', ['disc-0002/SHA256SUMS'], { cwd: destination, encoding: 'utf8' })).toBe(
    before,
  )
  const states = cliJson(['discs', destination, '--passphrase', passphrase]).map((disc) => disc['state'])
  expect(states.slice(0, 3)).toEqual(['sealed', 'sealed', 'open'])
})

longTest(
  'what does not fit the medium, or is not complete, is refused before a byte is written',
  async () => {
    const shrink = (capacity: number): Promise<void> =>
      changeSet({ destination, passphrase }, ({ set: { db } }) => {
        db.prepare('UPDATE disc SET capacity = ? WHERE number = 3').run(capacity)
      })
    await shrink(50_000)
    await expect(imagesOf(3)).rejects.toThrow(/^the image of disc 3 would be .* more than its medium holds$/)
    await shrink(3_000_000)
    const chunk = path.join(
      destination,
      'disc-0003/chunks',
      fs.readdirSync(path.join(destination, 'disc-0003/chunks'))[0] as string,
    )
    fs.renameSync(chunk, path.join(scratch, 'chunk'))
    await expect(imagesOf(3)).rejects.toThrow(`disc 3 lacks ${chunk}`)
    fs.renameSync(path.join(scratch, 'chunk'), chunk)
    await expect(imagesOf(9)).rejects.toThrow('there is no disc 9')
    expect(fs.existsSync(image(3))).toBe(false)
    expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
  },
)

test('a file that cannot be read to its end makes no image', async () => {
  // What xorriso 1.5.4 does, by strace -e inject=read:error=EIO: it writes zeros, and ends with this.
  const ends = 'echo "libisofs: MISHAP : Read error in file /x/00000009.tar.gpg." >&2; exit 32'
  const between = putBetween(
    path.join(scratch, 'between'),
    `real "$@"; [[ "$*" != *"-o - "* ]] || { ${ends}; }`,
  )
  try {
    await expect(imagesOf(3)).rejects.toThrow(
      /^xorriso cannot make an image of \S+: Read error in file \S+\.gpg\.$/,
    )
  } finally {
    between.remove()
  }
  expect(fs.existsSync(image(3))).toBe(false)
  expect(fs.readdirSync(path.join(destination, '.butcher/new'))).toEqual([])
})

test('on the command line', () => {
  const secret = ['--passphrase', passphrase]
  const lines = cliJson(['iso', destination, ...secret])
  expect(lines.at(-2)).toMatchObject({ type: 'image', disc: 3, file: image(3) })
  expect(lines.at(-1)).toMatchObject({ type: 'summary', discs: [3], bytes: fs.statSync(image(3)).size })
  expect(cli(['iso', destination, ...secret]).stdout).toBe(
    'nothing to do: every disc here has an image or is burned\n',
  )
  expect(cli(['iso', destination, 'all', ...secret]).status).toBe(2)
  const empty = path.join(scratch, 'no programs')
  fs.mkdirSync(empty)
  const missing = cli(['iso', destination, '3', ...secret], { PATH: empty })
  expect(missing).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('apt-get install xorriso') as string,
  })
})
