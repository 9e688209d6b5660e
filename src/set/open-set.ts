/** Opens the set that a backup continues, or begins a new one. */

import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { openCatalogFile, readMeta } from '../catalog/read-catalog.ts'
import { replacementRecorder, applyReplacements } from '../catalog/replaced-contents.ts'
import {
  type Catalog,
  createCatalog,
  getMeta,
  openWorkingCatalog,
  pageCount,
  renewViews,
  setMeta,
} from '../catalog/working-catalog.ts'
import { PackedSegments } from '../compress/packed-segments.ts'
import { decrypt } from '../crypto/decrypt.ts'
import { type EncryptionKeys, encryptBytes } from '../crypto/encrypt.ts'
import { hiddenParts, type PassphraseForm, refuseUnusable, reportForm } from '../crypto/passphrase-forms.ts'
import { readRecipients, type Recipient } from '../crypto/recipients.ts'
import { hasSecret, type OpenedSecrets } from '../crypto/secrets.ts'
import { ButcherError, theSet } from '../errors.ts'
import { type Report, silent } from '../events.ts'
import { type Destination, notEncrypted } from './destination.ts'
import { applyJournal, type JournalNotes } from './journal.ts'
import { newestStagedCatalog } from './newest-staged-catalog.ts'
import { refuseOtherIndex } from './refuse-other-index.ts'
import { beginRecipients, recipientKeys, refuseOtherRecipients } from './set-recipients.ts'
import { unpackCatalog } from './unpack-catalog.ts'
import { makeTempDir } from '../files/temp-dir.ts'

export interface OpenSet {
  readonly db: Catalog
  readonly setId: string
  readonly isNew: boolean
  readonly encrypted: boolean
  readonly keys: EncryptionKeys | undefined
  readonly hash: 'sha256' | 'sha512'
  /** A folder outside the destination, for files that must not be seen there. */
  readonly tempDir: string
  /** The packed form that the catalog was unpacked from. */
  readonly segments: PackedSegments
  /** Pages of the catalog as unpacked, none of them free; 0 for a new one. */
  readonly pages: number
  /** From an interrupted run. */
  readonly journal: JournalNotes
  readonly close: () => void
}

export interface OpenSetOptions {
  readonly secrets: OpenedSecrets
  /** OpenPGP public keys that a new set is encrypted to, or newer copies of the set's own. */
  readonly recipients?: readonly string[]
  readonly index?: string
  readonly hash?: 'sha256' | 'sha512'
  /** The run adds only a catalog: an expired key is allowed, because the old discs need it too. */
  readonly addsNothing?: boolean
  readonly report?: Report
  readonly signal?: AbortSignal
}

/**
 * Opens a working copy of the catalog in the destination, or of `index`, with the journal of an interrupted
 * run. Throws `secret` if the passphrase or key is missing or wrong, or if the set is plain and one was
 * given. `given` is removed when the set closes, or if it cannot be opened.
 */
