/** Loads OpenPGP.js, which takes 50 ms: only what has to do with public and private keys needs it. */

import crypto from 'node:crypto'
import type * as OpenPgp from 'openpgp'

/** For these OpenPGP.js calls a module that it does not come with, if OpenSSL knows them; else it uses its own code. */
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

/** Keys that their owners chose are taken: `encryptionPart` says itself which are too weak. */
export const configOf = ({ config, enums }: typeof OpenPgp): OpenPgp.Config => ({
  ...config,
  rejectHashAlgorithms: new Set([enums.hash.md5]),
  rejectPublicKeyAlgorithms: new Set(),
  rejectCurves: new Set(),
  minRSABits: 0,
  allowMissingKeyFlags: true,
})
