import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { burn } from '../../src/commands/burn/burn.ts'
import { makeImages } from '../../src/commands/burn/make-images.ts'
import type { MadeImage } from '../../src/commands/burn/make-images-options.ts'
import { repair } from '../../src/commands/repair/repair.ts'
import { unpackByXorriso } from '../support/read-image.ts'
import { noise } from '../support/sample-trees.ts'
import { program } from '../support/tree.ts'
import { harmful } from '../by-hand/hand-tools.ts'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { longTest } from '../support/rows.ts'

const { folder: scratch, remove } = scratchFolder()
afterAll(remove)

const source = path.join(scratch, 'source')
beforeAll(() => {
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a'), noise(300_000, 1))
})

/** Folders, each in the one before, whose names par2, xorriso or dd could take for something else. */
const odd = [
  ['what now?', '*', '[a-z]', '{a,b}', '~'],
  ['-rf', '--', '@list', '=', 'a=b', '%s', 'host:dir'],
  ['back\\slash', '\\', "it's", '"', '$HOME', '`id`', ' ', 'a;b', '#', 'new\nline', 'ünï'],
].flat()

/** With parity, an image, a burned file and a repair of each disc, all of them in `folder`. */
async function throughAllPrograms(folder: string): Promise<void> {
  const destination = path.join(folder, 'd')
  const disc = path.join(destination, 'disc-0001')
  await runBackup({ source, destination, medium: '4MB', redundancy: 10 })
  program('sha256sum', ['-c', '--quiet', '--strict', 'SHA256SUMS'], { cwd: disc })

  const images: MadeImage[] = []
  await makeImages({ destination, onImage: (made) => void images.push(made) })
  const image = images[0]?.file as string
  const unpacked = fs.mkdtempSync(path.join(scratch, 'image-'))
  unpackByXorriso(path.relative(process.cwd(), fs.realpathSync(image)), unpacked)
  expect(program('diff', ['-r', disc, unpacked]).toString()).toBe('')

  const copies: boolean[] = []
  const device = `stdio:${path.join(folder, 'burned')}`
  await burn({ destination, device, onCopy: ({ verified }) => void copies.push(verified) })
  expect(copies).toEqual([true])

  const chunk = path.join(disc, 'chunks', fs.readdirSync(path.join(disc, 'chunks'))[0] as string)
  const whole = fs.readFileSync(chunk)
  fs.writeFileSync(chunk, Buffer.concat([whole.subarray(0, 1000), Buffer.alloc(50), whole.subarray(1050)]))
  const out = path.join(folder, 'out')
  expect(await repair({ disc, out, jobs: 1 })).toMatchObject({ identical: true, wrong: [] })
  fs.writeFileSync(chunk, whole)
  expect(program('diff', ['-r', disc, out]).toString()).toBe('')
}

test('a set in folders with wildcards, signs of options and quotes in their names', async () => {
  const folder = path.join(scratch, ...odd)
  fs.mkdirSync(folder, { recursive: true })
  await throughAllPrograms(folder)
})

longTest(
  'of a set that is reached by a symlink variables and startup files of the user change nothing',
  async () => {
    fs.mkdirSync(path.join(scratch, 'far/real?'), { recursive: true })
    fs.symlinkSync('far/real?', path.join(scratch, 'link*'))
    const home = path.join(scratch, 'home')
    fs.mkdirSync(home)
    fs.writeFileSync(path.join(home, '.xorrisorc'), '-nonsense\n-abort_on NEVER\n')
    fs.writeFileSync(path.join(home, '.mkisofsrc'), 'APPI=other\nVOLI=other\n')
    const before = { ...process.env }
    Object.assign(process.env, harmful, { HOME: home, MKISOFSRC: path.join(home, '.mkisofsrc') })
    Object.assign(process.env, { SOURCE_DATE_EPOCH: '1', TZ: 'Asia/Tokyo', LC_ALL: 'de_DE.UTF-8' })
    try {
      await throughAllPrograms(path.join(scratch, 'link*'))
    } finally {
      for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
      Object.assign(process.env, before)
    }
  },
)
