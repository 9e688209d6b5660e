/** Chooses the part of a public key to encrypt to, and finds problems of the key. */

import type * as OpenPgp from 'openpgp'
import { ButcherError } from '../errors.ts'
import { configOf, loadOpenPgp } from './openpgp.ts'

export interface EncryptionPart {
  /** Lower-case hex. */
  readonly keyId: string
  /** The reason if gpg would not encrypt to it now. */
  readonly trouble: KeyTrouble | undefined
  /** The end of its validity. */
  readonly until: Date | undefined
}

export interface KeyTrouble {
  /** Words after `it`: `expired on 2026-11-27`. */
  readonly what: string
  /** A remedy for the user. */
  readonly hint: string
}

/** Shorter RSA and ElGamal keys can be broken, or soon. (OpenPGP.js makes some with 2,047 bits.) */
const leastBits = 2047

/**
 * The newest valid part of `key` for encryption, chosen like gpg; if none is valid any more, the newest that
 * was. `name`: the key's name in errors. Throws `key` if encryption to it was never possible.
 */
export async function encryptionPart(key: OpenPgp.Key, name: string): Promise<EncryptionPart> {
  const openpgp = await loadOpenPgp()
  const config = configOf(openpgp)
  let cause: unknown
  const partAt = (of: OpenPgp.Key, date: Date | null): Promise<OpenPgp.Key | OpenPgp.Subkey | undefined> =>
    of.getEncryptionKey(undefined, date, undefined, config).catch((error: unknown) => {
      cause ??= error
      return undefined
    })
  const valid = await partAt(key, new Date())
  if (valid) return { keyId: idOf(valid, name), trouble: undefined, until: await endOf(key, valid, config) }
  const once = await partAt(key, null)
  if (once) return { keyId: idOf(once, name), ...(await whyNotNow(key, once, config)) }
  const { copy, revoked } = await withoutRevocations(key, openpgp)
  const before = await partAt(copy, null)
  if (!before) throw neverUsable(key, name, cause)
  const isWhole = key.revocationSignatures.length > 0
  return {
    keyId: idOf(before, name),
    until: revoked,
    trouble: {
      what: `${isWhole ? 'was' : 'has no part that encrypts any more, as the last one was'} revoked${revoked ? ` on ${day(revoked)}` : ''}`,
      hint: isWhole
        ? 'encrypt to another key, in a new set in another destination'
        : `add a part with gpg --quick-add-key ${fingerprint(key)}; then ${exportWords(key)}`,
    },
  }
}

async function whyNotNow(
  key: OpenPgp.Key,
  part: OpenPgp.Key | OpenPgp.Subkey,
  config: OpenPgp.Config,
): Promise<Pick<EncryptionPart, 'trouble' | 'until'>> {
  const created = new Date(Math.max(key.keyPacket.created.getTime(), part.keyPacket.created.getTime()))
  if (created.getTime() > Date.now()) {
    const what = `is valid from ${day(created)} on only`
    return { until: undefined, trouble: { what, hint: 'check the clock of this computer' } }
  }
  const until = await endOf(key, part, config)
  const what = until && until.getTime() <= Date.now() ? `expired on ${day(until)}` : 'is not valid now'
  const renewal = `gpg --quick-set-expire ${fingerprint(key)} 2y, and the same with '*' behind it for its parts`
  const hint = `renew it with ${renewal}; then ${exportWords(key)}`
  return { until, trouble: { what, hint } }
}

/** The earlier end of the key's and the part's validity. */
async function endOf(
  key: OpenPgp.Key,
  part: OpenPgp.Key | OpenPgp.Subkey,
  config: OpenPgp.Config,
): Promise<Date | undefined> {
  const ends = [
    await key.getExpirationTime(undefined, config),
    part === key ? null : await (part as OpenPgp.Subkey).getExpirationTime(undefined, config),
  ].filter((end) => end instanceof Date)
  return ends.length === 0 ? undefined : new Date(Math.min(...ends.map((end) => end.getTime())))
}

/** Reads the key again, because OpenPGP.js stores the revocation in the signature object. */
async function withoutRevocations(
  key: OpenPgp.Key,
  { readKey }: typeof OpenPgp,
): Promise<{ readonly copy: OpenPgp.Key; readonly revoked: Date | undefined }> {
  const copy = await readKey({ binaryKey: key.write() })
  const dates: Date[] = []
  for (const holder of [copy, ...copy.subkeys, ...copy.users]) {
    for (const { created } of holder.revocationSignatures) if (created) dates.push(created)
    holder.revocationSignatures = []
  }
  const newest = Math.max(...dates.map((date) => date.getTime()))
  return { copy, revoked: dates.length === 0 ? undefined : new Date(newest) }
}

const encrypts = ['rsaEncryptSign', 'rsaEncrypt', 'elgamal', 'ecdh', 'x25519', 'x448']

function neverUsable(key: OpenPgp.Key, name: string, cause: unknown): ButcherError {
  const canEncrypt = key.getKeys().some((part) => encrypts.includes(part.getAlgorithmInfo().algorithm))
  const why = canEncrypt
    ? 'no part of it is marked for encryption by a signature of its owner that counts today'
    : 'no part of it encrypts, or none of a kind that butcher knows'
  return new ButcherError('key', `cannot encrypt to ${name}: ${why}`, {
    hint: `add a part that encrypts: gpg --quick-add-key ${fingerprint(key)} rsa3072 encrypt; docs/keys.md lists the kinds`,
    cause,
  })
}

/** Throws `key` if the part is too weak. */
function idOf(part: OpenPgp.Key | OpenPgp.Subkey, name: string): string {
  const { algorithm, bits } = part.getAlgorithmInfo()
  if (bits !== undefined && bits < leastBits) {
    const kind = algorithm === 'elgamal' ? 'ElGamal' : 'RSA'
    throw new ButcherError('key', `cannot encrypt to ${name}: its ${kind} key of ${bits} bits is too short`, {
      hint: 'give a key of 2048 bits or more: gpg --quick-generate-key NAME makes one',
    })
  }
  return part.getKeyID().toHex()
}

const fingerprint = (key: OpenPgp.Key): string => key.getFingerprint().toUpperCase()
const exportWords = (key: OpenPgp.Key): string =>
  `export it with gpg --export --armor ${fingerprint(key)} > new.pub, and add --recipient new.pub`
const day = (date: Date): string => date.toISOString().slice(0, 10)
