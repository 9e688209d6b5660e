/**
 * The catalogs of encrypted sets as they were unpacked, in `$XDG_CACHE_HOME/butcher/catalogs`. To unpack a
 * catalog of a million versions takes 13 s. The files are encrypted again, by a key that only those have who
 * can open the catalog: it is derived from the session key of the catalog's message.
 */

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { sessionKeyOf } from '../crypto/decrypt.ts'
import type { PassphraseForm } from '../crypto/passphrase-forms.ts'
import type { OpenedSecrets } from '../crypto/secrets.ts'
import { throwIfAborted } from '../errors.ts'
import { writeAll } from '../files/durable.ts'
import { draftOf, makeRoom } from '../files/kept-files.ts'
import { freeBytesIn } from '../files/free-bytes.ts'
import { xdgFolder } from '../files/xdg-folder.ts'
import { bytesOf } from '../media/disc-files.ts'

/** A smaller catalog is unpacked in half a second. */
const usualLeastBytes = 4_000_000
/** All kept catalogs together. */
const mostBytes = 2 ** 31
const ending = '.catalog'
const [vectorBytes, tagBytes, keyBytes, nameBytes] = [12, 16, 32, 16]
const pieceBytes = 1 << 20

export interface CatalogCache {
  /** The form of the passphrase that opened the message, if it differs from the given one. */
  readonly form: PassphraseForm | undefined
  /** Writes the catalog to the new file `into`. False, and no file, if it is not kept or damaged. */
  readonly load: (into: string, signal: AbortSignal | undefined) => boolean
  /** Keeps the catalog in the file `from`, if there is room. */
  readonly save: (from: string) => void
}

/** undefined if the catalog `file` is small, or no message that the secrets open. Never throws. */
export async function catalogCacheOf(
  file: string,
  secrets: OpenedSecrets,
  leastBytes = usualLeastBytes,
): Promise<CatalogCache | undefined> {
  try {
    // Another file of this name, or a changed one, has other facts.
    const { size, mtimeNs, ino } = fs.statSync(file, { bigint: true })
    if (size < BigInt(leastBytes)) return undefined
    let form: PassphraseForm | undefined
    const { data } = await sessionKeyOf(bytesOf(file), secrets, file, (other) => (form = other))
    const facts = `${size}:${mtimeNs}:${ino}`
    const derived = Buffer.from(hkdfSync('sha256', data, facts, 'butcher catalog 1', keyBytes + nameBytes))
    const folder = path.join(xdgFolder('XDG_CACHE_HOME'), 'butcher', 'catalogs')
    const kept = path.join(folder, derived.toString('hex', keyBytes) + ending)
    const key = derived.subarray(0, keyBytes)
    return {
      form,
      load: (into, signal) => decryptFile(kept, into, key, signal),
      save: (from) => encryptFile(from, folder, kept, key),
    }
  } catch {
    return undefined // to unpack it tells the reason
  }
}

function decryptFile(kept: string, into: string, key: Buffer, signal: AbortSignal | undefined): boolean {
  let fd: number
  try {
    fd = fs.openSync(kept, 'r')
  } catch {
    return false
  }
  try {
    const end = fs.fstatSync(fd).size - tagBytes
    const decipher = createDecipheriv('aes-256-gcm', key, readAt(fd, 0, vectorBytes))
    decipher.setAuthTag(readAt(fd, end, tagBytes))
    const out = fs.openSync(into, 'wx', 0o600)
    try {
      for (let at = vectorBytes; at < end; at += pieceBytes) {
        throwIfAborted(signal)
        writeAll(out, decipher.update(readAt(fd, at, Math.min(pieceBytes, end - at))))
      }
      decipher.final() // throws if a byte is wrong
    } finally {
      fs.closeSync(out)
    }
    fs.utimesSync(kept, new Date(), new Date())
    return true
  } catch {
    fs.rmSync(into, { force: true })
    throwIfAborted(signal)
    fs.rmSync(kept, { force: true })
    return false
  } finally {
    fs.closeSync(fd)
  }
}

function readAt(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  let done = 0
  while (done < length) {
    const count = fs.readSync(fd, bytes, done, length - done, at + done)
    if (count === 0) throw new Error('it is cut short')
    done += count
  }
  return bytes
}

function encryptFile(from: string, folder: string, kept: string, key: Buffer): void {
  const draft = draftOf(kept)
  try {
    const { size } = fs.statSync(from)
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (size * 2 > freeBytesIn(folder) || size > mostBytes) return
    makeRoom(folder, ending, size, mostBytes)
    const vector = randomBytes(vectorBytes)
    const cipher = createCipheriv('aes-256-gcm', key, vector)
    const input = fs.openSync(from, 'r')
    try {
      const output = fs.openSync(draft, 'w', 0o600)
      try {
        writeAll(output, vector)
        for (let at = 0; at < size; at += pieceBytes)
          writeAll(output, cipher.update(readAt(input, at, Math.min(pieceBytes, size - at))))
        writeAll(output, Buffer.concat([cipher.final(), cipher.getAuthTag()]))
      } finally {
        fs.closeSync(output)
      }
    } finally {
      fs.closeSync(input)
    }
    fs.renameSync(draft, kept)
  } catch {
    fs.rmSync(draft, { force: true }) // the next time, the catalog is unpacked again
  }
}
