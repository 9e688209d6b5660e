/** Definitions, runs and backups for looking at the page: none, three or 300 jobs, with odd names. */

const hour = 3_600_000
const day = 24 * hour

export interface Sample {
  readonly items: object[]
  readonly vaults: object[]
  readonly stores: object[]
  readonly schedules: object[]
  readonly channels: object[]
  readonly jobs: { name: string; [field: string]: unknown }[]
}

const at = (offset: number): string => new Date(Date.now() + offset).toISOString()

const names = [
  'photos-nightly',
  'mail-to-the-cloud',
  'family-archive-on-discs',
  'صور العائلة',
  'ארכיון-משפחתי',
  `a-very-long-name-${'of-a-job-'.repeat(8)}`.slice(0, 96),
]

export const nameOf = (i: number): string => names[i] ?? `machine-${String(i).padStart(3, '0')}-home`

export function sampleOf(count: number): Sample {
  if (count === 0) return { items: [], vaults: [], stores: [], schedules: [], channels: [], jobs: [] }
  const all = Array.from({ length: count }, (_, i) => i)
  return {
    items: [
      { name: 'photos', paths: ['/home/ana/Photos'], ignore: ['*.tmp', 'cache/'] },
      { name: 'mail', paths: ['/home/ana/Mail', '/home/ana/.thunderbird'], ignore: [], secret: 'home' },
      { name: 'صور', paths: ['/home/ana/صور العائلة/٢٠٢٦'], ignore: [] },
      ...all.slice(3).map((i) => ({ name: `home-${i}`, paths: [`/srv/machines/${i}/home`], ignore: [] })),
    ],
    vaults: [{ name: 'family', items: ['photos', 'mail'], ignore: [] }],
    stores: [
      { name: 'disk', type: 'local', path: '/mnt/backups' },
      { name: 'cloud', type: 'rclone', path: 'butcher', remote: 'nas' },
      { name: 'shelf', type: 'optical', path: '/srv/discs', medium: 'bd25' },
    ],
    schedules: [
      { id: 'nightly', name: 'every day at 22:00', cron: '0 22 * * *', zone: 'Europe/Berlin' },
      { id: 'weekly', name: 'every Sunday at 03:00', cron: '0 3 * * sun', zone: 'America/New_York' },
    ],
    channels: [
      {
        name: 'mail',
        kind: 'email',
        to: ['ana@example.org', 'support@example.org'],
        events: ['failed', 'late'],
      },
      { name: 'checks', kind: 'ping', url_secret: 'home' },
      { name: 'תזכורת', kind: 'webhook', url: `https://example.org/${'a-long-path/'.repeat(12)}` },
      { name: 'wall', kind: 'command', command: ['wall', 'look at the backups'] },
    ],
    jobs: all.map((i) => ({
      name: nameOf(i),
      target_type: i === 2 ? 'vault' : 'item',
      target_name: i === 2 ? 'family' : i === 1 ? 'mail' : 'photos',
      store_name: ['disk', 'cloud', 'shelf'][i % 3],
      schedule_id: i % 2 === 0 ? 'nightly' : 'weekly',
      retention: i % 3 === 2 ? {} : { last: 7, monthly: 12 },
      enabled: i !== 4,
      on_mains: false,
      before: [],
      after: [],
      created: at(-200 * day),
    })),
  }
}

const states = ['ok', 'ok', 'late', 'failed', 'paused', 'partial']

const runOf = (run: number, job: string, state: string, hoursAgo: number) => ({
  run,
  job,
  trigger: run % 5 === 0 ? 'manual' : 'schedule',
  due: run % 5 === 0 ? null : at(-hoursAgo * hour),
  missed: run % 7 === 0 ? 2 : 0,
  started: at(-hoursAgo * hour),
  finished: state === 'running' ? null : at(-hoursAgo * hour + 312_000),
  state,
  reason: state === 'ok' ? null : state === 'running' ? null : 'the store is absent: /mnt/backups is not mounted',
  step: state === 'running' ? 'packing chunk 14' : null,
  destination: `/mnt/backups/${job}`,
  summary: state === 'ok' ? { backup: run, files_new: 1204, bytes_source: 4_120_000_000, bytes_stored: 3_870_000_000 } : null,
  progress:
    state === 'running'
      ? { stage: 'pack', bytes: 1_300_000_000, files: 4200, total_bytes: 4_000_000_000, total_files: 12_000, bytes_per_second: 118_000_000, seconds_left: 23 }
      : null,
}) // prettier-ignore

export function statusOf(i: number, busy: boolean) {
  const state = busy && i === 0 ? 'running' : (states[i % 6] as string)
  const lastRun = runOf(900 - i, nameOf(i), state === 'failed' ? 'failed' : 'ok', 9)
  return {
    job: nameOf(i),
    state,
    reason: state === 'failed' ? lastRun.reason : state === 'late' ? 'no good run for 3 days' : null,
    last_run: lastRun,
    last_good: state === 'failed' ? null : at(state === 'late' ? -80 * hour : -9 * hour),
    next_due: at((2 + i) * hour),
  }
}

export const runsOf = (count: number, busy: boolean) =>
  count === 0
    ? []
    : Array.from({ length: 120 }, (_, i) =>
        runOf(
          900 - i,
          nameOf(i % count),
          busy && i === 0 ? 'running' : (['ok', 'ok', 'partial', 'ok', 'failed', 'skipped'][i % 6] as string),
          i * 7,
        ),
      )

export const heat = () =>
  Array.from({ length: 90 }, (_, i) => ({
    day: at((i - 89) * day).slice(0, 10),
    ok: i < 12 || i % 17 === 3 ? 0 : 2,
    partial: i % 23 === 5 ? 1 : 0,
    failed: i % 31 === 20 ? 1 : 0,
    other: 0,
  }))

export const backupsOf = (job: string) =>
  Array.from({ length: 40 }, (_, i) => ({
    backup: 40 - i,
    name: i === 3 ? 'before the move' : null,
    started: at(-i * day - 9 * hour),
    finished: at(-i * day - 9 * hour + 300_000),
    complete: true,
    files: 48_211 - i * 37,
    bytes: 91_400_000_000 - i * 130_000_000,
    chunks: 3,
    bytes_stored: 410_000_000,
    discs: [1],
    problems: 0,
    forgotten: i === 7 ? at(-day) : null,
    pinned: i === 3,
    job,
  }))

const folders: Readonly<Record<string, readonly string[]>> = {
  '': ['2024', '2025', 'صور العائلة', 'notes.txt', 'a file with a long name '.repeat(6).trim()],
  '2024': ['Norway', 'Lisbon', 'index.html'],
  '2024/Norway': Array.from({ length: 30 }, (_, i) => `IMG_${1000 + i * 3}.jpg`),
}

export const treeOf = (path: string) =>
  (folders[path] ?? []).map((name) => ({
    path: path === '' ? name : `${path}/${name}`,
    kind: name.includes('.') || name.startsWith('a file') ? 'file' : 'dir',
    size: name.includes('.') ? 4_100_000 : null,
    mtime: at(-300 * day),
    mode: '0644',
    user: 'ana',
    group: 'ana',
  }))
