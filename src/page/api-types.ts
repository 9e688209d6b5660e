/** What the daemon answers with: docs/api.md. */

import type { Job } from '../jobs/definitions.ts'

export type KindName = 'items' | 'vaults' | 'stores' | 'schedules' | 'jobs' | 'channels'

export interface Progress {
  readonly stage: string
  readonly bytes?: number
  readonly files?: number
  readonly total_bytes?: number
  readonly total_files?: number
  readonly disc?: number
  readonly bytes_per_second?: number
  readonly seconds_left?: number
}

export interface Run {
  readonly run: number
  readonly job: string
  readonly trigger: 'manual' | 'schedule' | 'resume'
  readonly due: string | null
  readonly missed: number
  readonly resumes: number | null
  readonly started: string
  readonly finished: string | null
  readonly state: string
  readonly reason: string | null
  readonly step: string | null
  readonly destination: string | null
  readonly summary: Readonly<Record<string, unknown>> | null
  readonly progress: Progress | null
}

export interface RunEvent {
  readonly event: number
  readonly at: string
  readonly type: string
  readonly message: string
}

export interface JobStatus {
  readonly job: string
  readonly state: string
  readonly reason: string | null
  readonly last_run: Run | null
  readonly last_good: string | null
  readonly next_due: string | null
}

export interface JobWithStatus extends Job {
  readonly status: JobStatus
}

interface WaitingDisc {
  readonly job: string
  readonly destination: string
  readonly disc: number
  readonly label: string
  readonly medium: string
  readonly bytes: number
  readonly capacity: number | null
  readonly state: string
}

export interface HeatDay {
  readonly day: string
  readonly ok: number
  readonly partial: number
  readonly failed: number
  readonly other: number
}

interface OverviewStore {
  readonly name: string
  readonly type: string
  readonly jobs: number
  readonly absent: string | null
}

export interface Overview {
  readonly protected: boolean
  readonly sentence: string
  readonly jobs: readonly JobStatus[]
  readonly next: readonly { readonly job: string; readonly at: string }[]
  readonly discs: readonly WaitingDisc[]
  readonly heat: readonly HeatDay[]
  readonly stores: readonly OverviewStore[]
  readonly zone: string
}

export interface SchedulePreview {
  readonly cron: string
  readonly text: string
  readonly zone: string
  readonly next: readonly string[]
  readonly smallest_gap_minutes: number | null
  readonly warnings: readonly string[]
}

export interface Secret {
  readonly name: string
  readonly kind: string
  readonly users: readonly string[]
}

export interface StoreTest {
  readonly ok: boolean
  readonly steps: readonly {
    readonly step: string
    readonly ok: boolean
    readonly message: string
    readonly seconds: number
  }[]
  readonly free: number | null
  readonly total: number | null
}

export interface StoreUsage {
  readonly free: number | null
  readonly total: number | null
  readonly added: readonly { readonly day: string; readonly bytes: number }[]
}

export interface Backup {
  readonly backup: number
  readonly name: string | null
  readonly started: string
  readonly finished: string | null
  readonly files: number | null
  readonly bytes: number | null
  readonly pinned?: boolean
  readonly forgotten?: string | null
}

export interface Backups {
  readonly job: string
  readonly destination: string
  readonly backups: readonly Backup[]
}

export interface TreeEntry {
  readonly path: string
  readonly kind: string
  readonly size: number | null
  readonly mtime: string | null
  readonly mode?: string | null
  readonly link?: string | null
}

export interface TreePage {
  readonly path: string
  readonly entries: readonly TreeEntry[]
  readonly next: string | null
}

export interface FoundEntry extends TreeEntry {
  readonly first_backup: number
  readonly last_backup: number
}

export interface Change {
  readonly change: 'new' | 'changed' | 'moved' | 'deleted' | 'metadata'
  readonly path: string
  readonly origin?: string | null
  readonly before: { readonly size: number | null } | null
  readonly after: { readonly size: number | null } | null
}

export interface Diff {
  readonly changes: readonly Change[]
  readonly counts: Readonly<Record<Change['change'], number>> | null
  readonly truncated: boolean
}

export interface RetentionPreview {
  readonly backups: readonly {
    readonly backup: number
    readonly name: string | null
    readonly started: string
    readonly files: number
    readonly bytes: number
    readonly keep: boolean
    readonly reasons: readonly string[]
  }[]
  readonly forgotten: readonly number[]
  readonly held: string | null
  readonly bytes_freed: number | null
}

export interface ForgetAnswer {
  readonly forgotten: readonly number[]
  readonly count: number
  readonly bytes_freed: number | null
}

export interface RestorePlan {
  readonly targets: readonly string[]
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly in_the_way: number | null
  readonly discs: readonly {
    readonly disc: number
    readonly label: string | null
    readonly location: string | null
    readonly place: string | null
  }[]
  readonly missing_discs: readonly number[]
}

export interface Restore {
  readonly id: string | number
  readonly job: string
  readonly backup: number
  readonly targets: readonly string[]
  readonly state: 'running' | 'ok' | 'partial' | 'failed' | 'stopped'
  readonly reason: string | null
  readonly progress: Progress | null
  readonly started: string
  readonly finished: string | null
  readonly files: number | null
  readonly bytes: number | null
  readonly warnings: readonly string[]
  readonly warning_count: number
}

export interface FolderList {
  readonly path: string | null
  readonly parent: string | null
  readonly entries: readonly { readonly name: string; readonly kind: string; readonly size: number | null }[]
  readonly roots: readonly string[]
  readonly truncated: boolean
}

export interface DaemonInfo {
  readonly version: string
  readonly started: string
  readonly pid: number
  readonly queue: readonly string[]
  readonly running: readonly number[]
  readonly time: string
  readonly zone: string
  readonly host: string
  readonly jobs: number
  readonly node: string
  readonly memory_bytes: number
}

export interface LogLine {
  readonly id: number
  readonly at: string
  readonly text: string
}

export interface IgnorePreview {
  readonly kept: { readonly files: number; readonly folders: number }
  readonly left_out: { readonly files: number; readonly folders: number }
  readonly examples: readonly { readonly path: string; readonly kind: 'dir' | 'file' }[]
  readonly unmatched: readonly string[]
  readonly absent: readonly string[]
  readonly truncated: boolean
}

export interface ZipPlan {
  readonly files: number
  readonly directories: number
  readonly bytes: number
  readonly zip_bytes: number
  readonly skipped: number
  readonly missing_discs: readonly number[]
}

export interface HeldRun {
  readonly job: string
  readonly reason: string
}

export interface ProgramFound {
  readonly program: string
  readonly found: boolean
  readonly version: string | null
  readonly adds: string
  readonly package: string
}
