/** A gpg of its own, with keys that it makes. */

import fs from 'node:fs'
import path from 'node:path'
import { program } from './tree.ts'

export interface GpgHome {
  readonly folder: string
  /** Runs gpg without asking anything; `passphrase` is that of keys. */
  readonly gpg: (args: readonly string[], options?: GpgOptions) => Buffer
  /** The fingerprint of the only key for `user`. */
  readonly fingerprint: (user: string) => string
  /** Makes a key by the lines of a parameter file (doc/DETAILS of GnuPG), without a passphrase. */
  readonly make: (user: string, lines: readonly string[], options?: GpgOptions) => void
  /** Writes what `--export` or another such option gives, and returns the file. */
  readonly save: (user: string, how: ExportOption, options?: GpgOptions) => string
  readonly remove: () => void
}

type ExportOption = '--export' | '--export-secret-keys' | '--export-secret-subkeys'

interface GpgOptions {
  readonly passphrase?: string
  readonly input?: Uint8Array
  /** What gpg takes for now: `20240101T000000`. */
  readonly at?: string
}

export function gpgHome(): GpgHome {
  // Short, as the path of the agent's socket may have some 100 bytes only.
  const folder = fs.mkdtempSync('/tmp/gh-')
  let files = 0
  const common = ['--homedir', folder, '--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback']
  const gpg: GpgHome['gpg'] = (args, { passphrase = '', input, at } = {}) => {
    const time = at === undefined ? [] : ['--faked-system-time', `${at}!`, '--ignore-time-conflict']
    return program(
      'gpg',
      [...common, ...time, '--passphrase', passphrase, '--trust-model', 'always', ...args],
      input === undefined ? {} : { input },
    )
  }
  return {
    folder,
    gpg,
    fingerprint: (user) =>
      /^fpr:+([0-9A-F]{40}):/m.exec(gpg(['--with-colons', '--list-keys', user]).toString())?.[1] ?? '',
    make: (user, lines, options) => {
      const parameters = ['%no-protection', ...lines, `Name-Email: ${user}`, 'Expire-Date: 0', '%commit', '']
      gpg(['--generate-key'], { ...options, input: Buffer.from(parameters.join('\n')) })
    },
    save: (user, how, options) => {
      const file = path.join(folder, `saved-${++files}.asc`)
      gpg(['--armor', '--output', file, how, user], options)
      return file
    },
    remove: () => {
      program('gpgconf', ['--homedir', folder, '--kill', 'all'])
      fs.rmSync(folder, { recursive: true, force: true })
    },
  }
}
