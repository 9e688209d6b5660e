/** Each kind of key that gpg makes is used, or refused in plain words. docs/keys.md lists them. */

import fs from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decrypt } from '../../src/crypto/decrypt.ts'
import { encryptBytes, type RecipientKey } from '../../src/crypto/encrypt.ts'
import { encryptionPart } from '../../src/crypto/encryption-part.ts'
import { loadOpenPgp } from '../../src/crypto/openpgp.ts'
import { openSecrets } from '../../src/crypto/private-key.ts'
import { readRecipients } from '../../src/crypto/recipients.ts'
import { rows } from '../support/rows.ts'
import { type GpgHome, gpgHome } from '../support/gpg-home.ts'

let home: GpgHome
beforeAll(() => {
  home = gpgHome()
})
afterAll(() => home.remove())

const content = Buffer.from('what is kept')
const plainWords = /^[^\n]*$/
const internals = /module|require|undefined|node_modules|Error:|at .*:\d/i

async function recipientsIn(file: string): Promise<RecipientKey[]> {
  const { readKey } = await loadOpenPgp()
  const keys: RecipientKey[] = []
  for (const { armoredKey, name } of await readRecipients([file])) {
    const { keyId, trouble } = await encryptionPart(await readKey({ armoredKey }), name)
    expect(trouble).toBe(undefined)
    keys.push({ armoredKey, keyId })
  }
  return keys
}

async function opened(message: Uint8Array, privateKey: string, passphrase?: string): Promise<Buffer> {
  const secrets = await openSecrets({ privateKey, ...(passphrase === undefined ? {} : { passphrase }) })
  const pieces: Uint8Array[] = []
  const input = (async function* () {
    yield message
  })()
  for await (const piece of decrypt(input, secrets, 'it')) pieces.push(piece)
  return Buffer.concat(pieces)
}

/** IDs of the keys that a message is encrypted to, in lower-case hex. */
const keyIds = (message: Uint8Array): string[] =>
  [
    ...home
      .gpg(['--list-packets', '--list-only'], { input: message })
      .toString()
      .matchAll(/keyid ([0-9A-F]{16})/g),
  ].map(([, id = '']) => id.toLowerCase())

const elliptic = (signing: string, curve: string): string[] => [
  `Key-Type: ${curve === 'Curve25519' ? 'EDDSA' : 'ECDSA'}`,
  `Key-Curve: ${signing}`,
  'Subkey-Type: ECDH',
  `Subkey-Curve: ${curve}`,
]

const used: readonly (readonly [string, readonly string[]])[] = [
  ['rsa2048', ['Key-Type: RSA', 'Key-Length: 2048', 'Subkey-Type: RSA', 'Subkey-Length: 2048']],
  ['rsa3072-alone', ['Key-Type: RSA', 'Key-Length: 3072']],
  ['dsa-elgamal', ['Key-Type: DSA', 'Key-Length: 2048', 'Subkey-Type: ELG-E', 'Subkey-Length: 2048']],
  ['curve25519', elliptic('Ed25519', 'Curve25519')],
  ...[
    'nistp256',
    'nistp384',
    'nistp521',
    'brainpoolP256r1',
    'brainpoolP384r1',
    'brainpoolP512r1',
    'secp256k1',
  ].map((curve) => [curve.toLowerCase(), elliptic(curve, curve)] as const),
]

