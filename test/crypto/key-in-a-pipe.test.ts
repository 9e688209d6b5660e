/** A private key in a pipe, as a shell writes `--private-key <(pass show key)`: it can be read once. */

import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { onTerminal } from '../cli/cli.ts'
import { restored, runBackup, scratchFolder } from '../support/backup-set.ts'
import { gpgHome } from '../support/gpg-home.ts'
import { describeTree, program } from '../support/tree.ts'

const scratch = scratchFolder()
const source = path.join(scratch.folder, 'source')
const destination = path.join(scratch.folder, 'set')
const home = gpgHome()
const unlock = 'of the key'
let key: string

beforeAll(async () => {
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
  home.gpg(['--quick-generate-key', 'a@example.org', 'future-default', 'default', 'never'], {
    passphrase: unlock,
  })
  key = home.save('a@example.org', '--export-secret-keys', { passphrase: unlock })
  await runBackup({ source, destination, recipients: [home.save('a@example.org', '--export')] })
})
afterAll(home.remove)

/** A pipe that gives the key once: a second reader would wait for ever. */
function pipe(): string {
  const file = path.join(scratch.folder, `key-${Math.random()}`)
  program('mkfifo', [file])
  spawn('sh', ['-c', 'exec cat "$0" > "$1"', key, file])
  return file
}

test('a backup and a restore read it once', async () => {
  fs.writeFileSync(path.join(source, 'b.txt'), 'b\n')
  await runBackup({ source, destination, privateKey: pipe(), passphrase: unlock })
  const secrets = { privateKey: pipe(), passphrase: unlock }
  expect(await restored({ from: [destination], into: path.join(scratch.folder, 'out'), ...secrets })).toEqual(
    describeTree(source),
  )
})

test('its passphrase may be typed again', async () => {
  const { status } = await onTerminal(
    ['log', destination, '--private-key', pipe()],
    [
      ['Passphrase for the private key: ', 'wrong\r'],
      ['(2 left)', ''],
      ['Passphrase for the private key: ', `${unlock}\r`],
    ],
  )
  expect(status).toBe(0)
})
