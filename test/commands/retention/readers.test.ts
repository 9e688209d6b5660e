/** A restore and a verification protect the chunks that they read; a dead process does not. */

import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backup, forget, log, prune, restore, verify } from '../../../src/index.ts'
import { whileReading } from '../../../src/set/readers.ts'
import { processStart } from '../../../src/files/lock.ts'
import { scratchFolder } from '../../support/backup-set.ts'
import { noise } from '../../support/sample-trees.ts'

const scratch = scratchFolder()
const at = (...names: string[]): string => path.join(scratch.folder, ...names)
const destination = at('destination')
const readers = at('state/butcher/readers')
const before = process.env['XDG_STATE_HOME']
afterAll(() => {
  scratch.remove()
  if (before === undefined) delete process.env['XDG_STATE_HOME']
  else process.env['XDG_STATE_HOME'] = before
})

beforeAll(async () => {
  process.env['XDG_STATE_HOME'] = at('state')
  fs.mkdirSync(at('source'))
  for (let number = 1; number <= 4; number++) {
    fs.writeFileSync(at('source', 'file'), noise(60_000, number))
    fs.writeFileSync(at('source', `stays-${number}`), noise(100, 10 + number))
    await backup({ source: at('source'), destination, medium: 'unlimited', compress: 'none', jobs: 1 })
  }
  await forget({ destination, backups: [1] })
})

const locked = {
  code: 'locked',
  message: expect.stringMatching(/is in use by butcher (restore|verify) \(process \d+\)/),
}

test('while a backup is restored, no rule forgets it and no prune removes chunks', async () => {
  const disc = path.join(destination, 'disc-0001')
  await whileReading('restore', [disc], async (note) => {
    note(2)
    await expect(prune({ destination })).rejects.toMatchObject(locked)
    const judged = await forget({ destination, keepLast: 1, dryRun: true })
    expect(judged).toMatchObject({ kept: [2, 4], forgotten: [3] })
    await expect(forget({ destination, backups: [2] })).rejects.toThrow('a restore reads it')
  })
  const records: string[] = []
  const report = (): void =>
    void records.push(
      ...fs.readdirSync(readers).map((name) => fs.readFileSync(path.join(readers, name), 'utf8')),
    )
  await restore({ from: [disc], destination: at('out'), at: '2', report })
  expect(JSON.parse(records.at(-1) ?? '')).toMatchObject({ command: 'restore', places: [disc], backup: 2 })
  expect(fs.readdirSync(readers)).toEqual([])
})

test('a verification holds a prune, too', async () => {
  const failures: unknown[] = []
  await verify({
    from: [destination],
    onFile: () =>
      prune({ destination }).then(
        () => {},
        (error: unknown) => void failures.push(error),
      ),
  })
  expect(failures[0]).toMatchObject(locked)
})

/** As another process writes it. */
function plant(name: string, more: object): string {
  const file = path.join(readers, `${name}.json`)
  fs.mkdirSync(readers, { recursive: true })
  const own = {
    pid: process.pid,
    processStart: processStart(process.pid),
    command: 'restore',
    places: [destination],
  }
  fs.writeFileSync(file, JSON.stringify({ ...own, ...more }))
  return file
}

test('the record of a dead process, garbage, and a reader of another set hold nothing', async () => {
  const dead = plant('dead', { processStart: '1 before the last boot' })
  const other = plant('other', { places: [at('elsewhere'), 'store 0123'] })
  const garbage = path.join(readers, 'garbage.json')
  fs.writeFileSync(garbage, '{"pid":')
  expect(await prune({ destination, dryRun: true })).toMatchObject({ backups: [1] })
  await prune({ destination })
  expect([dead, other, garbage].map((file) => fs.existsSync(file))).toEqual([false, true, true])
})

test('a prune waits before it removes chunks for a reader that began meanwhile', async () => {
  await forget({ destination, backups: [2] })
  const chunks = path.join(destination, 'disc-0001/chunks')
  const old = fs.readdirSync(chunks)
  let left: readonly string[] = []
  let file: string | undefined
  await prune({
    destination,
    report: (event) => {
      if (event.type === 'stage') file ??= plant('new', {})
      if (event.type !== 'note' || !event.message.startsWith('waits for butcher restore')) return
      left = fs.readdirSync(chunks)
      fs.rmSync(file as string)
    },
  })
  expect(left).toEqual(expect.arrayContaining(old))
  expect((await log({ from: [destination], forgotten: true })).map((one) => one.backup)).toEqual([3, 4])
})
