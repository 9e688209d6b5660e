/** Rights that a file gives to its owner or group: they come back only with that owner or group. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import { readAttributes, setAttributes } from '../../../src/files/attributes.ts'
import { asOrdinaryUser, ordinaryUser } from '../../support/ordinary-user.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder, remove } = scratchFolder()
const source = path.join(folder, 'source')
const destination = path.join(folder, 'discs')
const capabilities = Buffer.from('0100000200200000000000000000000000000000', 'hex')
const otherGroup = 2345

/** Name to owner, group and mode. */
const files: Readonly<Record<string, readonly [number, number, number]>> = {
  'of-root': [0, 0, 0o6755],
  own: [ordinaryUser, ordinaryUser, 0o6755],
  'own-of-other-group': [ordinaryUser, otherGroup, 0o6755],
  'capable-of-root': [0, 0, 0o755],
  'stands-already': [0, 0, 0o4755],
}

beforeAll(async () => {
  fs.chmodSync(folder, 0o755)
  fs.mkdirSync(path.join(source, 'shared'), { recursive: true })
  for (const [name, [uid, gid, mode]] of Object.entries(files)) {
    const file = path.join(source, name)
    fs.writeFileSync(file, name)
    fs.chownSync(file, uid, gid)
    fs.chmodSync(file, mode)
  }
  fs.linkSync(path.join(source, 'of-root'), path.join(source, 'second-name'))
  setAttributes(path.join(source, 'capable-of-root'), new Map([['security.capability', capabilities]]))
  fs.chownSync(path.join(source, 'shared'), 0, otherGroup)
  fs.chmodSync(path.join(source, 'shared'), 0o3775)
  await runBackup({ source, destination, medium: '10MB' })
  fs.chmodSync(destination, 0o755)
})
afterAll(remove)

/** A folder of the ordinary user, in which a file of the backup stands already. */
function newPlace(name: string): string {
  const place = path.join(folder, name)
  fs.mkdirSync(place)
  fs.writeFileSync(path.join(place, 'stands-already'), 'stands-already')
  fs.chmodSync(path.join(place, 'stands-already'), 0o4755)
  for (const one of [place, path.join(place, 'stands-already')]) fs.chownSync(one, ordinaryUser, ordinaryUser)
  return place
}

const modesIn = (place: string): Record<string, string> =>
  Object.fromEntries(
    fs
      .readdirSync(place)
      .map((name) => [name, (fs.statSync(path.join(place, name)).mode & 0o7777).toString(8)]),
  )

test('an ordinary user gets no setuid, setgid and capabilities of others, and is told once', () => {
  const place = newPlace('by-user')
  const { status, stderr } = asOrdinaryUser(['restore', destination, place, '--no-progress'])
  expect(status).toBe(0)
  expect(modesIn(place)).toEqual({
    'of-root': '755',
    'second-name': '755',
    own: '6755',
    'own-of-other-group': '4755',
    'capable-of-root': '755',
    'stands-already': '755',
    shared: '1775',
  })
  expect(readAttributes(path.join(place, 'capable-of-root')).size).toBe(0)
  expect(stderr.split('\n').filter((line) => /setuid|capab/.test(line))).toEqual([
    expect.stringMatching(
      /^setuid, setgid or capabilities of 5 paths are left out, as the owner is not set \([\w-]+\)$/,
    ),
  ])
})

test('a group that the user is in comes back, and what it may', () => {
  const place = newPlace('by-member')
  const args = ['restore', destination, place, '--no-progress']
  expect(asOrdinaryUser(args, [otherGroup]).status).toBe(0)
  const { gid, mode } = fs.statSync(path.join(place, 'own-of-other-group'))
  expect([gid, mode & 0o7777]).toEqual([otherGroup, 0o6755])
  expect(fs.statSync(path.join(place, 'shared')).mode & 0o7777).toBe(0o3775)
})

test('root gets all of them', async () => {
  const place = newPlace('by-root')
  const told: string[] = []
  const report = (event: { type: string; message?: string }): number => told.push(event.message ?? '')
  await restore({ from: [destination], destination: place, jobs: 1, report })
  expect(told.join('\n')).not.toMatch(/setuid/)
  expect(modesIn(place)).toEqual(modesIn(source))
  expect(readAttributes(path.join(place, 'capable-of-root')).get('security.capability')).toEqual(capabilities)
})
