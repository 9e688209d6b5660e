/**
 * The folder of a restore: one that butcher makes is never more open than the source was, one that is there
 * stays as it is.
 */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { restore } from '../../../src/commands/restore/restore.ts'
import { readAttributesText } from '../../../src/files/attributes.ts'
import { program as butcher } from '../../cli/cli.ts'
import { program, setTime } from '../../support/tree.ts'
import { runBackup, scratchFolder } from '../../support/backup-set.ts'

const { folder, remove } = scratchFolder()
const at = (name: string): string => path.join(folder, name)
const modeOf = (name: string): string => (fs.statSync(name).mode & 0o7777).toString(8)

/** A set of a source of this mode, with a folder of another in it. */
async function setOf(name: string, mode: number): Promise<string> {
  const source = at(`${name}-source`)
  fs.mkdirSync(path.join(source, 'above/below'), { recursive: true })
  for (const file of ['notes', 'other', 'above/in', 'above/below/in'])
    fs.writeFileSync(path.join(source, file), file)
  fs.chmodSync(path.join(source, 'above'), 0o750)
  fs.chmodSync(path.join(source, 'above/below'), 0o705)
  fs.chownSync(source, 1234, 2345)
  fs.chmodSync(source, mode)
  setTime(source, 1_700_000_000_123_456_789n)
  await runBackup({ source, destination: at(name), medium: '10MB' })
  return at(name)
}

let secret: string
let open: string

beforeAll(async () => {
  secret = await setOf('private', 0o700)
  open = await setOf('open', 0o755)
  program('cp', ['-a', at('open-source'), at('acl-source')])
  program('setfacl', ['-m', 'u:1234:rwx,g::---', at('acl-source')])
  await runBackup({ source: at('acl-source'), destination: at('with-acl'), medium: '10MB' })
})
afterAll(remove)

const facts = (name: string): unknown => {
  const { mode, uid, gid, mtimeNs } = fs.statSync(name, { bigint: true })
  return [(mode & 0o7777n).toString(8), uid, gid, mtimeNs, readAttributesText(name)]
}

describe('a folder that butcher makes', () => {
  test.each([[{}], [{ include: ['notes'] }], [{ filter: '^above/below/in$' }]])(
    'becomes what the source was (%j)',
    async (choice) => {
      const destination = path.join(fs.mkdtempSync(at('made-')), 'new')
      await restore({ from: [secret], destination, jobs: 1, ...choice })
      expect(facts(destination)).toEqual(facts(at('private-source')))
      for (const name of fs.readdirSync(destination))
        expect(facts(path.join(destination, name))).toEqual(facts(path.join(at('private-source'), name)))
    },
  )

  test.each([
    ['private', 0o700, '700'],
    ['open', 0o755, '755'],
    ['with-acl', 0o775, '705'],
  ])('those above it are never more open: %s', async (name, rootMode, expected) => {
    const place = fs.mkdtempSync(at('above-'))
    program('setfacl', ['-m', 'd:u:77:rwx,d:o::rwx', place])
    const destination = path.join(place, 'a/b/c')
    const umask = process.umask(0)
    try {
      await restore({ from: [at(name)], destination, include: ['notes'], jobs: 1 })
    } finally {
      process.umask(umask)
    }
    expect(modeOf(destination)).toBe(rootMode.toString(8))
    for (const one of ['a', 'a/b']) {
      expect(modeOf(path.join(place, one))).toBe(expected)
      expect(readAttributesText(path.join(place, one))).toBe(null)
    }
  })

  test('is open to nobody else while the restore goes on, nor after it was killed; the next restore ends it', async () => {
    const destination = at('killed')
    fs.renameSync(path.join(open, 'disc-0001'), at('disc-away'))
    const [node, ...main] = butcher as [string, ...string[]]
    const call = [...main, 'restore', open, destination, '--include', 'above/below/in', '--wait', '--json']
    const child = spawn(node, call, { stdio: ['ignore', 'pipe', 'ignore'] })
    const ended = new Promise((resolve) => child.on('close', resolve))
    let told = ''
    let modes: string[] = []
    child.stdout.on('data', (piece) => {
      told += String(piece)
      if (!told.includes('"needed"') || modes.length > 0) return
      modes = ['', 'above', 'above/below'].map((name) => modeOf(path.join(destination, name)))
      child.kill('SIGKILL')
    })
    await ended
    expect(modes).toEqual(['1700', '1700', '1700'])
    fs.renameSync(at('disc-away'), path.join(open, 'disc-0001'))
    await restore({ from: [open], destination, include: ['above/below/in'], jobs: 1 })
    for (const name of ['', 'above', 'above/below'])
      expect(facts(path.join(destination, name))).toEqual(facts(path.join(at('open-source'), name)))
    expect(fs.readdirSync(destination)).toEqual(['above'])
  })
})

describe('a folder that is there', () => {
  test.each([[{}], [{ include: ['above/below/in'] }]])('stays as it is (%j)', async (choice) => {
    const destination = fs.mkdtempSync(at('found-'))
    fs.writeFileSync(path.join(destination, 'of-others'), 'kept')
    fs.mkdirSync(path.join(destination, 'above'))
    for (const name of ['', 'above']) {
      const one = path.join(destination, name)
      program('setfacl', ['-m', 'u:55:rwx', one])
      fs.chownSync(one, 77, 88)
      fs.chmodSync(one, 0o1777)
      setTime(one, 1_600_000_000_987_654_321n)
    }
    const before = [facts(destination), facts(path.join(destination, 'above'))]
    await restore({ from: [secret], destination, jobs: 1, ...choice })
    expect(facts(destination)).toEqual(before[0])
    // A folder that is restored itself is what the backup says.
    const above = facts(path.join(destination, 'above'))
    expect(above).toEqual('include' in choice ? before[1] : facts(at('private-source/above')))
    expect(fs.readFileSync(path.join(destination, 'of-others'), 'utf8')).toBe('kept')
  })

  test('an empty one too, and one that is named through a symlink', async () => {
    const destination = fs.mkdtempSync(at('empty-'))
    fs.chmodSync(destination, 0o2770)
    const before = facts(destination)
    fs.symlinkSync(destination, at('link'))
    await restore({ from: [secret], destination: at('link'), jobs: 1 })
    expect(facts(destination)).toEqual(before)
  })
})
