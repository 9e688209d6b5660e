import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import * as openpgp from 'openpgp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decrypt } from '../../src/crypto/decrypt.ts'
import { openSecrets } from '../../src/crypto/private-key.ts'
import type { Secrets } from '../../src/crypto/secrets.ts'
import { gpgEncrypt } from '../support/make-set.ts'
import { noise } from '../support/sample-trees.ts'

const content = Buffer.concat([Buffer.from('plain '.repeat(5000)), noise(3_000_000, 4)])
let home: string

beforeAll(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'decrypt-'))
  for (const [name, kind, passphrase] of [
    ['rsa', 'rsa2048', ''],
    ['ecc', 'future-default', ''],
    ['locked', 'future-default', 'unlock me'],
  ] as const) {
    gpg('--passphrase', passphrase, '--quick-generate-key', `${name}@example.org`, kind, 'default', 'never')
    if (kind === 'rsa2048') {
      const [fingerprint] = /[0-9A-F]{40}/.exec(
        gpg('--list-keys', '--with-colons', `${name}@example.org`),
      ) as RegExpExecArray
      gpg('--passphrase', passphrase, '--quick-add-key', fingerprint, 'rsa2048', 'encrypt', 'never')
    }
    gpg('--output', file(`${name}.pub`), '--export', `${name}@example.org`)
    gpg(
      '--passphrase',
      passphrase,
      '--output',
      file(`${name}.sec`),
      '--export-secret-keys',
      `${name}@example.org`,
    )
    gpg(
      '--passphrase',
      passphrase,
      '--armor',
      '--output',
      file(`${name}.asc`),
      '--export-secret-keys',
      `${name}@example.org`,
    )
  }
})

afterAll(() => {
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'])
  fs.rmSync(home, { recursive: true, force: true })
})

const file = (name: string): string => path.join(home, name)

const gpg = (...args: string[]): string =>
  execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', '--pinentry-mode', 'loopback', ...args], {
    encoding: 'utf8',
  })

async function* pieces(data: Uint8Array, pieceBytes = 1 << 20): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += pieceBytes) yield data.subarray(at, at + pieceBytes)
}

async function open(message: Uint8Array, secrets: Secrets, pieceBytes?: number): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const piece of decrypt(pieces(message, pieceBytes), await openSecrets(secrets), 'the message'))
    all.push(piece)
  return Buffer.concat(all)
}

const failsWith = (code: string, message: RegExp): unknown =>
  expect.objectContaining({ code, message: expect.stringMatching(message) })

describe('by passphrase', () => {
  const passphrase = 'pass wörd'

  test('opens what gpg makes, compressed or not, whatever the pieces', async () => {
    for (const extra of [
      ['--compress-algo', 'none'],
      ['--compress-algo', 'zlib'],
      ['--compress-algo', 'zip'],
    ]) {
      const message = gpgEncrypt(content, { passphrase }, extra)
      expect((await open(message, { passphrase })).equals(content)).toBe(true)
    }
    const small = gpgEncrypt(content.subarray(0, 5000), { passphrase })
    expect((await open(small, { passphrase }, 13)).equals(content.subarray(0, 5000))).toBe(true)
    expect(await open(gpgEncrypt(Buffer.alloc(0), { passphrase }), { passphrase })).toHaveLength(0)
  })

  test.each([
    ['--cipher-algo', 'AES'],
    ['--cipher-algo', 'AES192', '--s2k-digest-algo', 'SHA1'],
    ['--s2k-digest-algo', 'SHA1', '--s2k-count', '1024'],
    ['--s2k-digest-algo', 'SHA512'],
    ['--s2k-mode', '1'],
    ['--s2k-mode', '0'],
  ])('whatever gpg makes of the passphrase: %s %s', async (...extra) => {
    const long = { passphrase: passphrase.repeat(150) } // more than a count may be
    const some = content.subarray(0, 5000)
    for (const secrets of [{ passphrase }, long]) {
      expect(await open(gpgEncrypt(some, secrets, extra), secrets)).toEqual(some)
    }
    await expect(open(gpgEncrypt(some, long, extra), { passphrase })).rejects.toThrow(
      failsWith('secret', /wrong passphrase/),
    )
  })

  test('opens what OpenPGP.js makes', async () => {
    const message = await openpgp.createMessage({ binary: content as Uint8Array })
    const encrypted = (await openpgp.encrypt({
      message,
      passwords: passphrase,
      format: 'binary',
    })) as Uint8Array
    expect((await open(encrypted, { passphrase })).equals(content)).toBe(true)
    await expect(open(encrypted, { passphrase: 'wrong' })).rejects.toThrow(
      failsWith('secret', /wrong passphrase/),
    )
  })

  test('a wrong passphrase is told before the first byte, every time', async () => {
    const message = gpgEncrypt(content.subarray(0, 100_000), { passphrase })
    for (let i = 0; i < 60; i++) {
      await expect(open(message, { passphrase: `wrong ${i}` })).rejects.toThrow(
        failsWith('secret', /wrong passphrase/),
      )
    }
  })

  test('a missing one is named', async () => {
    const message = gpgEncrypt(content.subarray(0, 1000), { passphrase })
    await expect(open(message, {})).rejects.toThrow(failsWith('secret', /needs a passphrase/))
    await expect(open(message, { privateKey: file('ecc.sec') })).rejects.toThrow(
      failsWith('secret', /needs a passphrase/),
    )
  })

  test('every flipped byte is told, and no wrong byte passes the end', async () => {
    const data = content.subarray(20_000, 40_000)
    const message = gpgEncrypt(data, { passphrase })
    for (let at = 60; at < message.length; at += Math.floor(message.length / 40)) {
      const flipped = Buffer.from(message)
      flipped[at] = (flipped[at] as number) ^ 0x10
      await expect(open(flipped, { passphrase })).rejects.toThrow(
        expect.objectContaining({ name: 'ButcherError' }),
      )
    }
  })

  test('a message that is cut short, and what is no message', async () => {
    const message = gpgEncrypt(content, { passphrase })
    await expect(open(message.subarray(0, 2_000_000), { passphrase })).rejects.toThrow(
      failsWith('damaged', /the message/),
    )
    await expect(open(Buffer.from('BZh9 no message'), { passphrase })).rejects.toThrow(
      failsWith('damaged', /the message/),
    )
    await expect(open(Buffer.alloc(0), { passphrase })).rejects.toThrow(failsWith('damaged', /the message/))
  })

  test('a reader that stops early closes the input', async () => {
    const message = gpgEncrypt(content, { passphrase })
    let closed = false
    const input = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* pieces(message, 100_000)
      } finally {
        closed = true
      }
    }
    for await (const piece of decrypt(input(), { passphrase }, 'the message')) {
      expect(piece.length).toBeGreaterThan(0)
      break
    }
    expect(closed).toBe(true)
  })

  test('trouble with the input comes through as it is', async () => {
    const message = gpgEncrypt(content, { passphrase })
    const input = async function* (): AsyncGenerator<Uint8Array> {
      yield message.subarray(0, 1_000_000)
      throw new Error('the drive is gone')
    }
    const reading = async (): Promise<void> => {
      for await (const piece of decrypt(input(), { passphrase }, 'the message')) void piece
    }
    await expect(reading()).rejects.toThrow('the drive is gone')
  })
})

