/**
 * Decrypts OpenPGP messages as streams. The integrity check (MDC) comes at the end of a message. Earlier
 * bytes are not proven right until then: the reader checks a hash from the catalog, or waits for the end.
 */

import { ButcherError, theSet } from '../errors.ts'
import { literalContent } from './literal-data.ts'
import {
  bodyOf,
  broken,
  ByteSource,
  type PacketHeader,
  packetTags,
  readHeader,
  smallBody,
} from './packets.ts'
import { openKeyPackets, type OpenedByKey } from './open-key-packet.ts'
import { loadOpenPgp } from './openpgp.ts'
import { otherForms, type PassphraseForm } from './passphrase-forms.ts'
import { openPassphrasePacket } from './passphrase-key.ts'
import { decryptData, fitsPrefix, prefixBytes, type SessionKey } from './protected-data.ts'
import type { OpenedSecrets } from './secrets.ts'

/**
 * The content of the OpenPGP message `input`, decompressed if needed; `name` is its name in errors. Pieces of
 * about 1 MB are fastest. It supports only session keys for a passphrase or for keys, and one AES packet with
 * an MDC. `onForm` gets the form of the passphrase that opened it, if it differs from the given one. Throws
 * `secret` before the first byte if the passphrase or key is missing or wrong. Throws `damaged` if it is not
 * a message, or broken or cut short; then earlier bytes may have come out.
 */
export async function* decrypt(
  input: AsyncIterable<Uint8Array>,
  secrets: OpenedSecrets,
  name: string,
  onForm?: (form: PassphraseForm) => void,
): AsyncGenerator<Uint8Array> {
  let trouble: unknown
  const source = new ByteSource(noting(input, (error) => (trouble = error)))
  try {
    const { keyPackets, data } = await readHead(source)
    const body = new ByteSource(bodyOf(source, data))
    const version = await body.byte()
    if (version !== 1) throw broken(newerWay)
    const prefix = await body.exact(prefixBytes)
    const key = await openSessionKey(keyPackets, prefix, secrets, name, onForm)
    const rest = (async function* () {
      for (let piece = await body.some(1 << 20); piece; piece = await body.some(1 << 20)) yield piece
    })()
    yield* literalContent(decryptData(key, prefix, rest))
    if ((await source.some(1)) !== undefined) throw broken('something follows its end')
  } catch (error) {
    if (trouble !== undefined) throw trouble
    if (error instanceof ButcherError && error.code !== 'damaged') throw error
    const why = error instanceof ButcherError ? `: ${error.message}` : ''
    throw new ButcherError('damaged', `${name}: the encrypted data is damaged${why}`, { cause: error })
  } finally {
    await source.close()
  }
}

/** The session key of the message `input`, without its content. Throws as `decrypt` does. */
export async function sessionKeyOf(
  input: AsyncIterable<Uint8Array>,
  secrets: OpenedSecrets,
  name: string,
  onForm?: (form: PassphraseForm) => void,
): Promise<SessionKey> {
  const source = new ByteSource(input)
  try {
    const { keyPackets, data } = await readHead(source)
    const body = new ByteSource(bodyOf(source, data))
    if ((await body.byte()) !== 1) throw broken(newerWay)
    return await openSessionKey(keyPackets, await body.exact(prefixBytes), secrets, name, onForm)
  } finally {
    await source.close()
  }
}

const newerWay = 'it is encrypted in a way that butcher never writes (AEAD, or without a check)'

async function* noting(
  input: AsyncIterable<Uint8Array>,
  note: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* input
  } catch (error) {
    note(error)
    throw error
  }
}

interface KeyPackets {
  readonly byPassphrase: readonly Buffer[]
  /** The bodies of the packets. */
  readonly byKey: readonly Buffer[]
}

/** Each one can require hashing 65 MB, some 400 ms. */
const maxPassphrasePackets = 8
/** Some 2,000 recipients. */
const maxHeadBytes = 1 << 20

/** The packets before the data, and the header of the data packet. */
export async function readHead(source: ByteSource): Promise<{ keyPackets: KeyPackets; data: PacketHeader }> {
  const byPassphrase: Buffer[] = []
  const byKey: Buffer[] = []
  let bytes = 0
  for (;;) {
    const header = await readHeader(source)
    if (header === undefined) throw broken('it is not an encrypted OpenPGP message')
    if (header.tag === packetTags.protectedData) return { keyPackets: { byPassphrase, byKey }, data: header }
    if (header.tag === packetTags.aeadData) throw broken(newerWay)
    const isPassphrase = header.tag === packetTags.passphraseToKey
    const isKey = header.tag === packetTags.keyToKey
    if (!isPassphrase && !isKey && header.tag !== packetTags.marker && header.tag !== packetTags.padding) {
      throw broken('it is not an encrypted OpenPGP message')
    }
    const body = await smallBody(source, header)
    bytes += header.bytes.length + body.length
    if (bytes > maxHeadBytes) throw broken('it has too many session keys')
    const packet = Buffer.concat([header.bytes, body])
    if (isPassphrase && isPlainS2k(body)) byPassphrase.push(packet)
    if (isKey && body[0] === 3) byKey.push(body)
    if (byPassphrase.length > maxPassphrasePackets) throw broken('it has too many session keys')
  }
}

