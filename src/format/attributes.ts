/** Extended attributes, including ACLs: which ones are kept, and their form in the catalog and in a tar. */

import { paxRecordsBytes } from './pax-records.ts'

/**
 * Name to base64 value, sorted by name. Bytes of a name that are not UTF-8 are escaped as in `path-text.ts`.
 */
export type Attributes = Readonly<Record<string, string>>

/** The most bytes kept for one entry, names and values together; more is reported and left out. */
export const maxAttributesBytes = 262_144

export const accessAcl = 'system.posix_acl_access'
const defaultAcl = 'system.posix_acl_default'

/**
 * Labels and seals that depend on one system's policy or key: elsewhere they are meaningless, or make the
 * file unreadable.
 */
const ofTheSystem = /^security\.(selinux|evm|ima|apparmor|SMACK64.*)$/

export const isKeptAttribute = (name: string): boolean =>
  name === accessAcl ||
  name === defaultAcl ||
  /^(user|trusted)\../s.test(name) ||
  (/^security\../s.test(name) && !ofTheSystem.test(name))

/** Attributes that a new file gets automatically; a restore removes them if the backup does not have them. */
export const isRemovableAttribute = (name: string): boolean =>
  name === accessAcl || name === defaultAcl || name.startsWith('user.') || name === 'security.capability'

/** In the catalog's form: equal attributes give equal text. */
export function attributesText(values: ReadonlyMap<string, Uint8Array>): string | null {
  if (values.size === 0) return null
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(Object.fromEntries(sorted.map(([name, value]) => [name, base64(value)])))
}

const base64 = (value: Uint8Array): string =>
  Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')

/** The attributes in a text of an untrusted catalog; undefined if the text is invalid. */
export function parseAttributes(text: string): ReadonlyMap<string, Buffer> | undefined {
  if (text.length > maxAttributesBytes * 2) return undefined
  try {
    const parsed = JSON.parse(text) as unknown
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
    const found = new Map<string, Buffer>()
    for (const [name, value] of Object.entries(parsed)) {
      if (typeof value !== 'string' || name.includes('\0') || !isKeptAttribute(name)) return undefined
      found.set(name, Buffer.from(value, 'base64'))
    }
    return found
  } catch {
    return undefined
  }
}

/**
 * The pax records that GNU tar and others know. `SCHILY.xattr.NAME` has the raw value, and ACLs are in text
 * form with numeric owners. `%` and `=` in a name are escaped as GNU tar reads them. The owner of a folder
 * may always write to it, as in the header, so that later chunks can be extracted into it.
 */
export function attributeRecords(text: string, isFolder: boolean): Record<string, Uint8Array> {
  const records: Record<string, Uint8Array> = {}
  for (const [name, value] of parseAttributes(text) ?? []) {
    if (name === accessAcl || name === defaultAcl) {
      const acl = aclText(value, isFolder && name === accessAcl)
      if (acl !== undefined) records[`SCHILY.acl.${name === accessAcl ? 'access' : 'default'}`] = acl
    } else {
      records[`SCHILY.xattr.${name.replaceAll('%', '%25').replaceAll('=', '%3D')}`] = value
    }
  }
  return records
}

/** Whether one text takes no more room than another, in a manifest and in a tar. */
export function takesNoMore(text: string | null, than: string | null): boolean {
  if (text === null || text === than) return true
  if (than === null) return false
  const recordsBytes = (one: string): number => paxRecordsBytes(Object.entries(attributeRecords(one, false)))
  return text.length <= than.length && recordsBytes(text) <= recordsBytes(than)
}

/** Tags of the entries of an ACL (linux/posix_acl.h). */
const aclTags: Readonly<Record<number, string>> = {
  0x01: 'user',
  0x02: 'user',
  0x04: 'group',
  0x08: 'group',
  0x10: 'mask',
  0x20: 'other',
}
const ownerTag = 0x01
const namedTags = new Set([0x02, 0x08])

/**
 * From the kernel's form: a version of four bytes, then for each entry tag, permissions (two bytes each) and
 * id (four).
 */
function aclText(value: Buffer, isOpenToOwner: boolean): Buffer | undefined {
  if (value.length < 4 || (value.length - 4) % 8 !== 0 || value.readUInt32LE(0) !== 2) return undefined
  const entries: string[] = []
  for (let at = 4; at < value.length; at += 8) {
    const tag = value.readUInt16LE(at)
    const kind = aclTags[tag]
    if (kind === undefined) return undefined
    const bits = value.readUInt16LE(at + 2) | (isOpenToOwner && tag === ownerTag ? 7 : 0)
    const id = namedTags.has(tag) ? value.readUInt32LE(at + 4) : ''
    const letters = `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${bits & 1 ? 'x' : '-'}`
    entries.push(`${kind}:${id}:${letters}`)
  }
  return Buffer.from(entries.join(','))
}