describe('is used', () => {
  test.each(rows(used, [0, 3, 4, 10]))('%s', async (name, lines) => {
    const user = `${name}@example.org`
    home.make(user, lines)
    const message = await encryptBytes(
      { recipients: await recipientsIn(home.save(user, '--export')) },
      content,
    )
    expect(home.gpg(['--decrypt'], { input: message })).toEqual(content)
    const fromGpg = home.gpg(['--encrypt', '--recipient', user], { input: content })
    expect(keyIds(message)).toEqual(keyIds(fromGpg))
    const privateKey = home.save(user, '--export-secret-keys')
    expect(await opened(message, privateKey)).toEqual(content)
    expect(await opened(fromGpg, privateKey)).toEqual(content)
  })

  test('one locked by a passphrase, on a brainpool curve', async () => {
    const user = 'locked@example.org'
    const passphrase = 'of the key'
    home.gpg(['--quick-generate-key', user, 'brainpoolP256r1', 'sign', 'never'], { passphrase })
    home.gpg(['--quick-add-key', home.fingerprint(user), 'brainpoolP256r1', 'encr', 'never'], { passphrase })
    const message = await encryptBytes(
      { recipients: await recipientsIn(home.save(user, '--export')) },
      content,
    )
    expect(
      await opened(message, home.save(user, '--export-secret-keys', { passphrase }), passphrase),
    ).toEqual(content)
  })

  test('the newest of several parts, and of an expired one beside a valid one the valid one', async () => {
    const user = 'several@example.org'
    home.gpg(['--quick-generate-key', user, 'ed25519', 'sign', 'never'], { at: '20230101T000000' })
    const add = (until: string, at: string): unknown =>
      home.gpg(['--quick-add-key', home.fingerprint(user), 'cv25519', 'encr', until], { at })
    add('never', '20230102T000000')
    add('never', '20230103T000000')
    add('1d', '20230104T000000')
    const message = await encryptBytes(
      { recipients: await recipientsIn(home.save(user, '--export')) },
      content,
    )
    expect(keyIds(message)).toEqual(keyIds(home.gpg(['--encrypt', '--recipient', user], { input: content })))
    expect(await opened(message, home.save(user, '--export-secret-keys'))).toEqual(content)
  })

  test('a valid part beside a revoked one, and the private key opens what was for the revoked one', async () => {
    const user = 'revoked-part@example.org'
    home.gpg(['--quick-generate-key', user, 'ed25519', 'sign', 'never'], { at: '20230101T000000' })
    const add = (at: string): unknown =>
      home.gpg(['--quick-add-key', home.fingerprint(user), 'cv25519', 'encr', 'never'], { at })
    add('20230102T000000')
    add('20230103T000000')
    const before = await encryptBytes(
      { recipients: await recipientsIn(home.save(user, '--export')) },
      content,
    )
    revokePart(user, 2)
    const after = await encryptBytes({ recipients: await recipientsIn(home.save(user, '--export')) }, content)
    expect(keyIds(after)).not.toEqual(keyIds(before))
    const privateKey = home.save(user, '--export-secret-keys')
    expect(await opened(before, privateKey)).toEqual(content)
    expect(await opened(after, privateKey)).toEqual(content)
  })

  test.each(['SHA1', 'RIPEMD160'])('one whose parts are bound by %s, as old ones are', async (digest) => {
    const user = `${digest.toLowerCase()}@example.org`
    home.gpg(['--cert-digest-algo', digest, '--quick-generate-key', user, 'rsa2048', 'encrypt,sign', 'never'])
    const message = await encryptBytes(
      { recipients: await recipientsIn(home.save(user, '--export')) },
      content,
    )
    expect(home.gpg(['--decrypt'], { input: message })).toEqual(content)
  })

  test('each of several armored keys in one file', async () => {
    const file = `${home.folder}/both.asc`
    const keys = ['rsa2048@example.org', 'nistp256@example.org'].map((user) => home.save(user, '--export'))
    fs.writeFileSync(file, keys.map((key) => fs.readFileSync(key, 'utf8')).join('\n'))
    expect(await recipientsIn(file)).toHaveLength(2)
  })
})

/** Revokes the part with that number, 1 for the first. */
function revokePart(user: string, part: number): void {
  const answers = [`key ${part}`, 'revkey', 'y', '0', '', 'y', 'save', '']
  const input = Buffer.from(answers.join('\n'))
  home.gpg(['--no-batch', '--no-tty', '--command-fd', '0', '--edit-key', user], { input })
}

describe('opens without all its parts', () => {
  const user = 'curve25519@example.org'
  const message = async (): Promise<Buffer> =>
    encryptBytes({ recipients: await recipientsIn(home.save(user, '--export')) }, content)

  test('the primary part is kept elsewhere', async () => {
    expect(await opened(await message(), home.save(user, '--export-secret-subkeys'))).toEqual(content)
  })

  test('the same, locked by a passphrase, beside a key that is not', async () => {
    const passphrase = 'secret'
    const locked = 'sub-locked@example.org'
    home.gpg(['--quick-generate-key', locked, 'future-default', 'default', 'never'], { passphrase })
    const sealed = await encryptBytes(
      { recipients: await recipientsIn(home.save(locked, '--export')) },
      content,
    )
    const subkeys = home.save(locked, '--export-secret-subkeys', { passphrase })
    expect(await opened(sealed, subkeys, passphrase)).toEqual(content)
    const both = [subkeys, home.save(user, '--export-secret-keys')]
      .map((key) => fs.readFileSync(key, 'utf8'))
      .join('\n')
    expect(await opened(sealed, both, passphrase)).toEqual(content)
    expect(await opened(await message(), both, passphrase)).toEqual(content)
    expect(await opened(await message(), both)).toEqual(content)
    await expect(opened(sealed, both)).rejects.toMatchObject({
      code: 'secret',
      message: expect.stringMatching(
        /^cannot open it: the part [0-9A-F]{16} of the private key is locked/,
      ) as string,
    })
  })

  test('only stubs, or the part that is needed on a card: it is said, and that gpg can', async () => {
    const subkeys = home.save(user, '--export-secret-subkeys')
    const stubbed = async (mode: number): Promise<string> => {
      const { readPrivateKey } = await loadOpenPgp()
      const key = await readPrivateKey({ armoredKey: fs.readFileSync(subkeys, 'utf8') })
      for (const { keyPacket } of key.subkeys) (keyPacket as unknown as { makeDummy(): void }).makeDummy()
      const file = `${home.folder}/stubs-${mode}.gpg`
      fs.writeFileSync(file, mode === 1 ? key.write() : onCard(Buffer.from(key.write())))
      return file
    }
    for (const file of [await stubbed(1), await stubbed(2)]) {
      await expect(opened(await message(), file)).rejects.toMatchObject({
        code: 'key',
        message: expect.stringMatching(/holds only stubs: its parts are on a card/) as string,
        hint: expect.stringMatching(/restore\.sh/) as string,
      })
    }
    // The primary part is there, and what encrypts is on a card.
    const { readPrivateKey } = await loadOpenPgp()
    const whole = await readPrivateKey({
      armoredKey: fs.readFileSync(home.save(user, '--export-secret-keys'), 'utf8'),
    })
    for (const { keyPacket } of whole.subkeys) (keyPacket as unknown as { makeDummy(): void }).makeDummy()
    const file = `${home.folder}/part-on-card.gpg`
    fs.writeFileSync(file, onCard(Buffer.from(whole.write())))
    for (const passphrase of [undefined, 'PIN']) {
      await expect(opened(await message(), file, passphrase)).rejects.toMatchObject({
        code: 'key',
        message: expect.stringMatching(
          /^cannot open it: the part [0-9A-F]{16} of the private key is on a card/,
        ) as string,
      })
    }
  })
})

