/** Encrypting to one OpenPGP message that every gpg since 2.0 reads: AES-256, SEIPD version 1, no compression. */

import { randomBytes } from 'node:crypto'
import * as openpgp from 'openpgp'
import { ButcherError } from '../errors.ts'

/** What to encrypt with, ready for use in any thread. */
export interface EncryptionKeys {
  readonly passphrase?: string
  /** Armored public keys. */
  readonly recipients?: readonly string[]
}

export interface Encryptor {
  /** Resolves when more may be written. */
  write(data: Uint8Array): Promise<void>
  /** Resolves when everything was handed to `onData`. */
  end(): Promise<void>
}

/**
 * The most bytes a message has over its content of `bytes`, written in pieces of 64 KiB or more: session key packets,
 * SEIPD framing, and a length octet for each partial body (RFC 9580, 4.2.1.4; measured 2 KB a gigabyte at 1 MB pieces
 * and 31 KB at 64 KiB ones).
 */
export function encryptionOverhead(keys: EncryptionKeys | undefined, bytes: number): number {
  if (!keys) return 0
  return 512 + 1100 * (keys.recipients?.length ?? 0) + Math.ceil(bytes / 16_384)
}

/** Begins a message; what of it is ready goes to `onData`, in order. */
export async function encryptor(
  keys: EncryptionKeys,
  onData: (data: Uint8Array) => void,
): Promise<Encryptor> {
  const through = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    { highWaterMark: 1 },
    { highWaterMark: 0 },
  )
  const writer = through.writable.getWriter()
  const pumped = pump(keys, through.readable, onData)
  // A failure of the pump has to end a write that waits for it.
  const failed = new Promise<never>((_, reject) => pumped.catch(reject))
  failed.catch(() => {})
  // When `onData` throws the stream is given up first, without a reason: what the pump says is the reason.
  const because = (error: unknown): Promise<never> =>
    pumped.then(() => {
      throw error
    })
  return {
    write: (data) => Promise.race([writer.write(data).catch(because), failed]),
    end: async () => {
      await Promise.race([writer.close().catch(because), failed])
      await pumped
    },
  }
}

async function pump(
  keys: EncryptionKeys,
  readable: ReadableStream<Uint8Array>,
  onData: (data: Uint8Array) => void,
): Promise<void> {
  const encryptionKeys = await Promise.all(
    (keys.recipients ?? []).map((armoredKey) => openpgp.readKey({ armoredKey })),
  )
  const encrypted = (await openpgp.encrypt({
    message: await openpgp.createMessage({ binary: readable as never }),
    ...(encryptionKeys.length > 0 ? { encryptionKeys } : {}),
    ...(keys.passphrase === undefined ? {} : { passwords: keys.passphrase }),
    // Given here, the session key is of AES-256 and the message SEIPD version 1 whatever a recipient's key prefers.
    sessionKey: { data: randomBytes(32), algorithm: 'aes256' },
    format: 'binary',
    config: {
      aeadProtect: false,
      preferredCompressionAlgorithm: openpgp.enums.compression.uncompressed,
    },
  })) as unknown as AsyncIterable<Uint8Array>
  for await (const data of encrypted) onData(data)
}

/** The whole of `data` as one message. */
export async function encryptBytes(keys: EncryptionKeys, data: Uint8Array): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  const message = await encryptor(keys, (piece) => pieces.push(piece))
  await message.write(data)
  await message.end()
  return Buffer.concat(pieces)
}

/** Throws `secret` where `armoredKey` cannot be encrypted to. */
export async function checkRecipient(armoredKey: string, name: string): Promise<string> {
  try {
    const key = await openpgp.readKey({ armoredKey })
    await key.getEncryptionKey()
    return key.getFingerprint()
  } catch (error) {
    throw new ButcherError('secret', `${name} cannot be encrypted to: ${(error as Error).message}`, {
      hint: 'give an OpenPGP public key with a valid encryption subkey, as gpg --export --armor writes it',
      cause: error,
    })
  }
}
