/** Passphrases of jobs: files of mode 0600, the output of a command, or credentials of systemd. */

import fs from 'node:fs'
import path from 'node:path'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { removeFile, syncFolder, writeDurably } from '../files/durable.ts'
import { runToEnd } from '../programs/run-to-end.ts'
import type { Definitions } from './definitions.ts'
import { secretsFolder } from './places.ts'

/** The name becomes that of a file. Throws `usage`. */
export function checkSecretName(name: string): void {
  if (!/^\w[\w.-]{0,99}$/.test(name))
    throw new ButcherError('usage', `cannot name a secret '${name}'`, {
      hint: 'use letters, digits, dots, dashes and underscores',
    })
}

const fileOf = (name: string): string => path.join(secretsFolder(), name)

/** Writes the passphrase to its file. Throws `secret` for a passphrase that gpg could not take. */
export function saveSecret(name: string, passphrase: string): void {
  checkPassphrase(name, passphrase)
  const folder = secretsFolder()
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    fs.chmodSync(folder, 0o700)
  } catch (error) {
    throw asButcherError(error, 'cannot make the folder', folder)
  }
  writeDurably(folder, fileOf(name), `${passphrase}\n`, 0o600)
}

/** Whether there was a file. */
export function removeSecret(name: string): boolean {
  const file = fileOf(name)
  if (!fs.existsSync(file)) return false
  try {
    removeFile(file)
    syncFolder(secretsFolder())
  } catch (error) {
    throw asButcherError(error, 'cannot remove', file)
  }
  return true
}

/** Names only. */
export function secretFiles(): readonly string[] {
  try {
    return fs.readdirSync(secretsFolder()).toSorted()
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw asButcherError(error, 'cannot read', secretsFolder())
  }
}

/**
 * The passphrase of this name: a credential of the service comes before a command, a command before a file.
 * Throws `secret`.
 */
export async function readSecret(name: string, { secrets }: Definitions): Promise<string> {
  const credentials = process.env['CREDENTIALS_DIRECTORY']
  if (credentials !== undefined) {
    const passphrase = readFirstLine(path.join(credentials, name), name)
    if (passphrase !== undefined) return passphrase
  }
  const command = secrets.find((secret) => secret.name === name)?.command
  const passphrase = command ? await printedBy(command, name) : readFirstLine(fileOf(name), name)
  if (passphrase === undefined)
    throw new ButcherError('secret', `secret '${name}' does not exist`, {
      hint: `butcher secret set '${name}'`,
    })
  checkPassphrase(name, passphrase)
  return passphrase
}

function readFirstLine(file: string, name: string): string | undefined {
  try {
    const { mode, uid } = fs.statSync(file)
    // A credential of systemd is mode 0400 of another owner perhaps, and never open to others.
    if ((mode & 0o077) !== 0)
      throw new ButcherError('secret', `cannot use the secret '${name}': others may read ${file}`, {
        hint:
          uid === process.getuid?.()
            ? `chmod 600 ${file}, and change the passphrase if others had access`
            : 'check its owner and mode',
      })
    return fs.readFileSync(file, 'utf8').split('\n')[0]
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw asButcherError(error, `cannot read the secret '${name}'`, file)
  }
}

async function printedBy([program, ...words]: readonly string[], name: string): Promise<string | undefined> {
  const { status, output, complaint } = await runToEnd(program as string, words)
  if (status !== 0)
    throw new ButcherError(
      'secret',
      `the command of the secret '${name}' failed: ${complaint || `status ${status}`}`,
    )
  return output.split('\n')[0]
}

function checkPassphrase(name: string, passphrase: string): void {
  if (passphrase === '' || /[\0\n]/.test(passphrase))
    throw new ButcherError(
      'secret',
      `cannot use the secret '${name}': it is ${passphrase === '' ? 'empty' : 'not one line'}`,
    )
}
