/**
 * Items, vaults, stores, schedules and jobs. The fields are those of the configuration file and of `--json`.
 */

import { isIP } from 'node:net'
import type { Fields, Kind } from '../options/check-fields.ts'
import {
  choice,
  filledList,
  flag,
  list,
  needed,
  object,
  optional,
  pattern,
  whole,
} from '../options/check-fields.ts'
import { type Channel, channelKinds, noticeEvents } from '../notify/channel.ts'
import type { Policy } from '../retention/choose-backups.ts'

/** Paths that are backed up together. */
export interface Item {
  /** Name of the item. */
  readonly name: string
  /** Absolute paths. */
  readonly paths: readonly string[]
  /** Gitignore patterns, relative to each path. */
  readonly ignore: readonly string[]
  /** The name of the secret that encrypts its sets; not set: unencrypted. */
  readonly secret?: string
}

/** Several items in one set. The patterns of an item come after those of the vault, so they win. */
export interface Vault {
  /** Name of the vault. */
  readonly name: string
  readonly items: readonly string[]
  readonly ignore: readonly string[]
  readonly secret?: string
}

export const storeTypes = ['local', 'rclone', 'optical'] as const

export interface JobStore {
  /** Name of the store. */
  readonly name: string
  readonly type: (typeof storeTypes)[number]
  /** An absolute folder; of a store of type `rclone` the path on the remote. */
  readonly path: string
  /** The name of the remote in the user's rclone configuration, for the type `rclone`. */
  readonly remote?: string
  /** The medium of a store of type `optical`. */
  readonly medium?: string
}

export interface Schedule {
  readonly id: string
  /** A name for people. */
  readonly name: string
  /** Five fields; empty: once. */
  readonly cron: string
  readonly zone: string
}

/** How many backups stay. Not set: all. */
export type Retention = Omit<Policy, 'within'>

export interface Job {
  /** Name of the job. */
  readonly name: string
  readonly target_type: 'item' | 'vault'
  readonly target_name: string
  readonly store_name: string
  /** The id of its schedule; not set: it runs by hand only. */
  readonly schedule_id?: string
  readonly retention: Retention
  readonly enabled: boolean
  /** Why it is not enabled. */
  readonly disabled_because?: string
  /** It runs only while the machine has mains power. */
  readonly on_mains: boolean
  /** Commands as lists of words; no shell sees them. */
  readonly before: readonly (readonly string[])[]
  readonly after: readonly (readonly string[])[]
  /** The channels that get its events; not set: all. */
  readonly notify?: readonly string[]
  /** ISO 8601 UTC. */
  readonly created: string
}

/** A secret that a command prints. Other secrets are files. */
interface SecretCommand {
  readonly name: string
  readonly command: readonly string[]
}

/** The page of the daemon. */
export interface WebSettings {
  /** Not set: a free port. */
  readonly port?: number
  /** Not set: 127.0.0.1. */
  readonly bind?: string
  /** Further names of this machine that browsers may use. */
  readonly hosts?: readonly string[]
  /** The page is there whenever the daemon runs. */
  readonly always?: boolean
  /** Folders that the page may show to choose from; not set: home, media and mounts. */
  readonly folders?: readonly string[]
}

interface Settings {
  /** How many runs go on at once; not set: one. */
  readonly runs_at_once?: number
  readonly web?: WebSettings
}

export interface Definitions {
  readonly version: 1
  readonly settings?: Settings
  readonly items: readonly Item[]
  readonly vaults: readonly Vault[]
  readonly stores: readonly JobStore[]
  readonly schedules: readonly Schedule[]
  readonly jobs: readonly Job[]
  readonly secrets: readonly SecretCommand[]
  readonly channels?: readonly Channel[]
}

export const noDefinitions: Definitions = {
  version: 1,
  items: [],
  vaults: [],
  stores: [],
  schedules: [],
  jobs: [],
  secrets: [],
}

const mostNameBytes = 100

/** A name that is one folder below a store, and one word on a command line. */
const isName = (value: unknown): boolean =>
  typeof value === 'string' &&
  Buffer.byteLength(value) <= mostNameBytes &&
  /^[^\s/\\.\-\p{C}](?:[^/\\\p{C}]*[^\s/\\\p{C}])?$/u.test(value)

const aName: Kind = {
  expected: `a name of 1 to ${mostNameBytes} bytes without slashes, that does not begin with a dot, a dash or a blank`,
  fits: isName,
}

