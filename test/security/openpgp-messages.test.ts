/**
 * OpenPGP messages that say more than butcher ever writes: read where that is harmless, else refused in one
 * line.
 */

import { randomBytes } from 'node:crypto'
import zlib from 'node:zlib'
import * as openpgp from 'openpgp'
import { describe, expect, test } from 'vitest'
import { decrypt } from '../../src/crypto/decrypt.ts'
import { countCpuSeconds } from '../support/cpu-time.ts'
import { literal, message, packet, passphrasePacket, protectedBody } from './openpgp-bytes.ts'

const maxCpuSeconds = 6

async function* piecesOf(data: Uint8Array, pieceBytes = 100_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < data.length; at += pieceBytes) yield data.subarray(at, at + pieceBytes)
}

async function open(
  input: Uint8Array | AsyncIterable<Uint8Array>,
  passphrase = 'x',
): Promise<{ text: string; bytes: number }> {
  let text = ''
  let bytes = 0
  for await (const piece of decrypt(
    input instanceof Uint8Array ? piecesOf(input) : input,
    { passphrase },
    'it',
  )) {
    if (bytes < 1000) text += Buffer.from(piece.subarray(0, 1000)).toString()
    bytes += piece.length
  }
  return { text, bytes }
}

async function expectRefused(input: Uint8Array | AsyncIterable<Uint8Array>, why: RegExp): Promise<void> {
  const cpuSeconds = countCpuSeconds()
  const before = process.memoryUsage.rss()
  const error = await open(input).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ name: 'ButcherError', code: 'damaged', message: expect.stringMatching(why) })
  expect((error as Error).message).not.toMatch(/\n/)
  expect(cpuSeconds()).toBeLessThan(maxCpuSeconds)
  expect(process.memoryUsage.rss() - before).toBeLessThan(200e6)
}

const marker = packet(10, Buffer.from('PGP'))

describe('read', () => {
  test('a message as it should be, and one with a name full of escapes, which nobody sees', async () => {
    expect(await open(message(literal('content')))).toEqual({ text: 'content', bytes: 7 })
    expect((await open(message(literal('content', `../../${'\u001b'}[2J`)))).text).toBe('content')
  })

  test('markers and padding before it and in it', async () => {
    const before = Buffer.concat([marker, marker, packet(21, randomBytes(100)), passphrasePacket(), marker])
    expect((await open(message(Buffer.concat([marker, literal('content')]), 'x', before))).text).toBe(
      'content',
    )
  })

  test('four session keys that ask for the most work, of which the last opens it', async () => {
    const before = Buffer.concat([
      ...Array.from({ length: 4 }, () => passphrasePacket(255)),
      passphrasePacket(),
    ])
    const cpuSeconds = countCpuSeconds()
    expect((await open(message(literal('content'), 'x', before))).text).toBe('content')
    expect(cpuSeconds()).toBeLessThan(maxCpuSeconds)
  })

  test('session keys of kinds that are not known, Argon2 with 2 TiB among them, are passed over', async () => {
    const argon2 = packet(3, Buffer.from([4, 9, 4, ...randomBytes(16), 255, 255, 31]))
    const version6 = packet(3, randomBytes(60).fill(6, 0, 1))
    expect(
      (await open(message(literal('c'), 'x', Buffer.concat([argon2, version6, passphrasePacket()])))).text,
    ).toBe('c')
  })

  test('what is compressed once, as gpg does it, in pieces that stay small', async () => {
    const zeros = zlib.deflateRawSync(literal(Buffer.alloc(30_000_000)))
    const before = process.memoryUsage.rss()
    expect((await open(message(packet(8, Buffer.concat([Buffer.from([1]), zeros]))))).bytes).toBe(30_000_000)
    expect(process.memoryUsage.rss() - before).toBeLessThan(200e6)
  })
})

