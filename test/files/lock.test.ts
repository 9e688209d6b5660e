import { spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../src/files/lock.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'))
afterAll(() => fs.rmSync(root, { recursive: true }))

let folder: string
beforeEach(() => {
  folder = path.join(fs.mkdtempSync(path.join(root, 'dest-')), '.butcher')
  fs.mkdirSync(folder)
})

const file = (): string => path.join(folder, 'lock')
const names = (): string[] => fs.readdirSync(folder)
const record = (more: object): string =>
  JSON.stringify({
    pid: process.pid,
    host: os.hostname(),
    processStart: '',
    started: new Date().toISOString(),
    ...more,
  })

test('one at a time; the second is told who holds it, and since when', () => {
  const unlock = takeLock(folder)
  expect(names()).toEqual(['lock'])
  const who = `process ${process.pid} on ${os.hostname()}, since 20`
  expect(() => takeLock(folder)).toThrow(`${path.dirname(folder)} is in use by ${who}`)
  expect(names()).toEqual(['lock'])
  unlock()
  expect(names()).toEqual([])
  takeLock(folder)()
  expect(names()).toEqual([])
})

test.each([
  ['a process that is no more', () => record({ pid: 4_000_000 })],
  ['a number that another process has now', () => record({ processStart: '1 another-boot' })],
  ['nobody: it is empty', () => ''],
  ['nobody: it is garbage', () => '{"pid":'],
])('a lock left by %s does not stand in the way', (_, text) => {
  fs.writeFileSync(file(), text())
  const unlock = takeLock(folder)
  expect((JSON.parse(fs.readFileSync(file(), 'utf8')) as { pid: number }).pid).toBe(process.pid)
  unlock()
  expect(names()).toEqual([])
})

test('a lock of another machine or container holds as long as it is renewed', () => {
  fs.writeFileSync(file(), record({ host: 'elsewhere' }))
  expect(() => takeLock(folder)).toThrow(/is in use by process \d+ on elsewhere/)
  expect(names()).toEqual(['lock'])
  const longAgo = new Date(Date.now() - 150_000)
  fs.utimesSync(file(), longAgo, longAgo)
  takeLock(folder)()
  expect(names()).toEqual([])
})

test('what another took since is not given back', () => {
  const unlock = takeLock(folder)
  fs.writeFileSync(file(), record({ pid: 1 }))
  unlock()
  expect(names()).toEqual(['lock'])
})

test('of many processes at once, over a lock that is stale, one has it', async () => {
  fs.writeFileSync(file(), record({ pid: 4_000_000 }))
  const script = path.resolve(import.meta.dirname, '../../src/files/lock.ts')
  const [go, done] = [path.join(folder, 'go'), path.join(folder, 'done')]
  // Who has the lock keeps it until all have answered, however late they begin.
  const code = `import fs from 'node:fs'; import { takeLock } from '${script}'
    const until = async (file) => { while (!fs.existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5)) }
    await until('${go}')
    try { takeLock('${folder}'); console.log('has it') } catch (e) { console.log(e.code) }
    await until('${done}')`
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )
  const answers = Promise.all(
    children.map(async ({ stdout }) => {
      for await (const piece of stdout) return String(piece).trim()
      return 'no answer'
    }),
  )
  setTimeout(() => fs.writeFileSync(go, ''), 500)
  expect((await answers).sort()).toEqual(['has it', ...Array.from({ length: 5 }, () => 'locked')])
  fs.writeFileSync(done, '')
  await Promise.all(children.map((child) => child.exitCode ?? new Promise((end) => child.on('close', end))))
})