/**
 * Makes stubs of a key (GNU 1) stubs of a card (GNU 2), with a serial number of 16 bytes. Packets are shorter
 * than 192 bytes.
 */
function onCard(key: Buffer): Buffer {
  const serial = Buffer.concat([Buffer.from([16]), Buffer.alloc(16, 7)])
  const out: Buffer[] = []
  for (let at = 0; at < key.length;) {
    const [tag, first] = [key[at] as number, key[at + 1] as number]
    const isShort = first < 192
    const length = isShort ? first : ((first - 192) << 8) + (key[at + 2] as number) + 192
    const start = at + (isShort ? 2 : 3)
    const body = Buffer.from(key.subarray(start, start + length))
    const isStub = [5, 7].includes(tag & 63) && body.subarray(-4).equals(Buffer.from('GNU\x01'))
    if (isStub) {
      body[body.length - 1] = 2
      out.push(Buffer.from([tag, body.length + serial.length]), body, serial)
    } else out.push(key.subarray(at, start + length))
    at = start + length
  }
  return Buffer.concat(out)
}

describe('is refused in plain words', () => {
  const refused = async (file: string, message: RegExp): Promise<void> => {
    const error = await recipientsIn(file).then(
      () => undefined,
      (reason: unknown) => reason as Error & { hint?: string },
    )
    expect(error).toMatchObject({ code: 'key', message: expect.stringMatching(message) as string })
    for (const text of [error?.message ?? '', error?.hint ?? '']) {
      expect(text).toMatch(plainWords)
      expect(text).not.toMatch(internals)
    }
    expect(error?.hint).toBeTruthy()
  }

  test('RSA of 1,024 bits', () => {
    home.make('weak@example.org', [
      'Key-Type: RSA',
      'Key-Length: 1024',
      'Subkey-Type: RSA',
      'Subkey-Length: 1024',
    ])
    return refused(home.save('weak@example.org', '--export'), /its RSA key of 1024 bits is too short/)
  })

  test('a key that only signs', () => {
    home.gpg(['--quick-generate-key', 'signs@example.org', 'ed25519', 'sign', 'never'])
    return refused(home.save('signs@example.org', '--export'), /no part of it encrypts/)
  })

  test('curves that are not known, as X448 of gpg 2.3, and keys of version 5', async () => {
    const binary = home.gpg(['--export', 'curve25519@example.org'])
    const oid = binary.indexOf(Buffer.from('2b060104019755010501', 'hex'))
    const unknown = Buffer.from(binary)
    unknown[oid + 9] = 0x7f
    fs.writeFileSync(`${home.folder}/unknown-curve.gpg`, unknown)
    await refused(
      `${home.folder}/unknown-curve.gpg`,
      /no part of it encrypts, or none of a kind that butcher knows/,
    )
    const five = Buffer.from(binary)
    five[binary[0] === 0x98 || (binary[0] as number) >= 0xc0 ? 2 : 3] = 5
    fs.writeFileSync(`${home.folder}/five.gpg`, five)
    await refused(`${home.folder}/five.gpg`, /a kind that butcher does not know/)
    // Beside one that is known it would be missing among the recipients.
    fs.writeFileSync(
      `${home.folder}/two.gpg`,
      Buffer.concat([home.gpg(['--export', 'rsa2048@example.org']), five]),
    )
    await refused(`${home.folder}/two.gpg`, /a kind that butcher does not know/)
  })
})
