import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import { noise } from '../../support/sample-trees.ts'
import { describeTree, program } from '../../support/tree.ts'
import {
  burn,
  chunkFiles,
  discFolders,
  fingerprint,
  passphrase,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
const source = path.join(scratch.folder, 'source')
const medium = '2MB'

/** Other runs may have folders in the system's own. */
const temporary = path.join(scratch.folder, 'tmp')

beforeAll(() => {
  fs.mkdirSync(temporary)
  vi.stubEnv('TMPDIR', temporary)
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
  fs.writeFileSync(path.join(source, 'noise.bin'), noise(200_000, 1))
})

const inside = (name: string): string => path.join(scratch.folder, name)

const make = (name: string, options: Partial<BackupOptions>): Promise<unknown> =>
  runBackup({ source, destination: inside(name), medium, ...options })

/** The backup is refused in these words, and nothing is written anywhere. */
async function refused(
  name: string,
  options: Partial<BackupOptions>,
  message: RegExp,
  code = 'secret',
): Promise<void> {
  const before = fingerprint(inside(name))
  await expect(make(name, options)).rejects.toMatchObject({
    code,
    message: expect.stringMatching(message) as string,
  })
  expect(fingerprint(inside(name))).toEqual(before)
  expect(fs.readdirSync(temporary)).toEqual([])
}

describe('a set goes on with the secret that it began with', () => {
  const other = 'another passphrase'
  beforeAll(async () => {
    await make('locked', { passphrase })
    await make('open', {})
    fs.cpSync(inside('locked'), inside('locked-burned'), { recursive: true, preserveTimestamps: true })
    burn(inside('locked-burned'), inside('shelf'))
    fs.cpSync(inside('locked'), inside('locked-discs'), { recursive: true, preserveTimestamps: true })
    fs.rmSync(inside('locked-discs/catalog.sqlite.bz2.gpg'))
  })

  test.each(['locked', 'locked-burned', 'locked-discs'])('%s', async (name) => {
    await refused(name, {}, /is encrypted: it needs its passphrase or private key/)
    await refused(name, { passphrase: other }, /passphrase/)
    await refused(name, { passphrase: '' }, /passphrase/, 'usage')
    await refused(name, { passphrase: other, full: true, dryRun: true }, /passphrase/)
    const catalog = inside('locked/catalog.sqlite.bz2.gpg')
    await refused(name, { passphrase: other, index: catalog }, /passphrase/)
    await refused(name, { index: catalog }, /encrypted/)
  })

  test('one that is not encrypted takes no passphrase', async () => {
    await refused('open', { passphrase }, /is not encrypted and cannot become so/)
    await refused('new', { passphrase, index: inside('open/catalog.sqlite') }, /is not encrypted/)
    await refused('locked-burned', { index: inside('open/catalog.sqlite') }, /encrypted/)
  })

  test('an empty passphrase begins no set', () => refused('new', { passphrase: '' }, /empty/, 'usage'))
})

describe('recipients with keys that gpg made', () => {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'bk-'))
  afterAll(() => {
    program('gpgconf', ['--homedir', home, '--kill', 'all'])
    fs.rmSync(home, { recursive: true, force: true })
  })
  const gpg = (...args: string[]): Buffer =>
    program('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args])
  const keys = { rsa: 'rsa2048', curve: 'future-default', stranger: 'future-default' } as const
  const publicKey = (name: string): string => path.join(home, `${name}.pub`)
  const secretKey = (name: string): string => path.join(home, `${name}.sec`)

  beforeAll(async () => {
    fs.chmodSync(home, 0o700)
    for (const [name, kind] of Object.entries(keys)) {
      const locked = name === 'curve' ? 'of the key' : ''
      const id = `${name}@example.org`
      const usage = kind === 'rsa2048' ? 'encrypt,sign' : 'default'
      gpg('--passphrase', locked, '--quick-generate-key', id, kind, usage, 'never')
      gpg('--armor', '--output', publicKey(name), '--export', id)
      gpg('--passphrase', locked, '--armor', '--output', secretKey(name), '--export-secret-keys', id)
    }
    await make('keys', { recipients: [publicKey('rsa'), publicKey('curve')] })
  })

  const from = [inside('keys')]
  const rsa = { privateKey: secretKey('rsa') }
  const curve = { privateKey: secretKey('curve'), passphrase: 'of the key' }

  test('each key restores, and gpg opens the chunks', async () => {
    for (const secrets of [rsa, curve]) {
      expect(await restored({ from, into: inside('out'), ...secrets })).toEqual(describeTree(source))
    }
    for (const chunk of chunkFiles(discFolders(inside('keys')))) {
      const packets = gpg('--passphrase', '', '--list-packets', chunk).toString()
      expect(packets.match(/^:pubkey enc packet: version 3/gm)).toHaveLength(2)
      expect(packets).not.toMatch(/symkey|compressed packet|aead encrypted/)
      expect(packets).toMatch(/mdc_method: 2/)
    }
  })

  test('without a key, with a strange one, or locked, nothing comes back and nothing is written', async () => {
    const wrong = [
      {},
      { passphrase: 'of the key' },
      { privateKey: secretKey('stranger') },
      { privateKey: secretKey('curve') },
      { privateKey: secretKey('curve'), passphrase: 'another' },
      { privateKey: publicKey('rsa') },
    ]
    for (const secrets of wrong) {
      const destination = inside('not-written')
      await expect(restore({ from, destination, ...secrets })).rejects.toMatchObject({ code: 'secret' })
      expect(fs.existsSync(destination)).toBe(false)
    }
  })

  test('going on needs a key that opens the catalog, and no other recipient', async () => {
    const recipients = [publicKey('rsa'), publicKey('curve')]
    await refused('keys', {}, /is encrypted/)
    await refused('keys', { recipients }, /key/)
    await refused('keys', { privateKey: secretKey('stranger') }, /key/)
    await refused('keys', { ...rsa, recipients: [publicKey('stranger')] }, /not encrypted to the recipient/)
    await refused('open', { recipients }, /not encrypted/)
    await refused('locked', { passphrase, recipients }, /not encrypted to the recipient/)
    await refused('new', { recipients: [inside('source/a.txt')] }, /is not an OpenPGP public key/)
    fs.writeFileSync(path.join(source, 'later.txt'), 'later\n')
    const run = await runBackup({ source, destination: inside('keys'), medium, ...rsa })
    expect(run).toMatchObject({ backup: 2, filesNew: 1, complete: true })
    expect(await restored({ from, into: inside('out'), ...curve })).toEqual(describeTree(source))
  })
})

afterAll(scratch.remove)
