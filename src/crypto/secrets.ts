/** The secrets that encrypt or open a set. */
export interface Secrets {
  /** Symmetric passphrase; also tried on a locked private key. */
  readonly passphrase?: string
  /** OpenPGP public keys to encrypt to: files, armored or binary, or the armored text itself. */
  readonly recipients?: readonly string[]
  /** The OpenPGP private key to open with: a file, armored or binary, or the armored text itself. */
  readonly privateKey?: string
}
