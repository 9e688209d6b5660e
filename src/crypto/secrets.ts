import type { Report } from '../events.ts'

/** The secrets that encrypt or open a set, as the user gives them. */
export interface Secrets {
  /** Symmetric passphrase; also tried on a locked private key. */
  readonly passphrase?: string
  /** OpenPGP public keys to encrypt to: files, armored or binary, or the armored text itself. */
  readonly recipients?: readonly string[]
  /** The OpenPGP private key to open with: a file, armored or binary, or the armored text itself. */
  readonly privateKey?: string
}

/**
 * The secrets that open messages, read and unlocked once: `openSecrets` makes them. Plain data, which another
 * thread can get. The compiler refuses `Secrets` in their place.
 */
export interface OpenedSecrets {
  readonly passphrase?: string
  /** Private keys, armored, without a passphrase. Never an empty list. */
  readonly unlockedKeys?: readonly string[]
  readonly privateKey?: never
  readonly recipients?: never
}

/** Opens the secrets at the first call, and gives the same ones later. */
export type SecretsOpener = (report?: Report) => Promise<OpenedSecrets>

/** Whether there is anything to open a message with. */
export const hasSecret = ({ passphrase, unlockedKeys }: OpenedSecrets): boolean =>
  passphrase !== undefined || unlockedKeys !== undefined
