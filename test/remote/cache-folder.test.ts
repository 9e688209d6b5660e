import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cacheFolder } from '../../src/remote/cache-folder.ts'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'cache-folder-'))
const before = process.env['XDG_CACHE_HOME']
process.env['XDG_CACHE_HOME'] = root
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME']
  else process.env['XDG_CACHE_HOME'] = before
  fs.rmSync(root, { recursive: true })
})

test('the state of a set that was not used for 90 days is removed', () => {
  const long = new Date(Date.now() - 91 * 24 * 3_600_000)
  const made = ['a', 'b', 'c'].map((letter) => cacheFolder(letter.repeat(32), 'rclone:nas:set'))
  const [idle, mounted, used] = made as [string, string, string]
  fs.writeFileSync(path.join(idle, 'state.json'), '{}')
  fs.mkdirSync(path.join(mounted, 'butcher-view-1'))
  const images = path.join(root, 'butcher', 'images')
  fs.mkdirSync(images)
  for (const folder of [...made, images]) fs.utimesSync(folder, long, long)
  cacheFolder('c'.repeat(32), 'rclone:nas:set')
  expect(fs.existsSync(path.dirname(idle))).toBe(false)
  expect([mounted, used, images].every((folder) => fs.existsSync(folder))).toBe(true)
})
