import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { BackupOptions } from '../../../src/commands/backup/backup-options.ts'
import { rebuild } from '../../../src/commands/rebuild/rebuild.ts'
import { restore } from '../../../src/commands/restore/restore.ts'
import { verify } from '../../../src/commands/verify/verify.ts'
import { decrypt } from '../../../src/crypto/decrypt.ts'
import { encryptBytes } from '../../../src/crypto/encrypt.ts'
import type { ButcherEvent } from '../../../src/events.ts'
import { cli, lastLine, onTerminal } from '../../cli/cli.ts'
import { describeTree, program } from '../../support/tree.ts'
import {
  chunkFiles,
  decryptByGpg,
  discFolders,
  restored,
  runBackup,
  scratchFolder,
} from '../../support/backup-set.ts'

const scratch = scratchFolder()
const inside = (name: string): string => path.join(scratch.folder, name)
const source = inside('source')
const medium = '2MB'

beforeAll(() => {
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'a\n')
})
afterAll(scratch.remove)

const make = (name: string, options: Partial<BackupOptions>) =>
  runBackup({ source, destination: inside(name), medium, ...options })

describe('a passphrase that gpg could not be given begins no set', () => {
  test.each([
    ['p\0w\0', /NUL byte/],
    ['one\ntwo', /line feed/],
    ['one\n', /line feed/],
    ['caf\uFFFD', /not UTF-8/],
  ])('from the library: %j', async (passphrase, message) => {
    await expect(make('refused', { passphrase })).rejects.toMatchObject({
      code: 'secret',
      message: expect.stringMatching(message) as string,
    })
    await expect(make('refused', { passphrase, dryRun: true })).rejects.toMatchObject({ code: 'secret' })
    expect(fs.existsSync(inside('refused'))).toBe(false)
  })

  test('an empty one from the library is a wrong value', async () => {
    await expect(make('refused', { passphrase: '' })).rejects.toMatchObject({ code: 'usage' })
    expect(fs.existsSync(inside('refused'))).toBe(false)
  })

  test('from a file, an option, the environment and a prompt', async () => {
    const call = ['backup', source, inside('refused'), '--medium', medium]
    const file = inside('pw')
    const told: string[] = []
    for (const bytes of ['p\0w\0\n', '\0', Buffer.from('pass', 'utf16le')]) {
      fs.writeFileSync(file, bytes)
      const { status, stderr } = cli([...call, '--passphrase-file', file])
      expect(status).not.toBe(0)
      told.push(lastLine(stderr))
    }
    told.push(lastLine(cli([...call, '--passphrase', 'a\nb']).stderr))
    told.push(lastLine(cli(call, { BUTCHER_PASSPHRASE: 'a\nb' }).stderr))
    const typed = 'a\0b\r'
    const prompt = await onTerminal(
      [...call, '--encrypt'],
      [
        ['New passphrase (', typed],
        ['Repeat passphrase', typed],
      ],
    )
    expect(prompt.status).not.toBe(0)
    told.push(lastLine(prompt.output))
    for (const line of told)
      expect(line).toMatch(/^error: the passphrase holds a (NUL byte|line feed): gpg reads/)
    expect(fs.existsSync(inside('refused'))).toBe(false)
  })

  test('a set that has such a passphrase already comes back', async () => {
    const [old, other] = ['p\0w\0', 'a passphrase']
    await make('old', { passphrase: other })
    const [disc = ''] = discFolders(inside('old'))
    const files = [...chunkFiles([disc]), path.join(disc, 'catalog.sqlite.bz2.gpg')]
    for (const file of files) {
      const content = decryptByGpg(fs.readFileSync(file), other)
      fs.writeFileSync(file, await encryptBytes({ passphrase: old }, content))
    }
    expect(await restored({ from: [disc], into: inside('out'), passphrase: old })).toEqual(
      describeTree(source),
    )
  })
})

test('what is not seen at the ends of a passphrase is named at the first backup, and gpg opens the set', async () => {
  for (const [name, passphrase, parts] of [
    ['mark', '\uFEFFsecret', ['byte order mark']],
    ['return', 'secret\r', ['carriage return']],
    ['blanks', ' secret ', ['begins with a blank', 'ends with a blank']],
    ['plain', 'secret words', []],
  ] as const) {
    const file = inside(`${name}.pw`)
    fs.writeFileSync(file, `${passphrase}\nanother line\n`)
    const call = ['backup', source, inside(name), '--medium', medium, '--passphrase-file', file]
    const { status, stderr } = cli(call)
    expect(status).toBe(0)
    expect(stderr.match(/^warning: .*$/gm) ?? []).toHaveLength(parts.length)
    for (const part of parts) expect(stderr).toContain(part)
    expect(cli(call)).toMatchObject({ status: 0, stderr: '' })
    for (const chunk of chunkFiles(discFolders(inside(name)))) {
      const gpg = ['--homedir', scratch.folder, '--batch', '--quiet', '--pinentry-mode', 'loopback']
      program('gpg', [
        ...gpg,
        '--passphrase-file',
        file,
        '--output',
        '/dev/null',
        '--yes',
        '--decrypt',
        chunk,
      ])
    }
    program('gpgconf', ['--homedir', scratch.folder, '--kill', 'all'])
    const script = path.join(inside(name), 'disc-0001/restore.sh')
    program('bash', [script, '--passphrase-file', file, inside(`${name}-by-hand`)])
    expect(describeTree(inside(`${name}-by-hand`))).toEqual(describeTree(source))
  }
})

