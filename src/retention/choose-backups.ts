/** Chooses the backups that a policy keeps, and those that it forgets. Pure data. */

import { bucketIn, type Period, periods, type Span, spanBefore } from './calendar.ts'

/** The backups to keep. A count is a number of buckets with a backup. */
export interface Policy {
  /** The newest complete backups. */
  readonly last?: number
  readonly hourly?: number
  readonly daily?: number
  readonly weekly?: number
  readonly monthly?: number
  readonly yearly?: number
  /** All within this span before the newest complete backup. */
  readonly within?: Span
}

export interface Candidate {
  readonly number: number
  /** Milliseconds since 1970. */
  readonly started: number
  /** Whether its run came to its end. */
  readonly isFinished: boolean
  /** Whether some source paths are missing in it (exit status 3). */
  readonly isPartial: boolean
  readonly isPinned: boolean
  /** Whether a restore reads it. */
  readonly isInUse: boolean
}

export type Reason =
  | 'last'
  | Period
  | 'within'
  | 'no rule'
  | 'pinned'
  | 'in use'
  | 'newest'
  | 'newest complete'
  | 'not finished'
  | 'in the future'

export interface Choice {
  readonly number: number
  /** Empty: it is forgotten. */
  readonly reasons: readonly Reason[]
}

export interface Choosing {
  readonly backups: readonly Candidate[]
  readonly policy: Policy
  /** A time zone such as `Europe/Berlin`, for the calendar. */
  readonly zone: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** A clock may be wrong by this much. */
const clockErrorMs = 86_400_000

/**
 * The reasons to keep each backup, in the order of `backups`. Only buckets with a backup count, so a long
 * time without backups forgets nothing. A partial backup never takes the place of a complete one: it is kept
 * besides where its bucket has no complete backup, as long as the rule still looks for more.
 */
export function chooseBackups({ backups, policy, zone, now }: Choosing): Choice[] {
  const reasons = new Map(backups.map(({ number }) => [number, new Set<Reason>()]))
  const keep = ({ number }: Candidate, reason: Reason): void => void reasons.get(number)?.add(reason)
  const newestFirst = backups.toSorted((a, b) => b.started - a.started || b.number - a.number)
  const finished = newestFirst.filter(
    ({ isFinished, started }) => isFinished && started <= now + clockErrorMs,
  )
  const complete = finished.filter(({ isPartial }) => !isPartial)
  const bucketOf = bucketIn(zone)

  for (const backup of backups) {
    if (backup.isPinned) keep(backup, 'pinned')
    if (backup.isInUse) keep(backup, 'in use')
    if (!backup.isFinished) keep(backup, 'not finished')
    if (backup.started > now + clockErrorMs) keep(backup, 'in the future')
  }
  const [newest] = backups.toSorted((a, b) => b.number - a.number)
  if (newest) keep(newest, 'newest')
  if (complete[0]) keep(complete[0], 'newest complete')

  keepBuckets(
    finished,
    policy.last,
    ({ number }) => String(number),
    (backup) => keep(backup, 'last'),
  )
  for (const period of periods) {
    const bucket = ({ started }: Candidate): string => bucketOf(started, period)
    keepBuckets(finished, policy[period], bucket, (backup) => keep(backup, period))
  }
  const from = complete[0] ?? finished[0]
  if (policy.within !== undefined && from !== undefined) {
    const since = spanBefore(from.started, policy.within, zone)
    for (const backup of finished) if (backup.started >= since) keep(backup, 'within')
  }
  return backups.map(({ number }) => ({ number, reasons: [...(reasons.get(number) ?? [])] }))
}

/** `newestFirst`: finished backups. Keeps the newest of each of `count` buckets. */
function keepBuckets(
  newestFirst: readonly Candidate[],
  count: number | undefined,
  bucketOf: (backup: Candidate) => string,
  keep: (backup: Candidate) => void,
): void {
  if (count === undefined) return
  let [kept, keptPartial] = [0, 0]
  for (const bucket of Map.groupBy(newestFirst, bucketOf).values()) {
    if (kept === count) return
    const complete = bucket.find(({ isPartial }) => !isPartial)
    if (complete) {
      keep(complete)
      kept++
    } else if (keptPartial < count) {
      keep(bucket[0] as Candidate)
      keptPartial++
    }
  }
}

/** The newest backups, for the question whether a policy may be applied. */
export interface Sizes {
  readonly isFinished: boolean
  readonly isPartial: boolean
  readonly files: number | null
}

/**
 * Why the newest backup is suspect, so that no policy should forget older ones; undefined if it is not.
 * `backups` are in the order of their numbers.
 */
export function whyHeld(backups: readonly Sizes[]): string | undefined {
  const newest = backups.at(-1)
  if (newest === undefined) return undefined
  if (!newest.isFinished) return 'the newest backup is not finished'
  if (newest.isPartial) return 'the newest backup lacks some paths of its source'
  const before = backups.slice(0, -1).findLast(({ isFinished, isPartial }) => isFinished && !isPartial)
  if (before?.files == null || newest.files === null) return undefined
  return newest.files * 2 < before.files
    ? `the newest backup has ${newest.files} files, and the one before ${before.files}`
    : undefined
}