describe('by private key', () => {
  test.each(['rsa', 'ecc'])('%s keys of gpg, binary, armored or as text', async (name) => {
    const message = gpgEncrypt(content, { recipients: [file(`${name}.pub`)] })
    const armored = fs.readFileSync(file(`${name}.asc`), 'utf8')
    for (const privateKey of [file(`${name}.sec`), file(`${name}.asc`), armored]) {
      expect((await open(message, { privateKey })).equals(content)).toBe(true)
    }
  })

  test('a locked key takes the passphrase', async () => {
    const message = gpgEncrypt(content.subarray(0, 1000), { recipients: [file('locked.pub')] })
    const privateKey = file('locked.asc')
    expect(await open(message, { privateKey, passphrase: 'unlock me' })).toHaveLength(1000)
    await expect(open(message, { privateKey })).rejects.toThrow(failsWith('secret', /locked by a passphrase/))
    await expect(open(message, { privateKey, passphrase: 'no' })).rejects.toThrow(
      failsWith('secret', /does not unlock/),
    )
  })

  test('one of several recipients, or the passphrase beside them', async () => {
    const message = gpgEncrypt(content.subarray(0, 1000), {
      passphrase: 'both ways',
      recipients: [file('rsa.pub'), file('ecc.pub')],
    })
    expect(await open(message, { privateKey: file('rsa.sec') })).toHaveLength(1000)
    expect(await open(message, { privateKey: file('ecc.sec') })).toHaveLength(1000)
    expect(await open(message, { passphrase: 'both ways' })).toHaveLength(1000)
    expect(await open(message, { passphrase: 'wrong', privateKey: file('ecc.sec') })).toHaveLength(1000)
  })

  test('another key, no key, and what is no key', async () => {
    for (const name of ['rsa', 'ecc']) {
      const message = gpgEncrypt(content.subarray(0, 1000), { recipients: [file(`${name}.pub`)] })
      const other = file(name === 'rsa' ? 'ecc.sec' : 'rsa.sec')
      await expect(open(message, { privateKey: other })).rejects.toThrow(
        failsWith('secret', /wrong private key/),
      )
      await expect(open(message, {})).rejects.toThrow(failsWith('secret', /needs a private key/))
    }
    await expect(openSecrets({ privateKey: '/no/such/key' })).rejects.toThrow(
      failsWith('secret', /\/no\/such\/key/),
    )
    await expect(openSecrets({ privateKey: '/etc/hostname' })).rejects.toThrow(
      failsWith('secret', /is not an OpenPGP private key/),
    )
  })
})