describe('another form of the passphrase opens the set, and it is said', () => {
  const [composed, decomposed] = ['pässwörd', 'pässwörd'.normalize('NFD')]
  test.each([
    ['composed', composed, decomposed, /Unicode form NFC/],
    ['decomposed', decomposed, composed, /Unicode form NFD/],
    ['with-return', 'secret\r', 'secret', /with a carriage return at its end/],
    ['without-return', 'secret', 'secret\r', /without the carriage return at its end/],
    ['without-mark', 'secret', '\uFEFFsecret', /without the byte order mark at its start/],
    ['without-blank', 'secret', 'secret ', /without blanks/],
  ])('%s', async (name, right, given, words) => {
    await make(name, { passphrase: right })
    const said: string[] = []
    const report = (event: ButcherEvent): unknown => event.type === 'warning' && said.push(event.message)
    const destination = inside('other-form')
    const from = [inside(name)]
    await restore({ from, destination, passphrase: given, jobs: 1, report })
    expect(describeTree(destination)).toEqual(describeTree(source))
    fs.rmSync(destination, { recursive: true })
    await rebuild({
      from: [inside(`${name}/disc-0001`)],
      catalog: destination,
      passphrase: given,
      jobs: 1,
      report,
    })
    fs.rmSync(destination)
    await verify({ from: [inside(`${name}/disc-0001`)], passphrase: given, report })
    expect(said).toHaveLength(3)
    for (const message of said) expect(message).toMatch(words)

    // What a backup adds is encrypted with the passphrase that the set has.
    const later = inside(`${name}-source`)
    fs.cpSync(source, later, { recursive: true })
    fs.writeFileSync(path.join(later, 'later.txt'), name)
    const run = await make(name, { source: later, passphrase: given })
    expect(run).toMatchObject({ backup: 2, chunks: 1 })
    expect(run.told).toHaveLength(1)
    for (const chunk of chunkFiles(discFolders(inside(name))))
      expect(() => decryptByGpg(fs.readFileSync(chunk), right)).not.toThrow()
    expect(await restored({ from, into: destination, passphrase: right })).toEqual(describeTree(later))
    fs.rmSync(destination, { recursive: true })
  })

  test('another passphrase stays a wrong one', async () => {
    const message = await encryptBytes({ passphrase: composed }, Buffer.from('x'))
    for (const passphrase of ['password', 'PÄSSWÖRD', `${composed}x`, 'passwo\u0308rd']) {
      const input = (async function* () {
        yield message
      })()
      await expect(decrypt(input, { passphrase }, 'it').next()).rejects.toMatchObject({
        code: 'secret',
        message: 'wrong passphrase: it does not open it',
      })
    }
  })

  test('the same of the passphrase that locks a private key', async () => {
    const home = fs.mkdtempSync('/tmp/bk-')
    const gpg = (...args: string[]): Buffer =>
      program('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args])
    try {
      gpg(
        '--passphrase',
        composed,
        '--quick-generate-key',
        'k@example.org',
        'future-default',
        'default',
        'never',
      )
      const [recipient, privateKey] = [inside('k.pub'), inside('k.sec')]
      gpg('--armor', '--output', recipient, '--export', 'k@example.org')
      gpg(
        '--passphrase',
        composed,
        '--armor',
        '--output',
        privateKey,
        '--export-secret-keys',
        'k@example.org',
      )
      await make('locked-key', { recipients: [recipient] })
      const said: string[] = []
      await restore({
        from: [inside('locked-key')],
        destination: inside('unlocked'),
        privateKey,
        passphrase: decomposed,
        report: (event) => event.type === 'warning' && said.push(event.message),
      })
      expect(describeTree(inside('unlocked'))).toEqual(describeTree(source))
      expect(said).toEqual([
        expect.stringMatching(/k\.sec as it was given, but does in the Unicode form NFC/),
      ])
    } finally {
      program('gpgconf', ['--homedir', home, '--kill', 'all'])
      fs.rmSync(home, { recursive: true, force: true })
    }
  })
})
