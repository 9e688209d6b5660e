import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { withName } from '../../src/restore/name-trouble.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'name-trouble-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

test.each([
  ['aux', 'Windows reserves it for a device'],
  ['LPT1.txt', 'Windows reserves it for a device'],
  ['auxiliary', 'it contains a character that is not allowed'],
  ['dots...', 'it ends with a dot or a blank'],
  ['what?', 'it contains the character "?"'],
])('a file system of Windows refuses %s: %s', (name, why) => {
  const refuse = (): never => {
    throw Object.assign(new Error('invalid argument'), { code: 'EINVAL', errno: -22, syscall: 'open' })
  }
  expect(() => withName(folder, name, refuse)).toThrow(`this file system cannot hold its name: ${why}`)
})
