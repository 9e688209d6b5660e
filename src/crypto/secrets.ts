/** What a set is encrypted with or opened by. */
export interface Secrets {
  /** Symmetric passphrase; also tried on a private key that is locked. */
  readonly passphrase?: string
  /** OpenPGP public keys to encrypt to: files, armored or binary, or the armored text itself. */
  readonly recipients?: readonly string[]
  /** The OpenPGP private key to open with: a file, armored or binary, or the armored text itself. */
  readonly privateKey?: string
}
