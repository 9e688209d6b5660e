/** Decides whether a set is encrypted. Its first backup decides for good. */

import path from 'node:path'
import type { BackupOptions } from '../commands/backup/backup-options.ts'
import type { Secrets } from '../crypto/secrets.ts'
import { ButcherError, stopped } from '../errors.ts'
import { isRclonePlace } from '../store/rclone-place.ts'
import { showPath } from '../format/path-text.ts'
import { flag } from './arguments.ts'
import { askLine, canAsk } from './ask.ts'
import type { Call } from './command.ts'
import { askNewPassphrase, refuseSilence, secretsOf } from './secrets-of-call.ts'
import { usageError } from './split-words.ts'

/**
 * The secrets of a backup. If a set begins and the call leaves the encryption open, a terminal asks for the
 * decision.
 */
export async function secretsOfBackup(call: Call, options: BackupOptions): Promise<Secrets> {
  const { destination, index, dryRun } = options
  const { args } = call
  refuseContradiction(call)
  const { checkFields } = await import('../options/check-fields.ts')
  const { backupFields } = await import('../commands/backup/backup-fields.ts')
  checkFields('backup', backupFields, options)
  const { notEncrypted } = await import('../set/destination.ts')
  const { encryptionAt } = await import('../set/encryption-at.ts')
  const folder = isRclonePlace(destination) ? destination : path.resolve(destination)
  // To ask a store takes a while, and with a secret at hand the backup itself finds out.
  const isOpen = flag(args, 'encrypt') || flag(args, 'no-encrypt')
  const early = isRclonePlace(destination) && !isOpen ? await secretsOf(call) : undefined
  if (early && hasAny(early)) return early
  const encrypted = await encryptionAt(folder, {
    ...options,
    report: call.reporter.report,
    signal: call.signal,
  })
  if (flag(args, 'no-encrypt')) {
    if (encrypted === true) throw isEncrypted(folder)
    return {}
  }
  // Before anything is asked.
  if (encrypted === false && flag(args, 'encrypt')) throw notEncrypted(folder)
  const secrets = early ?? (await secretsOf(call))
  if (hasAny(secrets)) return secrets
  refuseSilence(args)
  if (encrypted !== undefined || index !== undefined) return secrets
  const { checkSources } = await import('../commands/backup/run-source.ts')
  checkSources(options) // before anybody types a passphrase
  const isDecided = flag(args, 'encrypt') || (dryRun !== true && (await wantsEncryption(call, destination)))
  return isDecided ? { ...secrets, passphrase: await askNewPassphrase(call) } : secrets
}

const hasAny = ({ passphrase, recipients, privateKey }: Secrets): boolean =>
  passphrase !== undefined || recipients !== undefined || privateKey !== undefined

function refuseContradiction({ args }: Call): void {
  const names = ['encrypt', 'passphrase', 'passphrase-file', 'passphrase-command', 'recipient'] as const
  const other = names.find((name) => args.options[name] !== undefined)
  if (flag(args, 'no-encrypt') && other !== undefined) {
    throw usageError(`--no-encrypt contradicts --${other}`, 'leave one of them out')
  }
}

const isEncrypted = (folder: string): ButcherError =>
  new ButcherError('secret', `the set in ${showPath(folder)} is encrypted and cannot become unencrypted`, {
    hint: 'leave --no-encrypt out, or begin another set in another destination',
  })

/** False if there is nobody to ask. */
async function wantsEncryption({ reporter, signal }: Call, destination: string): Promise<boolean> {
  if (!canAsk() || reporter.json || reporter.quiet) return false
  reporter.tell(showPath(`A new set begins in ${destination}. You cannot change its encryption later.`))
  for (;;) {
    const answer = await askLine('Encrypt it with a passphrase? [Y/n] ', signal)
    if (answer === undefined) throw stopped()
    if (/^\s*(y|yes)?\s*$/i.test(answer)) return true
    if (/^\s*(n|no)\s*$/i.test(answer)) return false
  }
}