export async function openSet(
  destination: Destination,
  options: OpenSetOptions,
  given = makeTempDir(),
): Promise<OpenSet> {
  const tempDir = given.folder
  const segments = new PackedSegments(path.join(tempDir, 'packed'))
  let db: Catalog | undefined
  let pages = 0
  const { secrets } = options
  let { passphrase } = secrets
  let journal: JournalNotes = { end: undefined, take: undefined }
  const close = (): void => {
    db?.close()
    given.remove()
  }
  try {
    const recipients = await readRecipients(options.recipients ?? [])
    refuseOtherEncryption(destination, options)
    const from =
      options.index ?? destination.catalog ?? (await newestStagedCatalog(destination, options, tempDir))
    const file = path.join(tempDir, 'catalog.sqlite')
    if (from === undefined) {
      db = createCatalog(file)
      // An interrupted first run began the set, and its journal has the set's settings.
      if (destination.journal.length > 0) {
        journal = await applyJournal(db, destination, secrets)
        passphrase = await checkSecrets(db, destination, options, recipients)
      } else await beginSet(db, options, recipients, destination.setId)
    } else {
      await unpackCatalog(from, secrets, file, options.signal, segments)
      refuseOtherCatalog(file, from)
      if (options.index !== undefined)
        await refuseOtherIndex(destination, { ...options, index: options.index }, file, tempDir)
      db = openWorkingCatalog(file)
      pages = pageCount(db)
      renewViews(db)
      passphrase = await checkSecrets(db, destination, options, recipients)
      journal = await applyJournal(db, destination, secrets)
    }
    replacementRecorder(db)
    applyReplacements(db)
    const hash = getMeta(db, 'hash') as 'sha256' | 'sha512'
    if (options.hash !== undefined && options.hash !== hash) {
      throw new ButcherError('usage', `the set's hashes are ${hash}, not ${options.hash}`, {
        hint: 'leave --hash out, or begin a new set in another destination',
      })
    }
    const keys = await keysOf(db, options, passphrase, recipients)
    const setId = getMeta(db, 'set') as string
    return {
      db,
      setId,
      isNew: from === undefined,
      encrypted: keys !== undefined,
      keys,
      hash,
      tempDir,
      segments,
      pages,
      journal,
      close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function refuseOtherEncryption(destination: Destination, { secrets, recipients = [] }: OpenSetOptions): void {
  const wanted = secrets.passphrase !== undefined || recipients.length > 0
  if (destination.encrypted === true && !wanted && !hasSecret(secrets)) {
    throw new ButcherError(
      'secret',
      `the set in ${destination.folder} is encrypted: it needs its passphrase or private key`,
      {
        hint: 'give --passphrase, --passphrase-file or BUTCHER_PASSPHRASE, or --private-key',
        passphraseOf: theSet,
      },
    )
  }
  if (destination.encrypted === false && wanted) throw notEncrypted(destination.folder)
}

/** Refuses a foreign database, or one of a later format, before it is opened for writing. */
function refuseOtherCatalog(file: string, from: string): void {
  const db = openCatalogFile(file, from)
  try {
    readMeta(db, from)
  } finally {
    db.close()
  }
}

async function beginSet(
  db: Catalog,
  options: OpenSetOptions,
  recipients: readonly Recipient[],
  setId = randomBytes(16).toString('hex'),
): Promise<void> {
  const { secrets, report = silent } = options
  const { passphrase, unlockedKeys } = secrets
  const hasPassphrase = passphrase !== undefined && unlockedKeys === undefined
  if (unlockedKeys !== undefined && recipients.length === 0) {
    throw new ButcherError('secret', 'a private key encrypts nothing: the set would not be encrypted', {
      hint: 'give its public key by --recipient as well, or a passphrase without --private-key',
    })
  }
  if (hasPassphrase) {
    refuseUnusable(passphrase)
    for (const message of hiddenParts(passphrase)) report({ type: 'warning', kind: 'other', message })
  }
  const encryption =
    recipients.length > 0 ? (hasPassphrase ? 'both' : 'recipients') : hasPassphrase ? 'passphrase' : 'none'
  setMeta(db, 'set', setId)
  setMeta(db, 'created', Date.now())
  setMeta(db, 'hash', options.hash ?? 'sha256')
  setMeta(db, 'encryption', encryption)
  setMeta(db, 'revision', 0)
  if (hasPassphrase) {
    setMeta(db, 'check', (await encryptBytes({ passphrase }, Buffer.from(setId))).toString('base64'))
  }
  if (recipients.length > 0) {
    beginRecipients(db, recipients)
  }
}

/**
 * The set keeps its first secrets: the same recipients, and the exact form of the passphrase, which is
 * returned.
 */
async function checkSecrets(
  db: Catalog,
  destination: Destination,
  options: OpenSetOptions,
  recipients: readonly Recipient[],
): Promise<string | undefined> {
  const { passphrase, unlockedKeys } = options.secrets
  const encryption = getMeta(db, 'encryption') ?? 'none'
  const wanted = passphrase !== undefined || recipients.length > 0
  if (encryption === 'none') {
    if (wanted) throw notEncrypted(destination.folder)
    return passphrase
  }
  if (encryption === 'passphrase' || encryption === 'both') {
    if (passphrase === undefined) {
      throw new ButcherError(
        'secret',
        'the set is encrypted with a passphrase, which is needed to go on with it',
        {
          hint: 'give --passphrase, --passphrase-file or BUTCHER_PASSPHRASE',
          passphraseOf: theSet,
        },
      )
    }
    const form = await otherFormOf(getMeta(db, 'check'), passphrase)
    if (form) reportForm(options.report ?? silent, form, 'the set')
    refuseOtherRecipients(db, recipients)
    return form?.text ?? passphrase
  }
  if (passphrase !== undefined && unlockedKeys === undefined) {
    throw new ButcherError('secret', 'the set is encrypted to recipients, not with a passphrase', {
      hint: 'leave the passphrase out, or begin a new set in another destination',
    })
  }
  refuseOtherRecipients(db, recipients)
  return passphrase
}

/** Undefined if the passphrase opens the set as given. Throws `secret` if no form of it does. */
async function otherFormOf(
  check: string | undefined,
  passphrase: string,
): Promise<PassphraseForm | undefined> {
  if (check === undefined) return undefined
  let form: PassphraseForm | undefined
  const message = (async function* () {
    yield Buffer.from(check, 'base64')
  })()
  for await (const _ of decrypt(message, { passphrase }, 'the set', (other) => (form = other))) void _
  return form
}

async function keysOf(
  db: Catalog,
  options: OpenSetOptions,
  passphrase: string | undefined,
  given: readonly Recipient[],
): Promise<EncryptionKeys | undefined> {
  const encryption = getMeta(db, 'encryption') ?? 'none'
  if (encryption === 'none') return undefined
  const recipients = await recipientKeys(db, given, options)
  return {
    ...(encryption !== 'recipients' && passphrase !== undefined ? { passphrase } : {}),
    ...(recipients.length > 0 ? { recipients } : {}),
  }
}