/**
 * Version 4 (RFC 9580, 5.3.1) with a simple, salted or iterated S2K. Other kinds take gigabytes of memory
 * (Argon2).
 */
const isPlainS2k = (body: Buffer): boolean => body[0] === 4 && [0, 1, 3].includes(body[2] as number)

/** The session key of the data. It is checked here, before anything is decrypted. */
export async function openSessionKey(
  { byPassphrase, byKey }: KeyPackets,
  prefix: Buffer,
  secrets: OpenedSecrets,
  name: string,
  onForm?: (form: PassphraseForm) => void,
): Promise<SessionKey> {
  if (byPassphrase.length === 0 && byKey.length === 0) {
    throw broken('no passphrase and no key of a kind that butcher writes opens it')
  }
  const tried: string[] = []
  const found: SessionKey[] = []
  const strange: Buffer[] = []
  if (byPassphrase.length > 0 && secrets.passphrase !== undefined) {
    tried.push('the passphrase')
    for (const packet of byPassphrase) {
      const keys = openPassphrasePacket(packet, secrets.passphrase)
      if (keys) found.push(...keys)
      else strange.push(packet)
    }
  }
  if (strange.length > 0) {
    // OpenPGP.js opens the session keys. Of the data, it gets only the bytes that show the kind.
    const openpgp = await loadOpenPgp()
    const stub = Buffer.from([0xc0 | packetTags.protectedData, 1 + prefix.length, 1, ...prefix])
    const binaryMessage = new Uint8Array(Buffer.concat([...strange, stub]))
    const message = await openpgp.readMessage({ binaryMessage })
    const passwords = secrets.passphrase as string
    found.push(...(await openpgp.decryptSessionKeys({ message, passwords }).catch(() => [])))
  }
  let byPrivateKey: OpenedByKey | undefined
  if (byKey.length > 0 && secrets.unlockedKeys !== undefined) {
    tried.push('the private key')
    byPrivateKey = await openKeyPackets(byKey, secrets.unlockedKeys)
    found.push(...byPrivateKey.found)
  }
  if (tried.length === 0) throw missing(name, byPassphrase.length > 0, byKey.length > 0)

  // gpg -c stores no session key that could show a wrong passphrase. The first bytes of the data show it.
  const fitting = found.find((key) => fitsPrefix(prefix, key))
  if (fitting !== undefined) return fitting
  const other =
    secrets.passphrase === undefined ? undefined : otherFormOf(byPassphrase, prefix, secrets.passphrase)
  if (other === undefined) throw byPrivateKey?.obstacle?.(name) ?? wrong(name, tried, byPrivateKey?.wanted)
  onForm?.(other.form)
  return other.key
}

/**
 * butcher writes one passphrase packet. If a message has several, no other forms are tried, because each
 * takes time.
 */
function otherFormOf(
  packets: readonly Buffer[],
  prefix: Buffer,
  passphrase: string,
): { readonly form: PassphraseForm; readonly key: SessionKey } | undefined {
  const [packet] = packets
  if (packet === undefined || packets.length > 1) return undefined
  for (const form of otherForms(passphrase)) {
    const key = openPassphrasePacket(packet, form.text)?.find((one) => fitsPrefix(prefix, one))
    if (key) return { form, key }
  }
  return undefined
}

function missing(name: string, byPassphrase: boolean, byKey: boolean): ButcherError {
  const needed = [...(byPassphrase ? ['a passphrase'] : []), ...(byKey ? ['a private key'] : [])]
  const options = [...(byPassphrase ? ['--passphrase-file'] : []), ...(byKey ? ['--private-key'] : [])]
  return new ButcherError('secret', `${name} is encrypted: it needs ${needed.join(' or ')}`, {
    hint: `give it: ${options.join(' or ')}`,
    ...(byPassphrase ? { passphraseOf: theSet } : {}),
  })
}

function wrong(name: string, tried: readonly string[], wanted: readonly string[] = []): ButcherError {
  const message =
    tried.length === 2
      ? `neither the passphrase nor the private key opens ${name}`
      : tried[0] === 'the passphrase'
        ? `wrong passphrase: it does not open ${name}`
        : `wrong private key: it does not open ${name}`
  const hint = `it is encrypted to ${wanted.length === 1 ? 'the key' : 'the keys'} ${wanted.slice(0, 4).join(', ')}`
  return new ButcherError('secret', message, {
    ...(wanted.length === 0 ? {} : { hint }),
    ...(tried.includes('the passphrase') ? { passphraseOf: theSet } : {}),
  })
}
