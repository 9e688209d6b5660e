/**
 * Extended attributes through the C library, because Node has no calls for them. Linux only: on other
 * systems, and without koffi, butcher reads and sets none.
 */

import { getSystemErrorName } from 'node:util'
import {
  attributesText,
  isKeptAttribute,
  isRemovableAttribute,
  maxAttributesBytes,
} from '../format/attributes.ts'
import { pathFromBytes, pathToBytes } from '../format/path-text.ts'
import { cLibrary } from './c-library.ts'

/** An open file, or a path whose last component is not followed. */
export type AttributesOf = number | string | Buffer

interface Calls {
  readonly list: (file: number | Buffer, names: Buffer, size: number) => number
  readonly get: (file: number | Buffer, name: Buffer, value: Buffer, size: number) => number
  readonly set: (file: number | Buffer, name: Buffer, value: Buffer, size: number, flags: number) => number
  readonly remove: (file: number | Buffer, name: Buffer) => number
}

const loaded = loadCalls()

/** Whether attributes can be read and set here. */
export const attributesAreKnown: boolean = loaded !== undefined

/** The kernel's own limits (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const names = Buffer.allocUnsafeSlow(65_536)
const value = Buffer.allocUnsafeSlow(65_536)

/**
 * The attributes that a backup keeps, without those that the user may not read. A file system without
 * attributes is fine. Throws system errors, and one with code E2BIG if they are more than a backup keeps.
 */
export function readAttributes(file: AttributesOf): ReadonlyMap<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  let bytes = 0
  for (const name of listNames(file)) {
    if (!isKeptAttribute(name)) continue
    const read = readOne(file, name)
    if (read === undefined) continue
    bytes += name.length + read.length
    if (bytes > maxAttributesBytes) throw systemError('E2BIG')
    found.set(name, read)
  }
  return found
}

/** The same in the form of the catalog; null if there are none. */
export const readAttributesText = (file: AttributesOf): string | null => attributesText(readAttributes(file))

/** Why an attribute could not be set. */
export interface Unset {
  readonly name: string
  readonly code: string
}

/** Gives a file these attributes, and removes others that it got automatically. Returns the failures. */
export function setAttributes(file: AttributesOf, wanted: ReadonlyMap<string, Uint8Array>): Unset[] {
  if (loaded === undefined) return [...wanted.keys()].map((name) => ({ name, code: 'ENOSYS' }))
  const unset: Unset[] = []
  const tryOne = (name: string, doing: () => void): void => {
    try {
      doing()
    } catch (error) {
      unset.push({ name, code: (error as { code: string }).code })
    }
  }
  for (const name of listNames(file)) {
    if (!wanted.has(name) && isRemovableAttribute(name)) {
      tryOne(name, () => check(callsOf(file).remove(handle(file), ended(name))))
    }
  }
  for (const [name, bytes] of wanted) {
    const given = Buffer.from(bytes)
    tryOne(name, () => {
      if (readOne(file, name)?.equals(given) === true) return
      check(callsOf(file).set(handle(file), ended(name), given, given.length, 0))
    })
  }
  return unset
}

const noSuch = new Set(['ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])
const notReadable = new Set([...noSuch, 'ENODATA', 'EACCES', 'EPERM'])

function listNames(file: AttributesOf): string[] {
  if (loaded === undefined) return []
  const length = callsOf(file).list(handle(file), names, names.length)
  if (length < 0) {
    const code = lastCode()
    if (noSuch.has(code) || code === 'EACCES') return []
    throw systemError(code)
  }
  const found: string[] = []
  for (let start = 0; start < length;) {
    const end = names.indexOf(0, start)
    found.push(pathFromBytes(Buffer.from(names.subarray(start, end))))
    start = end + 1
  }
  return found
}

function readOne(file: AttributesOf, name: string): Buffer | undefined {
  const length = callsOf(file).get(handle(file), ended(name), value, value.length)
  if (length >= 0) return Buffer.from(value.subarray(0, length))
  const code = lastCode()
  if (notReadable.has(code)) return undefined
  throw systemError(code)
}

const handle = (file: AttributesOf): number | Buffer =>
  typeof file === 'number' ? file : Buffer.concat([Buffer.from(file as string), zero])

const ended = (name: string): Buffer => Buffer.concat([pathToBytes(name), zero])
const zero = Buffer.alloc(1)

interface Loaded {
  readonly ofPath: Calls
  readonly ofOpenFile: Calls
  readonly errno: () => number
}

function callsOf(file: AttributesOf): Calls {
  const { ofPath, ofOpenFile } = loaded as Loaded
  return typeof file === 'number' ? ofOpenFile : ofPath
}

function loadCalls(): Loaded | undefined {
  if (cLibrary === undefined || process.platform !== 'linux') return undefined
  const { func, errno } = cLibrary
  const calls = (prefix: string, file: string): Calls => ({
    list: func(`long ${prefix}listxattr(${file}, void *names, size_t size)`),
    get: func(`long ${prefix}getxattr(${file}, const char *name, void *value, size_t size)`),
    set: func(`int ${prefix}setxattr(${file}, const char *name, const void *value, size_t size, int flags)`),
    remove: func(`int ${prefix}removexattr(${file}, const char *name)`),
  })
  return { ofPath: calls('l', 'const char *path'), ofOpenFile: calls('f', 'int descriptor'), errno }
}

const lastCode = (): string => getSystemErrorName(-(loaded as Loaded).errno())

function check(result: number): void {
  if (result !== 0) throw systemError(lastCode())
}

const systemError = (code: string): Error =>
  Object.assign(new Error(`extended attributes: ${code}`), { code })
