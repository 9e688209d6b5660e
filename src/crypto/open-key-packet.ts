/** The packets that open a message for a private key (RFC 9580, 5.1). */

import type * as OpenPgp from 'openpgp'
import { ButcherError } from '../errors.ts'
import { loadOpenPgp } from './openpgp.ts'
import { parseUnlockedKeys } from './private-key.ts'
import type { SessionKey } from './protected-data.ts'

/** The most packets without a key ID that are tried with each part: an ElGamal key takes some 50 ms. */
const mostHidden = 16

export interface OpenedByKey {
  readonly found: readonly SessionKey[]
  /** Why a matching part cannot open the message. */
  readonly obstacle: ((name: string) => ButcherError) | undefined
  /** IDs of the keys that the message is for, in upper-case hex. */
  readonly wanted: readonly string[]
}

/**
 * Opens the bodies of such packets with the parts of the private key. Expired keys and other key usages are
 * allowed: gpg opens old messages with old keys.
 */
export async function openKeyPackets(
  bodies: readonly Buffer[],
  unlockedKeys: readonly string[],
): Promise<OpenedByKey> {
  const openpgp = await loadOpenPgp()
  const keys = await parseUnlockedKeys(unlockedKeys)
  const parts = keys.flatMap((key) => key.getKeys())
  const found: SessionKey[] = []
  const wanted: string[] = []
  let obstacle: OpenedByKey['obstacle']
  let hidden = 0
  for (const body of bodies) {
    const id = body.subarray(1, 9).toString('hex')
    const isHidden = /^0+$/.test(id)
    if (isHidden && ++hidden > mostHidden) continue
    if (!isHidden) wanted.push(id.toUpperCase())
    for (const part of parts) {
      if (!isHidden && part.getKeyID().toHex() !== id) continue
      const packet = part.keyPacket as OpenPgp.SecretKeyPacket
      if (packet.isMissingSecretKeyMaterial()) obstacle ??= (name) => stub(name, id)
      else if (packet.isDecrypted() === false) obstacle ??= (name) => locked(name, id)
      else found.push(...(await open(openpgp, body, packet)))
    }
  }
  return { found, obstacle, wanted }
}

async function open(
  openpgp: typeof OpenPgp,
  body: Buffer,
  part: OpenPgp.SecretKeyPacket,
): Promise<SessionKey[]> {
  try {
    const packet = new openpgp.PublicKeyEncryptedSessionKeyPacket() as unknown as KeyPacket
    packet.read(new Uint8Array(body))
    await packet.decrypt(part)
    const algorithm = openpgp.enums.read(openpgp.enums.symmetric, packet.sessionKeyAlgorithm)
    return [{ data: packet.sessionKey, algorithm }]
  } catch {
    return [] // of another key, or damaged
  }
}

/** Fields that the types of OpenPGP.js leave out. */
interface KeyPacket {
  read(body: Uint8Array): void
  decrypt(part: OpenPgp.SecretKeyPacket): Promise<void>
  readonly sessionKey: Uint8Array
  readonly sessionKeyAlgorithm: number
}

const stub = (name: string, id: string): ButcherError =>
  new ButcherError(
    'key',
    `cannot open ${name}: the part ${id.toUpperCase()} of the private key is on a card, or kept elsewhere`,
    { hint: 'give a file with that part, or restore by hand with restore.sh, where gpg uses the card' },
  )

const locked = (name: string, id: string): ButcherError =>
  new ButcherError(
    'secret',
    `cannot open ${name}: the part ${id.toUpperCase()} of the private key is locked by another passphrase`,
    { hint: 'give its passphrase: --passphrase-file', passphraseOf: 'the private key' },
  )
