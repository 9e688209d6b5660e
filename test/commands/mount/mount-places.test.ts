/** `butcher mount` from images of discs, from several folders, and of sets of older formats. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cli } from '../../cli/cli.ts'
import { scratchFolder } from '../../support/backup-set.ts'
import { listTree } from '../../support/list-tree.ts'
import { makeSet } from '../../support/make-set.ts'
import { noise } from '../../support/sample-trees.ts'
import { mountSet, readError, unmountAll } from './mounts.ts'

const scratch = scratchFolder()
afterAll(() => {
  unmountAll()
  scratch.remove()
})
const at = (name: string): string => path.join(scratch.folder, name)

const files = ['one', 'two', 'three', 'four', 'five', 'six'].map((name, i) => [name, noise(900, i)] as const)
const tree = Object.fromEntries(files.map(([name, data]) => [name, { type: 'file' as const, data }]))

/** Of each file, whether it has its content; its error if it cannot be read. */
const read = (folder: string): (boolean | string)[] =>
  files.map(([name, data]) => {
    const file = `${folder}/latest/${name}`
    return readError(file) ?? fs.readFileSync(file).equals(data)
  })

test('images of discs, and discs in two folders: one that is missing gives EIO, and the log names it', async () => {
  const { destination, discs } = await makeSet(at('set'), { backups: [{ tree }], compression: 'zstd' })
  expect(discs).toHaveLength(3)
  expect(cli(['iso', destination, '--quiet']).status).toBe(0)
  const isos = discs.map((disc) => `${disc}.iso`)

  const fromImages = mountSet(isos, at('images-mount'))
  expect(read(fromImages.folder)).toEqual(files.map(() => true))
  await fromImages.unmount()

  fs.mkdirSync(at('shelf'))
  fs.cpSync(discs[0] as string, at('shelf/first'), { recursive: true })
  const { folder, log, unmount } = mountSet([at('shelf'), isos[2] as string], at('shelf-mount'))
  const got = read(folder)
  expect(got.filter((one) => one === true)).toHaveLength(4)
  expect(got.filter((one) => one === 'EIO')).toHaveLength(2)
  expect(log().join('\n')).toMatch(
    /disc 2 \(BUTCHER_\w+_0002\), chunk 0000000\d\.tar\.zst: the disc is missing/,
  )
  await unmount()
})

const kept = path.join(import.meta.dirname, '../../fixtures')

test.each(
  ['v1', 'v2'].flatMap((version) => [
    { version, set: 'compressions', newest: 5, args: [] },
    { version, set: 'passphrase', newest: 2, args: ['--passphrase-file', 'passphrase.txt'] },
    { version, set: 'recipient', newest: 1, args: ['--private-key', 'key.sec'] },
  ]),
)('the set $set of format $version', async ({ version, set, newest, args }) => {
  const fixtures = path.join(kept, version)
  const [option, file] = args
  const secret = option && file ? [option, path.join(fixtures, file)] : []
  const { folder, log, unmount } = mountSet([...secret, path.join(fixtures, set)], at(`${version}-${set}`))
  for (let backup = 1; backup <= newest; backup++) {
    const expected = fs.readFileSync(path.join(fixtures, `backup-${backup}.jsonl`), 'utf8').trimEnd()
    const found = listTree(`${folder}/by-number/${backup}`)
    expect(found.map(withoutHoles)).toEqual(expected.split('\n').map(withoutHoles))
  }
  expect(log()).toHaveLength(1)
  await unmount()
})

/** Holes count as data in a mount. */
const withoutHoles = (line: string): unknown => ({ ...(JSON.parse(line) as object), holes: undefined })

test('a private key that is wrong is refused, and nothing is mounted', () => {
  fs.mkdirSync(at('wrong'))
  const key = path.join(kept, 'v1/key.sec')
  const run = cli([
    'mount',
    '--private-key',
    key,
    path.join(kept, 'v2/recipient'),
    at('wrong'),
    '--log',
    at('log'),
  ])
  expect(run.status).toBe(12)
})
