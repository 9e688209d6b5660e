/** Loads OpenPGP.js, which takes 50 ms: only code for public and private keys needs it. */

import crypto from 'node:crypto'
import type * as OpenPgp from 'openpgp'

/**
 * If OpenSSL knows these curves, OpenPGP.js calls a module that it does not include; otherwise it uses its
 * own code.
 */
const ownCurves = ['brainpoolP256r1', 'brainpoolP384r1', 'brainpoolP512r1', 'secp256k1']

let loading: Promise<typeof OpenPgp> | undefined

export const loadOpenPgp = (): Promise<typeof OpenPgp> => (loading ??= load())

async function load(): Promise<typeof OpenPgp> {
  const { getCurves } = crypto
  crypto.getCurves = () => getCurves().filter((curve) => !ownCurves.includes(curve))
  try {
    return await import('openpgp')
  } finally {
    crypto.getCurves = getCurves
  }
}

/** The user's choice of key is accepted: `encryptionPart` itself rejects weak ones. */
export const configOf = ({ config, enums }: typeof OpenPgp): OpenPgp.Config => ({
  ...config,
  rejectHashAlgorithms: new Set([enums.hash.md5]),
  rejectPublicKeyAlgorithms: new Set(),
  rejectCurves: new Set(),
  minRSABits: 0,
  allowMissingKeyFlags: true,
})
