/** Who may use the page and its interface: a password and tokens, as hashes in a file of mode 0600. */

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { asButcherError, ButcherError, systemCode } from '../errors.ts'
import { writeDurably } from '../files/durable.ts'
import { dataFolder } from '../jobs/places.ts'
import type { Scope } from './scope.ts'
import { hashOf } from './sessions.ts'

export type TokenScope = Extract<Scope, 'metrics' | 'read' | 'run' | 'admin'>

interface PasswordHash {
  readonly algorithm: 'scrypt'
  /** The parameters N, r and p. */
  readonly cost: number
  readonly block: number
  readonly parallel: number
  readonly salt: string
  readonly hash: string
}

interface TokenHash {
  readonly scope: TokenScope
  readonly hash: string
  readonly created: string
}

interface Access {
  readonly password?: PasswordHash
  readonly tokens: readonly TokenHash[]
}

const accessFile = (): string => path.join(dataFolder(), 'web-access.json')

/** As of the file now. Throws `secret` for one that others may read. */
function readAccess(): Access {
  const file = accessFile()
  try {
    if ((fs.statSync(file).mode & 0o077) !== 0)
      throw new ButcherError('secret', `others may read ${file}`, { hint: `chmod 600 ${file}` })
    return JSON.parse(fs.readFileSync(file, 'utf8')) as Access
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { tokens: [] }
    throw asButcherError(error, 'cannot read', file)
  }
}

function saveAccess(access: Access): void {
  const folder = dataFolder()
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw asButcherError(error, 'cannot make the folder', folder)
  }
  writeDurably(folder, accessFile(), `${JSON.stringify(access, null, 2)}\n`, 0o600)
}

export const hasPassword = (): boolean => readAccess().password !== undefined

const leastPasswordCharacters = 8
const costs = { cost: 2 ** 15, block: 8, parallel: 1 } as const
const hashBytes = 32

const derive = promisify<string, string, number, object, Buffer>(scrypt)

const keyOf = (
  password: string,
  { cost, block, parallel, salt }: Omit<PasswordHash, 'hash'>,
): Promise<Buffer> =>
  derive(password.normalize('NFC'), salt, hashBytes, { N: cost, r: block, p: parallel, maxmem: 2 ** 28 })

/** Undefined takes the password away. Throws `usage` for one that is too short. */
export async function setPassword(password: string | undefined): Promise<void> {
  const { password: _before, ...access } = readAccess()
  if (password === undefined) return saveAccess(access)
  if ([...password].length < leastPasswordCharacters)
    throw new ButcherError('usage', `the password is shorter than ${leastPasswordCharacters} characters`)
  const facts = { algorithm: 'scrypt', ...costs, salt: randomBytes(16).toString('hex') } as const
  saveAccess({ ...access, password: { ...facts, hash: (await keyOf(password, facts)).toString('hex') } })
}

export async function isPassword(password: string): Promise<boolean> {
  const { password: known } = readAccess()
  if (known === undefined) return false
  return timingSafeEqual(await keyOf(password, known), Buffer.from(known.hash, 'hex'))
}

/** Makes a token, and returns it: it cannot be shown again. */
export function newToken(scope: TokenScope): string {
  const token = `butcher_${randomBytes(32).toString('base64url')}`
  const access = readAccess()
  const made = { scope, hash: hashOf(token), created: new Date().toISOString() }
  saveAccess({ ...access, tokens: [...access.tokens, made] })
  return token
}

/** Returns how many there were. */
export function removeTokens(): number {
  const access = readAccess()
  if (access.tokens.length > 0) saveAccess({ ...access, tokens: [] })
  return access.tokens.length
}

export const scopeOfToken = (token: string): TokenScope | undefined => {
  const hash = hashOf(token)
  return readAccess().tokens.find((known) => known.hash === hash)?.scope
}
