import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readAttributes, readAttributesText, setAttributes } from '../../src/files/attributes.ts'
import { maxAttributesBytes, parseAttributes } from '../../src/format/attributes.ts'
import { program } from '../support/tree.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'attributes-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const newFile = (name: string): string => {
  const file = path.join(folder, name)
  fs.writeFileSync(file, '')
  return file
}
const values = (given: Record<string, string>): Map<string, Buffer> =>
  new Map(Object.entries(given).map(([name, value]) => [name, Buffer.from(value, 'latin1')]))

test('what is set is what getfattr shows, by path and by descriptor, and others go away', () => {
  const file = newFile('a')
  program('setfattr', ['-n', 'user.old', '-v', 'x', file])
  expect(setAttributes(file, values({ 'user.b': '\0\xff=', 'user.empty': '' }))).toEqual([])
  const shown = program('getfattr', ['-d', '-e', 'hex', '--absolute-names', file]).toString()
  expect(shown).toBe(`# file: ${file}\nuser.b=0x00ff3d\nuser.empty=0x\n\n`)
  const descriptor = fs.openSync(file, 'r')
  expect(readAttributes(descriptor)).toEqual(readAttributes(file))
  expect(setAttributes(descriptor, values({ 'user.c': 'c' }))).toEqual([])
  fs.closeSync(descriptor)
  expect(readAttributesText(file)).toBe('{"user.c":"Yw=="}')
})

test('an ACL that a file inherits goes away where it is not wanted', () => {
  const inner = path.join(folder, 'inherits')
  fs.mkdirSync(inner)
  program('setfacl', ['-m', 'd:u:1234:rwx', inner])
  const file = path.join(inner, 'file')
  fs.writeFileSync(file, '')
  expect([...readAttributes(file).keys()]).toEqual(['system.posix_acl_access'])
  expect(setAttributes(file, new Map())).toEqual([])
  expect(readAttributesText(file)).toBeNull()
})

test('of a symlink and not of what it points to; a file system without any is no trouble', () => {
  const file = newFile('b')
  program('setfattr', ['-n', 'user.a', '-v', 'x', file])
  fs.symlinkSync('b', path.join(folder, 'link'))
  expect(readAttributesText(path.join(folder, 'link'))).toBeNull()
  expect(readAttributesText('/proc/self/status')).toBeNull()
  expect(() => readAttributes(path.join(folder, 'nothing'))).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  )
})

test('what cannot be set is answered, with why', () => {
  const link = path.join(folder, 'to-nowhere')
  fs.symlinkSync('nowhere', link)
  expect(setAttributes(link, values({ 'user.a': 'x' }))).toEqual([{ name: 'user.a', code: 'EPERM' }])
})

test('a text that no catalog has is none, whatever it is', () => {
  const kept = { 'user.a': 'eA==' }
  expect(parseAttributes(JSON.stringify(kept))).toEqual(values({ 'user.a': 'x' }))
  const others = [
    '', 'null', '[]', '5', '{"user.a":1}', '{"user.a":{}}', '{"security.selinux":"eA=="}', '{"system.other":"eA=="}',
    '{"user.":"eA=="}', '{"user.a\\u0000b":"eA=="}', `{"user.a":"${'A'.repeat(2 * maxAttributesBytes)}"}`,
  ] // prettier-ignore
  for (const text of others) expect(parseAttributes(text)).toBeUndefined()
})
