/** The keys that a set is encrypted to. They never change, but a call may bring newer copies. */

import { type Catalog, getMeta, setMeta } from '../catalog/working-catalog.ts'
import type { RecipientKey } from '../crypto/encrypt.ts'
import { encryptionPart, type KeyTrouble } from '../crypto/encryption-part.ts'
import { loadOpenPgp } from '../crypto/openpgp.ts'
import { parseUnlockedKeys } from '../crypto/private-key.ts'
import { mergedKey, type Recipient } from '../crypto/recipients.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError } from '../errors.ts'
import { type Report, silent } from '../events.ts'

interface RecipientsOptions {
  readonly secrets: OpenedSecrets
  readonly addsNothing?: boolean
  readonly report?: Report
}

/** Writes the recipients of a new set. */
export function beginRecipients(db: Catalog, recipients: readonly Recipient[]): void {
  const keys = new Map(recipients.map(({ fingerprint, armoredKey }) => [fingerprint, armoredKey]))
  setMeta(db, 'recipients', JSON.stringify([...keys.keys()]))
  setMeta(db, 'recipient_keys', JSON.stringify([...keys.values()]))
}

/** Throws `secret` if one of `recipients` is not one of the set's. */
export function refuseOtherRecipients(db: Catalog, recipients: readonly Recipient[]): void {
  const known = textList(getMeta(db, 'recipients'))
  const strange = recipients.find(({ fingerprint }) => !known.includes(fingerprint))
  if (strange === undefined) return
  throw new ButcherError('secret', `the set is not encrypted to the recipient ${strange.fingerprint}`, {
    hint: `leave --recipient out: the set keeps its own (${known.join(', ') || 'none'}); or begin a new set`,
  })
}

/**
 * The set's recipients, ready for encryption. A newer copy among `recipients` or from the private key
 * replaces the one in the catalog. Throws `key` if one cannot be encrypted to, expired, or was revoked. With
 * `addsNothing` that is a warning.
 */
export async function recipientKeys(
  db: Catalog,
  recipients: readonly Recipient[],
  { secrets, addsNothing = false, report = silent }: RecipientsOptions,
): Promise<RecipientKey[]> {
  const stored = textList(getMeta(db, 'recipient_keys'))
  if (stored.length === 0) return []
  const { readKey } = await loadOpenPgp()
  const given = [
    ...(await Promise.all(recipients.map(({ armoredKey }) => readKey({ armoredKey })))),
    ...(await parseUnlockedKeys(secrets.unlockedKeys ?? [])).map((key) => key.toPublic()),
  ]
  const keys: RecipientKey[] = []
  for (const armoredKey of stored) {
    const old = (await readKey({ armoredKey })).toPublic()
    let key = old
    for (const copy of given)
      if (copy.getFingerprint() === old.getFingerprint()) key = await mergedKey(key, copy)
    const file = recipients.find(({ fingerprint }) => fingerprint === key.getFingerprint())?.name
    const name = nameOf(key, file)
    const { keyId, trouble, until } = await encryptionPart(key, name)
    if (trouble && !addsNothing) throw cannotUse(name, trouble)
    if (trouble) {
      const message = `${name}: it ${trouble.what}, and the next backup needs another; the catalog is still encrypted to it`
      report({ type: 'warning', kind: 'other', message: `${message} (${trouble.hint})` })
    }
    const isChanged = !Buffer.from(key.write()).equals(old.write())
    if (isChanged && !trouble) {
      const before = await encryptionPart(old, name)
      if (before.keyId !== keyId || before.until?.getTime() !== until?.getTime()) {
        const end = until === undefined ? 'without an end' : `until ${until.toISOString().slice(0, 10)}`
        report({ type: 'note', message: `${name} is renewed, and valid ${end}: the set has it from now on` })
      }
    }
    keys.push({ armoredKey: isChanged ? key.armor() : armoredKey, keyId })
  }
  setMeta(db, 'recipient_keys', JSON.stringify(keys.map(({ armoredKey }) => armoredKey)))
  return keys
}

const cannotUse = (name: string, { what, hint }: KeyTrouble): ButcherError =>
  new ButcherError('key', `cannot encrypt to ${name}: it ${what}`, { hint })

function nameOf(key: { getFingerprint(): string; getUserIDs(): string[] }, file: string | undefined): string {
  const [user] = key.getUserIDs()
  const words = `the key ${key.getFingerprint().toUpperCase()}${user === undefined ? '' : ` of ${user}`}`
  return file === undefined || file === 'the recipient' ? words : `${words} (${file})`
}

/** A list of texts in the form of the catalog. */
function textList(json: string | undefined): string[] {
  try {
    const list = JSON.parse(json ?? '[]') as unknown
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list
  } catch {
    // Reported below.
  }
  throw new ButcherError('catalog', 'the catalog is damaged: its list of recipients cannot be read')
}
