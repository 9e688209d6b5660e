/** Root works on a destination of an ordinary user: it stays that user's. Needs root. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { longTest } from '../support/rows.ts'
import { cli } from '../cli/cli.ts'
import { runBackup, scratchFolder } from '../support/backup-set.ts'
import { keepOwner } from '../../src/files/keep-owner.ts'
import { asOrdinaryUser, ordinaryUser } from '../support/ordinary-user.ts'
import { noise } from '../support/sample-trees.ts'

const scratch = scratchFolder()
afterAll(scratch.remove)

let source: string
let destination: string
const ofRoot = (): string[] =>
  ['.', ...fs.readdirSync(destination, { recursive: true, encoding: 'utf8' })].filter((name) => {
    const { uid, gid } = fs.lstatSync(path.join(destination, name))
    return uid !== ordinaryUser || gid !== ordinaryUser
  })

beforeEach(() => {
  const folder = fs.mkdtempSync(path.join(scratch.folder, 'owner-'))
  // The folder for temporary files is the ordinary user's as well.
  for (const open of [path.dirname(scratch.folder), scratch.folder, folder]) fs.chmodSync(open, 0o777)
  source = path.join(folder, 'source')
  destination = path.join(folder, 'dest')
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a'), noise(100_000, 1))
  fs.mkdirSync(destination)
  fs.chownSync(destination, ordinaryUser, ordinaryUser)
})

longTest('all that root writes into a destination belongs to its owner, who goes on with it', async () => {
  const call = ['backup', source, destination, '--medium', '1MB', '--redundancy', '10%', '--quiet']
  const umask = process.umask(0o077)
  try {
    await runBackup({ source, destination, medium: '1MB', redundancy: 10 })
    expect(ofRoot()).toEqual([])
    fs.writeFileSync(path.join(source, 'b'), noise(900_000, 2))
    await runBackup({ source, destination, medium: '1MB', redundancy: 10 })
    expect(cli(['iso', destination, '1'])).toMatchObject({ status: 0, stderr: '' })
    expect(cli(['spare', destination, '1', '2'])).toMatchObject({ status: 0 })
    expect(cli(['index', destination, path.join(destination, 'index.html')])).toMatchObject({ status: 0 })
    expect(cli(['label', destination, '1', '--out', path.join(destination, 'label.svg')])).toMatchObject({
      status: 0,
    })
  } finally {
    process.umask(umask)
  }
  expect(ofRoot()).toEqual([])
  fs.writeFileSync(path.join(source, 'c'), 'c\n')
  const run = asOrdinaryUser(call)
  expect([run.status, run.stderr.toString()]).toEqual([0, ''])
})

test('a destination that root touched before belongs to its owner again', async () => {
  await runBackup({ source, destination })
  for (const name of ['.butcher', '.butcher/new', '.butcher/journal', 'disc-0001', 'disc-0001/chunks'])
    fs.chownSync(path.join(destination, name), 0, 0)
  fs.writeFileSync(path.join(source, 'b'), noise(1000, 2))
  await runBackup({ source, destination })
  expect(ofRoot()).toEqual([])
})

test('root keeps its own destination, and what an ordinary user put in the way', () => {
  const { uid } = fs.statSync(source)
  expect(uid).toBe(0)
  const mine = path.join(source, 'mine')
  fs.writeFileSync(mine, '')
  keepOwner(mine)
  expect(fs.statSync(mine).uid).toBe(0)
  // A second name of a file of root's, and a link to one.
  fs.linkSync(mine, path.join(destination, 'second'))
  fs.symlinkSync(path.join(source, 'a'), path.join(destination, 'link'))
  for (const name of ['second', 'link']) keepOwner(path.join(destination, name))
  expect([fs.statSync(mine).uid, fs.statSync(path.join(source, 'a')).uid]).toEqual([0, 0])
})
