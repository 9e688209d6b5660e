/** The lines of `--json` of runs and secrets. */

import type { BackupSummary } from '../../commands/backup/backup-options.ts'
import type { Item, Job, JobStore, Schedule, Vault } from '../../jobs/definitions.ts'
import type { Channel } from '../../notify/channel.ts'
import type { StoreStep, StoreTest } from '../../jobs/test-store.ts'
import type { RunFacts } from '../../jobs/run-database.ts'

/** By command, and by the `type` of a line. */
export interface JobObjects {
  readonly 'item add': { readonly item: Item }
  readonly 'item list': { readonly item: Item }
  readonly 'item show': { readonly item: Item }
  readonly 'item edit': { readonly item: Item }
  readonly 'item remove': { readonly item: Item }
  readonly 'vault add': { readonly vault: Vault }
  readonly 'vault list': { readonly vault: Vault }
  readonly 'vault show': { readonly vault: Vault }
  readonly 'vault edit': { readonly vault: Vault }
  readonly 'vault remove': { readonly vault: Vault }
  readonly 'store add': { readonly store: JobStore }
  readonly 'store list': { readonly store: JobStore }
  readonly 'store show': { readonly store: JobStore }
  readonly 'store edit': { readonly store: JobStore }
  readonly 'store remove': { readonly store: JobStore }
  readonly 'schedule add': { readonly schedule: Schedule }
  readonly 'schedule list': { readonly schedule: Schedule }
  readonly 'schedule show': { readonly schedule: Schedule }
  readonly 'schedule edit': { readonly schedule: Schedule }
  readonly 'schedule remove': { readonly schedule: Schedule }
  readonly 'job add': { readonly job: Job }
  readonly 'job list': { readonly job: ListedJob }
  readonly 'job show': { readonly job: ListedJob }
  readonly 'job edit': { readonly job: Job }
  readonly 'job remove': { readonly job: Job }
  readonly 'job run': { readonly run: RunObject }
  readonly 'job pause': { readonly job: Job }
  readonly 'job resume': { readonly job: Job }
  readonly 'channel add': { readonly channel: Channel }
  readonly 'channel list': { readonly channel: Channel }
  readonly 'channel show': { readonly channel: Channel }
  readonly 'channel edit': { readonly channel: Channel }
  readonly 'channel remove': { readonly channel: Channel }
  readonly 'channel test': { readonly channel: Channel }
  readonly 'daemon settings': { readonly settings: SettingsObject }
  readonly 'daemon logs': { readonly line: LogLineObject }
  readonly 'daemon install': { readonly unit: UnitObject; readonly summary: UnitsSummary }
  readonly 'daemon uninstall': { readonly summary: UnitsSummary }
  readonly 'store test': { readonly step: StoreStep; readonly summary: StoreTest }
  readonly web: WebObjects
  readonly 'import bcper': { readonly summary: ImportSummary }
  readonly 'run list': { readonly run: RunObject }
  readonly 'run show': { readonly run: RunObject }
  readonly 'run stop': { readonly run: RunObject }
  readonly 'secret set': { readonly secret: SecretObject }
  readonly 'secret list': { readonly secret: SecretObject }
  readonly 'secret remove': { readonly secret: SecretObject }
}

interface RunObject extends RunFacts {
  /** The summary of the backup, as `butcher backup --json` prints it. */
  readonly summary: BackupSummary | null
}

interface SecretObject {
  /** Name of the secret. */
  readonly name: string
}

interface LinkObject {
  /** The address of the page. It works once. */
  readonly url: string
  /** How long it works. */
  readonly seconds: number
  /** The port of the page. */
  readonly port: number
}

interface TokenObject {
  /** Its rights. */
  readonly scope: 'metrics' | 'read' | 'run' | 'admin'
  /** It cannot be shown again. */
  readonly token: string
}

interface SentenceObject {
  readonly message: string
}

interface WebObjects {
  readonly link: LinkObject
  /** With `--token`. */
  readonly token: TokenObject
  /** With `--off` and `--revoke-tokens`. */
  readonly done: SentenceObject
}

interface ImportSummary {
  readonly items: readonly string[]
  /** Names of the vaults. */
  readonly vaults: readonly string[]
  /** Names of the stores. */
  readonly stores: readonly string[]
  /** Ids of the schedules. */
  readonly schedules: readonly string[]
  /** Names of the jobs. */
  readonly jobs: readonly string[]
  /** Names of the secrets. */
  readonly secrets: readonly string[]
  /** Sentences about names and patterns that changed. */
  readonly remarks: readonly string[]
  readonly dry_run: boolean
}

interface ListedJob extends Job {
  /** Numbers of discs that are full and not burned yet, of a job whose store is optical. */
  readonly discs_to_burn: readonly number[]
}

interface SettingsObject {
  /** How many jobs may run at the same time. */
  readonly runs_at_once: number
}

interface LogLineObject {
  /** Time of the line, or null if the daemon did not write it. */
  readonly at: string | null
  /** The line. */
  readonly text: string
}

/** With `--print`. */
interface UnitObject {
  /** Name of the unit. */
  readonly name: string
  /** The file. */
  readonly text: string
}

interface UnitsSummary {
  /** Paths of the units that were written or removed. */
  readonly files: readonly string[]
  /** The commands to run now. */
  readonly commands: readonly string[]
}
