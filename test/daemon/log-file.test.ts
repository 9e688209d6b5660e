import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { LogFile } from '../../src/daemon/log-file.ts'
import { lastLines, LogFollower } from '../../src/daemon/read-log.ts'

const folder = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'daemon-log-'))
const at = new Date('2026-11-28T06:00:00Z')
const texts = (lines: readonly { readonly text: string }[] | undefined): string[] | undefined =>
  lines?.map(({ text }) => text)

function logOf(file: string, more: { readonly mostBytes?: number; readonly kept?: number } = {}) {
  const problems: string[] = []
  const log = new LogFile(file, { ...more, complain: (problem) => problems.push(problem) })
  return { problems, write: (text: string) => log.write(text, at), log }
}

test('a line has its time, control characters are escaped, and the file is of its user alone', () => {
  const file = path.join(folder(), 'new', 'daemon.log')
  const { write } = logOf(file)
  write('starting a\nb\u001b[31m')
  expect(fs.readFileSync(file, 'utf8')).toBe('2026-11-28T06:00:00.000Z  starting a\\nb\\x1b[31m\n')
  expect(fs.statSync(file).mode & 0o777).toBe(0o600)
  expect(lastLines(file, 5)).toEqual([{ at: '2026-11-28T06:00:00.000Z', text: 'starting a\\nb\\x1b[31m' }])
})

test('a full file is put aside, a kept number of them stays, and all are read as one', () => {
  const file = path.join(folder(), 'daemon.log')
  // Two lines fit.
  const { write } = logOf(file, { mostBytes: 60, kept: 2 })
  for (let i = 1; i <= 9; i++) write(`${i}`)
  expect(fs.readdirSync(path.dirname(file)).toSorted()).toEqual([
    'daemon.log',
    'daemon.log.1',
    'daemon.log.2',
  ])
  expect(texts(lastLines(file, 100))).toEqual(['5', '6', '7', '8', '9'])
  expect(texts(lastLines(file, 3))).toEqual(['7', '8', '9'])
})

test('a rotation that a crash cut short goes on, and loses no line', () => {
  const file = path.join(folder(), 'daemon.log')
  const { write, log } = logOf(file, { mostBytes: 60, kept: 3 })
  for (let i = 1; i <= 6; i++) write(`${i}`)
  log.close()
  // The crash came between the first rename and the second one.
  fs.renameSync(`${file}.2`, `${file}.3`)
  const { write: writeOn } = logOf(file, { mostBytes: 60, kept: 3 })
  for (let i = 7; i <= 8; i++) writeOn(`${i}`)
  expect(['3', '2', '1'].map((age) => fs.existsSync(`${file}.${age}`))).toEqual([true, true, true])
  expect(texts(lastLines(file, 100))).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
})

test('a crash between the renames and the new file loses no line', () => {
  const file = path.join(folder(), 'daemon.log')
  const { write } = logOf(file)
  write('1')
  fs.renameSync(file, `${file}.1`)
  expect(texts(lastLines(file, 100))).toEqual(['1'])
})

test('a line that a crash cut short ends before the next one', () => {
  const file = path.join(folder(), 'daemon.log')
  fs.writeFileSync(file, 'cut sh')
  logOf(file).write('next')
  expect(lastLines(file, 9)).toMatchObject([{ at: '', text: 'cut sh' }, { text: 'next' }])
})

test('a log that cannot be written is reported once, and comes back', () => {
  const home = folder()
  const file = path.join(home, 'state', 'daemon.log')
  fs.writeFileSync(path.join(home, 'state'), 'a file in the way')
  const { write, problems } = logOf(file)
  write('1')
  write('2')
  expect(problems).toEqual([expect.stringContaining('cannot write')])
  fs.rmSync(path.join(home, 'state'))
  write('3')
  expect(texts(lastLines(file, 9))).toEqual(['3'])
})

test('a link in the place of the log is not followed', () => {
  const home = folder()
  fs.writeFileSync(path.join(home, 'precious'), 'mine')
  fs.symlinkSync('precious', path.join(home, 'daemon.log'))
  const { write, problems } = logOf(path.join(home, 'daemon.log'))
  write('1')
  expect(problems).toHaveLength(1)
  expect(fs.readFileSync(path.join(home, 'precious'), 'utf8')).toBe('mine')
})

test('a follower goes from file to file, and gives whole lines', () => {
  const file = path.join(folder(), 'daemon.log')
  const follower = new LogFollower(file)
  expect(follower.read()).toEqual([])
  const { write } = logOf(file, { mostBytes: 60 })
  write('1')
  expect(texts(follower.read())).toEqual(['1'])
  for (const text of ['2', '3']) write(text)
  expect(texts(follower.read())).toEqual(['2', '3'])
  fs.appendFileSync(file, 'begin')
  expect(follower.read()).toEqual([])
  fs.appendFileSync(file, ' end\n')
  expect(texts(follower.read())).toEqual(['begin end'])
  fs.truncateSync(file)
  write('4')
  expect(texts(follower.read())).toEqual(['4'])
  follower.close()
})

test('a very long log is read from its end', () => {
  const file = path.join(folder(), 'daemon.log')
  fs.writeFileSync(file, Array.from({ length: 50_000 }, (_, i) => `line ${i}\n`).join(''))
  expect(texts(lastLines(file, 20_000))?.[0]).toBe('line 30000')
  expect(lastLines(path.join(folder(), 'none'), 5)).toBeUndefined()
})
