/** The question of `device restore`, and its stop. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { scratchFolder } from '../support/backup-set.ts'
import { attachLoop, type LoopDevice } from '../support/loop-device.ts'
import { noise } from '../support/sample-trees.ts'
import { onTerminal, program } from './cli.ts'

const MiB = 1 << 20
const scratch = scratchFolder()
const at = (name: string): string => path.join(scratch.folder, name)
/** A size that no loop device of another test has. */
const bytes = 10 * MiB + 512 * 7
const before = noise(bytes, 1)
const image = noise(9 * MiB, 2)
let disk: LoopDevice

beforeAll(() => {
  fs.writeFileSync(at('card.img'), image)
  fs.writeFileSync(at('disk'), before)
  disk = attachLoop(at('disk'), bytes)
})
beforeEach(() => fs.writeFileSync(at('disk'), before, { flag: 'r+' }))
afterAll(() => {
  disk.detach()
  scratch.remove()
})

const zeros = Buffer.alloc(4 * MiB)
const beginning = (): Buffer => fs.readFileSync(at('disk')).subarray(0, zeros.length)

test('a terminal is asked what cannot be typed by mistake, and shown the disk', async () => {
  const call = ['device', 'restore', at('card.img'), disk.path]
  const refused = await onTerminal(call, [['type its size in bytes: ', 'y\n']], { columns: 80 })
  expect(refused.status).toBe(2)
  expect(refused.output).toContain(`Everything on ${disk.path} will be lost:`)
  expect(refused.output).toContain('10.5 MB (10,489,344 bytes)')
  expect(refused.output).toContain('is not confirmed: nothing was written')
  expect(fs.readFileSync(at('disk')).equals(before)).toBe(true)
  const done = await onTerminal(call, [['type its size in bytes: ', `${bytes}\n`]], { columns: 80 })
  expect(done.status).toBe(0)
  expect(done.output).toContain('read back and compared')
})

test('SIGINT ends it after the piece under way, and the disk is told to hold part of the image', async () => {
  const [command, ...words] = program as [string, ...string[]]
  const call = [...words, 'device', 'restore', '-', disk.path, '--no-progress']
  const run = spawn(command, [...call, '--bytes', String(image.length), '--erase', `${disk.path}:${bytes}`])
  let errors = ''
  run.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
  run.stdin.on('error', () => {}) // butcher may end before it has read everything
  // The pipe stays open: the run cannot end by itself.
  run.stdin.write(image.subarray(0, 5 * MiB))
  const closed = new Promise((resolve) => run.once('close', resolve))
  while (run.exitCode === null && !beginning().equals(zeros)) await sleep(50)
  // By then it mostly waits for more bytes: a stop must end that as well.
  await sleep(500)
  run.kill('SIGINT')
  const status = await closed
  expect(status).toBe(130)
  expect(errors.trimEnd().split('\n').at(-1)).toBe(
    `error: stopped: ${disk.path} holds part of an image now (run the command again to write all of it)`,
  )
  // It does not start.
  expect(beginning().equals(zeros)).toBe(true)
})
