import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup } from '../../src/commands/backup/backup.ts'
import { find } from '../../src/commands/catalog/find.ts'
import { basenameFilterFile, basenameRanges } from '../../src/set/basename-filter-file.ts'
import { openCatalog } from '../../src/set/open-catalog.ts'
import { scratchFolder } from '../support/backup-set.ts'

const { folder, remove } = scratchFolder()
const source = path.join(folder, 'source')
const destination = path.join(folder, 'set')
const names = basenameFilterFile(destination)

const backUp = (more: object = {}) => backup({ source, destination, medium: 'unlimited', jobs: 1, ...more })

/** The paths of a name, found by the file of names alone. */
async function foundByNames(name: string): Promise<string[] | undefined> {
  const { db, origin, close } = await openCatalog([destination], {})
  try {
    let isUsed = false
    const rows = find(db, name, {
      exact: true,
      basenameRanges: (wanted) => {
        const places = basenameRanges(db, origin, wanted)
        isUsed = places !== undefined
        return places
      },
    })
    const paths = [...rows].map(({ entry }) => entry.path)
    return isUsed ? paths : undefined
  } finally {
    close()
  }
}

beforeAll(async () => {
  fs.mkdirSync(path.join(source, 'a/b'), { recursive: true })
  fs.writeFileSync(path.join(source, 'a/b/one.txt'), '1')
  fs.writeFileSync(path.join(source, 'one.txt'), '1 again')
  await backUp()
})

afterAll(remove)

test('a name is found in every folder, and in every backup', async () => {
  expect(await foundByNames('one.txt')).toEqual(['a/b/one.txt', 'one.txt'])
  expect(await foundByNames('b')).toEqual(['a/b'])
  expect(await foundByNames('none')).toEqual([])
  fs.renameSync(path.join(source, 'one.txt'), path.join(source, 'a/two.txt'))
  await backUp()
  expect(await foundByNames('{one,two}.txt')).toEqual(['a/b/one.txt', 'a/two.txt', 'one.txt'])
})

test('it is written again only where paths have come, or it is gone', async () => {
  const written = (): number => fs.statSync(names).mtimeMs
  const before = written()
  await backUp()
  expect(written()).toBe(before)
  fs.rmSync(names)
  expect(await foundByNames('one.txt')).toBeUndefined()
  await backUp()
  expect(await foundByNames('one.txt')).toEqual(['a/b/one.txt', 'one.txt'])
})

test('one of other paths is left aside, as is a pipe', async () => {
  const good = fs.readFileSync(names)
  fs.writeFileSync(path.join(source, 'three.txt'), '3')
  await backUp()
  fs.writeFileSync(names, good)
  expect(await foundByNames('three.txt')).toBeUndefined()
  fs.rmSync(names)
  fs.symlinkSync('/dev/zero', names)
  expect(await foundByNames('three.txt')).toBeUndefined()
})

test('an encrypted set has none', async () => {
  const secret = path.join(folder, 'secret')
  await backup({ source, destination: secret, medium: 'unlimited', jobs: 1, passphrase: 'x' })
  expect(fs.existsSync(basenameFilterFile(secret))).toBe(false)
})

test('a catalog on a disc does not need it', async () => {
  const disc = path.join(folder, 'disc-0001')
  fs.cpSync(path.join(destination, 'disc-0001'), disc, { recursive: true })
  const { db, origin, close } = await openCatalog([disc], {})
  expect(basenameRanges(db, origin, ['one.txt'])).toBeUndefined()
  expect([...find(db, 'one.txt')]).toHaveLength(2)
  close()
})
