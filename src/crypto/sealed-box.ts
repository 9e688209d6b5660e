/** Seals small texts between hosts of one set, by AES-256-GCM. Nothing of it is meant to last. */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import { asButcherError, ButcherError } from '../errors.ts'

const nonceBytes = 12
const tagBytes = 16

export function sealBox(key: Uint8Array, plain: Uint8Array): Buffer {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
}

/** Undefined if the key is another one, or a byte is wrong. */
export function openBox(key: Uint8Array, box: Uint8Array): Buffer | undefined {
  if (box.length < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(0, nonceBytes), {
    authTagLength: tagBytes,
  })
  decipher.setAuthTag(box.subarray(nonceBytes, nonceBytes + tagBytes))
  try {
    return Buffer.concat([decipher.update(box.subarray(nonceBytes + tagBytes)), decipher.final()])
  } catch {
    return undefined
  }
}

/** A key for one purpose, from the key of a run. */
export const derivedKey = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, new Uint8Array(0), `butcher ${purpose}`, 32))

/** 32 bytes in base64 take 44 characters; in hex, 64. */
const leastKeyBytes = 32

/** The key in the file of `--worker-key`: all its bytes but blanks at its ends. Throws `key`, `io`. */
export function readWorkerKey(file: string): Buffer {
  let text: Buffer
  try {
    text = fs.readFileSync(file)
  } catch (error) {
    throw asButcherError(error, 'cannot read the worker key', file)
  }
  const content = Buffer.from(text.toString('latin1').trim(), 'latin1')
  if (content.length < leastKeyBytes) {
    throw new ButcherError('key', `the worker key ${file} is shorter than ${leastKeyBytes} bytes`, {
      path: file,
      hint: `make one: head -c 32 /dev/urandom | base64 > ${file}`,
    })
  }
  return derivedKey(content, 'worker key')
}