describe('refused', () => {
  const compressed = (inner: Uint8Array, kind = 2): Buffer =>
    packet(8, Buffer.concat([Buffer.from([kind]), kind === 2 ? zlib.deflateSync(inner) : inner]))

  test.each<[string, () => Uint8Array, RegExp]>([
    ['nothing', () => Buffer.alloc(0), /not an encrypted OpenPGP message/],
    ['content in clear', () => literal('content'), /not an encrypted OpenPGP message/],
    [
      'a compressed message in clear',
      () => compressed(literal('content')),
      /not an encrypted OpenPGP message/,
    ],
    ['a message in no packet', () => Buffer.from('-----BEGIN PGP MESSAGE-----'), /not an OpenPGP packet/],
    ['AEAD of GnuPG', () => Buffer.concat([passphrasePacket(), packet(20, randomBytes(200))]), /AEAD/],
    [
      'AEAD of RFC 9580',
      () => Buffer.concat([passphrasePacket(), packet(18, randomBytes(200).fill(2, 0, 1))]),
      /AEAD/,
    ],
    [
      'data without a check',
      () => Buffer.concat([passphrasePacket(), packet(9, randomBytes(200))]),
      /not an encrypted/,
    ],
    ['no session key', () => packet(18, protectedBody(literal('c'), 'x')), /no passphrase and no key/],
    [
      'hundreds of session keys',
      () =>
        message(literal('c'), 'x', Buffer.concat(Array.from({ length: 300 }, () => passphrasePacket(255)))),
      /too many session keys/,
    ],
    [
      'thousands of keys of recipients',
      () =>
        message(
          literal('c'),
          'x',
          Buffer.concat(Array.from({ length: 5000 }, () => packet(1, randomBytes(268).fill(3, 0, 1)))),
        ),
      /too many session keys/,
    ],
    [
      'markers without an end',
      () => Buffer.concat(Array.from({ length: 200_000 }, () => marker)),
      /too many session keys/,
    ],
    [
      'markers in it without an end',
      () => message(Buffer.concat(Array.from({ length: 5000 }, () => marker))),
      /nothing but marks/,
    ],
    ['what is compressed twice', () => message(compressed(compressed(literal('c')))), /something else/],
    [
      'a compression that bombs memory',
      () => message(compressed(literal('c'), 3)),
      /in a way that is not read/,
    ],
    [
      'compressed data that is none',
      () => message(compressed(randomBytes(100).fill(0xff, 0, 9), 1)),
      /damaged/,
    ],
    [
      'a signed message',
      () => message(Buffer.concat([packet(4, randomBytes(13)), literal('c'), packet(2, randomBytes(80))])),
      /something else/,
    ],
    ['an encrypted message in it', () => message(message(literal('c'))), /something else/],
    [
      'content after its content',
      () => message(Buffer.concat([literal('c'), literal('d')])),
      /something follows/,
    ],
    [
      'a message after it',
      () => Buffer.concat([message(literal('c')), message(literal('d'))]),
      /something follows/,
    ],
    ['garbage after it', () => Buffer.concat([message(literal('c')), randomBytes(10)]), /something follows/],
    [
      'a literal packet whose name is longer than it',
      () => message(packet(11, Buffer.from('b\u00ffx', 'latin1'))),
      /cut short/,
    ],
  ])('%s', async (_, make, why) => {
    await expectRefused(make(), why)
  })

  test('a session key packet that says it has 4 GB, and comes in pieces without an end', async () => {
    const endless = async function* (head: Buffer, piece: Buffer): AsyncGenerator<Uint8Array> {
      yield head
      for (;;) yield piece
    }
    const long = Buffer.from([0xc3, 255, 0xff, 0xff, 0xff, 0xff])
    await expectRefused(endless(long, Buffer.alloc(1 << 20)), /too long/)
    await expectRefused(endless(Buffer.from([0xc3, 224]), Buffer.from([0, 224])), /too long/)
  })

  test('data in pieces of one byte without an end is read as it comes, and holds nothing back', async () => {
    const body = protectedBody(literal(Buffer.alloc(300_000)), 'x').subarray(0, 200_000)
    const pieces = Buffer.alloc(body.length * 2, 224)
    for (let i = 0; i < body.length; i++) pieces[2 * i + 1] = body[i] as number
    await expectRefused(Buffer.concat([passphrasePacket(), Buffer.from([0xd2]), pieces]), /cut short/)
  })

  test('every cut, and every byte changed, of a short message', async () => {
    const sound = message(literal('content that is there'))
    const texts = new Set<string>()
    for (let at = 0; at < sound.length; at++) {
      await open(sound.subarray(0, at)).then(
        () => texts.add('cut'),
        (error: Error) => texts.add(error.name),
      )
      const changed = Buffer.from(sound)
      changed[at] = (changed[at] as number) ^ 0x01
      await open(changed).then(
        () => texts.add(`changed at ${at}`),
        (error: Error) => texts.add(error.name),
      )
    }
    expect([...texts]).toEqual(['ButcherError'])
  })

  test('what OpenPGP.js and newer programs make by default: AEAD', async () => {
    const encrypted = (await openpgp.encrypt({
      message: await openpgp.createMessage({ binary: new Uint8Array(100) }),
      passwords: 'x',
      format: 'binary',
      config: { aeadProtect: true },
    })) as Uint8Array
    await expectRefused(encrypted, /AEAD/)
  })
})

test('another passphrase is told as such', async () => {
  await expect(open(message(literal('c'), 'other'))).rejects.toMatchObject({ code: 'secret' })
})