const aLine: Kind = {
  expected: 'a line of text without control characters',
  fits: (value) =>
    typeof value === 'string' && value !== '' && value.length <= 1000 && !/\p{Cc}/u.test(value),
}

const anAbsolutePath: Kind = {
  expected: 'an absolute path',
  fits: (value) => typeof value === 'string' && value.startsWith('/') && !value.includes('\0'),
}

const aStorePath: Kind = {
  expected: 'a path without NUL',
  fits: (value) => typeof value === 'string' && !value.includes('\0'),
}

const aCron: Kind = { expected: 'a cron expression, or nothing', fits: (value) => typeof value === 'string' }

const aTime: Kind = {
  expected: 'a time such as 2026-01-31T22:00:00.000Z',
  fits: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
}

const aCommand = filledList(aLine)

const retentionFields: Fields<Retention> = {
  last: optional(whole),
  hourly: optional(whole),
  daily: optional(whole),
  weekly: optional(whole),
  monthly: optional(whole),
  yearly: optional(whole),
}

const itemFields: Fields<Item> = {
  name: needed(aName),
  paths: needed(filledList(anAbsolutePath)),
  ignore: needed(list(pattern)),
  secret: optional(aName),
}

const vaultFields: Fields<Vault> = {
  name: needed(aName),
  items: needed(filledList(aName)),
  ignore: needed(list(pattern)),
  secret: optional(aName),
}

const storeFields: Fields<JobStore> = {
  name: needed(aName),
  type: needed(choice(...storeTypes)),
  path: needed(aStorePath),
  remote: optional(aLine),
  medium: optional(aLine),
}

const scheduleFields: Fields<Schedule> = {
  id: needed(aName),
  name: needed(aLine),
  cron: needed(aCron),
  zone: needed(aLine),
}

const jobFields: Fields<Job> = {
  name: needed(aName),
  target_type: needed(choice('item', 'vault')),
  target_name: needed(aName),
  store_name: needed(aName),
  schedule_id: optional(aName),
  retention: needed(object(retentionFields)),
  enabled: needed(flag),
  disabled_because: optional(aLine),
  on_mains: needed(flag),
  before: needed(list(aCommand)),
  after: needed(list(aCommand)),
  notify: optional(list(aName)),
  created: needed(aTime),
}

/** A dash first would be an option of sendmail. */
const aMailAddress: Kind = {
  expected: 'an email address',
  fits: (value) =>
    typeof value === 'string' && /^[^\s\p{C}<>,;:"()-][^\s\p{C}<>,;:"()]*@[^\s\p{C}<>,;:"()]+$/u.test(value),
}

const channelFields: Fields<Channel> = {
  name: needed(aName),
  kind: needed(choice(...channelKinds)),
  events: optional(list(choice(...noticeEvents))),
  command: optional(aCommand),
  url: optional(aLine),
  url_secret: optional(aName),
  secret: optional(aName),
  to: optional(filledList(aMailAddress)),
  from: optional(aMailAddress),
}

const secretFields: Fields<SecretCommand> = { name: needed(aName), command: needed(aCommand) }

const versionOne: Kind = { expected: '1', fits: (value) => value === 1 }

const aPort: Kind = {
  expected: 'a port from 1 to 65535',
  fits: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535,
}

const anAddress: Kind = {
  expected: 'an IP address',
  fits: (value) => typeof value === 'string' && isIP(value) !== 0,
}

const aHostName: Kind = {
  expected: 'the name of a host',
  fits: (value) => typeof value === 'string' && /^[a-z0-9][a-z0-9.-]{0,252}$/i.test(value),
}

const webFields: Fields<WebSettings> = {
  port: optional(aPort),
  bind: optional(anAddress),
  hosts: optional(list(aHostName)),
  always: optional(flag),
  folders: optional(list(anAbsolutePath)),
}

const settingFields: Fields<Settings> = {
  runs_at_once: optional(whole),
  web: optional(object(webFields)),
}

export const definitionFields: Fields<Definitions> = {
  version: needed(versionOne),
  settings: optional(object(settingFields)),
  items: needed(list(object(itemFields))),
  vaults: needed(list(object(vaultFields))),
  stores: needed(list(object(storeFields))),
  schedules: needed(list(object(scheduleFields))),
  jobs: needed(list(object(jobFields))),
  secrets: needed(list(object(secretFields))),
  channels: optional(list(object(channelFields))),
}
