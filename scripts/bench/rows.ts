/**
 * The rows of the bench: programs, data, and how much better butcher should be. These are the targets of the
 * project.
 */

import {
  afterEdits,
  butcher,
  byHand,
  type Contestant,
  dar,
  firstBackup,
  inMount,
  nextBackup,
} from './contestants.ts'
import type { CorpusName } from './corpora.ts'
import { copies, device } from './device-contestants.ts'
import type { Target } from './figures.ts'
import { parity } from './parity-contestants.ts'
import { partclone, partition, partitionMount, randomReads } from './partition-contestants.ts'

export interface Row {
  readonly name: string
  readonly what: string
  readonly corpus?: CorpusName
  /** The first is butcher, the others are its peers: the fastest of them counts. */
  readonly contestants: readonly Contestant[]
  readonly target: Target
}

const catalogRow = (name: string, what: string, program: string, run: string, check: string): Row => ({
  name,
  what,
  corpus: 'catalog',
  contestants: [{ name: program, run: `${run} >"$STATE/found"`, check }],
  target: { wallSeconds: 0.2 },
})

/** How often a run starts a program, as once takes too short a time. */
const starts = 20

export const rows: readonly Row[] = [
  {
    name: 'mixed-bz2',
    what: 'mixed, first backup, bz2',
    corpus: 'mixed',
    contestants: [butcher.backup('--compress bz2'), byHand.lbzip2],
    target: { timesAsFast: 1 },
  },
  {
    name: 'mixed-auto',
    what: 'mixed, first backup, auto',
    corpus: 'mixed',
    contestants: [butcher.backup(), byHand.lbzip2],
    target: { timesAsFast: 1.2 },
  },
  {
    name: 'mixed-zstd',
    what: 'mixed, first backup, zstd',
    corpus: 'mixed',
    contestants: [butcher.backup('--compress zstd'), firstBackup('restic')],
    target: { timesAsFast: 1 },
  },
  {
    name: 'mixed-others',
    what: 'mixed, first backup, beside the others',
    corpus: 'mixed',
    contestants: [butcher.backup(), firstBackup('duplicity'), firstBackup('borg'), dar],
    target: {},
  },
  {
    name: 'photos-lbzip2',
    what: 'photos, first backup, auto',
    corpus: 'photos',
    contestants: [butcher.backup(), byHand.lbzip2],
    target: { timesAsFast: 6 },
  },
  {
    name: 'parity',
    what: 'photos, 512 recovery blocks, 10 %',
    corpus: 'photos',
    contestants: [parity.butcher, parity.par2],
    target: { timesAsFast: 3 },
  },
  {
    name: 'photos-gpg',
    what: 'photos, first backup, auto',
    corpus: 'photos',
    contestants: [butcher.backup(), byHand.stored],
    target: { timesAsFast: 2 },
  },
  {
    name: 'video',
    what: 'video, first backup, auto',
    corpus: 'video',
    contestants: [butcher.backup(), byHand.stored],
    target: { timesAsFast: 2 },
  },
  {
    name: 'small',
    what: 'small, first backup, zstd',
    corpus: 'small',
    contestants: [butcher.backup('--compress zstd'), firstBackup('restic'), firstBackup('borg')],
    target: { timesAsFast: 1 },
  },
  {
    name: 'unchanged-mixed',
    what: 'mixed, nothing changed',
    corpus: 'mixed',
    contestants: [butcher.again(), nextBackup('restic'), nextBackup('duplicity')],
    target: { timesAsFast: 2 },
  },
  {
    name: 'unchanged-small',
    what: 'small, nothing changed',
    corpus: 'small',
    contestants: [butcher.again('--compress zstd'), nextBackup('restic'), nextBackup('duplicity')],
    target: { timesAsFast: 2 },
  },
  {
    name: 'history',
    what: 'mixed, of each 100 files 1 changed, 1 moved, 1 deleted',
    corpus: 'mixed',
    contestants: [
      afterEdits(butcher.backup()),
      afterEdits('restic'),
      afterEdits('borg'),
      afterEdits('duplicity'),
    ],
    target: {},
  },
  {
    name: 'mount-find',
    what: 'small, find in a mount',
    corpus: 'small',
    contestants: [inMount('butcher', 'find', '--compress zstd'), inMount('restic', 'find')],
    target: { timesAsFast: 2 },
  },
  {
    name: 'mount-read',
    what: 'video, one file read in a mount',
    corpus: 'video',
    contestants: [inMount('butcher', 'read', '--compress zstd'), inMount('restic', 'read')],
    target: { timesAsFast: 2 },
  },
  {
    name: 'restore-mixed',
    what: 'mixed, restore of everything, bz2',
    corpus: 'mixed',
    contestants: [butcher.restoreAll('--compress bz2'), byHand.restoreAll],
    target: { timesAsFast: 1 },
  },
  {
    name: 'restore-one',
    what: 'one file out of the middle of a 1 GB chunk, bz2',
    corpus: 'texts',
    contestants: [butcher.restoreOne('--compress bz2'), byHand.restoreOne],
    target: { timesAsFast: 2 },
  },
  {
    name: 'million-unchanged',
    what: 'million, nothing changed',
    corpus: 'million',
    contestants: [butcher.again(), byHand.find],
    target: { timesAsFast: 1 / 6, peakBytes: 300e6 },
  },
  {
    name: 'million-first',
    what: 'million, first backup; for each file, beside a tenth of them',
    corpus: 'million',
    contestants: [
      { ...butcher.backup(), units: 10 },
      {
        name: 'butcher, a tenth',
        units: 1,
        run: `butcher backup "$SRC/0" "$DEST"`,
        check: `butcher restore "$DEST" "$OUT" --include "/\${FILE#0/}"
same <"$OUT/\${FILE#0/}"`,
      },
    ],
    // A tenth for what two measurements of the same thing differ by.
    target: { timesAsFast: 0.9, peakBytes: 500e6 },
  },
  catalogRow(
    'catalog-find',
    'find of one whole path',
    'butcher find',
    'node "$BUTCHER" find --exact "$SRC" "$FILE"',
    `grep -qF "$FILE" "$STATE/found"`,
  ),
  catalogRow(
    'catalog-find-name',
    'find of one last name in any folder',
    'butcher find',
    'node "$BUTCHER" find --exact "$SRC" "${FILE##*/}"',
    `grep -qF "$FILE" "$STATE/found"`,
  ),
  catalogRow(
    'catalog-list',
    'list of a folder of 200 files',
    'butcher list',
    'node "$BUTCHER" list "$SRC" "${FILE%/*}"',
    `grep -qF "$FILE" "$STATE/found"`,
  ),
  {
    name: 'catalog-encrypted',
    what: 'list of a folder of 200 files, encrypted',
    corpus: 'catalog',
    contestants: [
      {
        name: 'butcher list',
        // The first call unpacks the catalog and keeps it.
        setUp: `sqlite3 "$SRC/catalog.sqlite" .dump | sed "s/('encryption','none')/('encryption','passphrase')/" |
  sqlite3 "$STATE/catalog.sqlite"
lbzip2 <"$STATE/catalog.sqlite" | encrypt "$DEST/catalog.sqlite.bz2.gpg"
XDG_CACHE_HOME="$STATE" butcher list "$DEST" "\${FILE%/*}" >"$STATE/found"`,
        run: `XDG_CACHE_HOME="$STATE" butcher list "$DEST" "\${FILE%/*}" >"$STATE/found"`,
        check: `grep -qF "$FILE" "$STATE/found"`,
      },
    ],
    target: { wallSeconds: 1 },
  },
  catalogRow(
    'catalog-plan',
    'restore_plan of one path, by sqlite3',
    'sqlite3',
    `sqlite3 -readonly "$SRC/catalog.sqlite" "SELECT * FROM restore_plan WHERE backup = 2 AND path = '$FILE'"`,
    `(($(grep -cF "$FILE" "$STATE/found") == 1))`,
  ),
  {
    name: 'start-up',
    what: `butcher --version, ${starts} times`,
    contestants: [
      {
        name: 'butcher --version',
        run: `for ((i = 0; i < ${starts}; i++)); do node "$BUTCHER" --version; done >"$STATE/said"`,
        check: `(($(grep -c '[0-9]' "$STATE/said") == ${starts}))`,
      },
      {
        name: 'node, an empty program',
        before: `: >"$STATE/empty.js"`,
        run: `for ((i = 0; i < ${starts}; i++)); do node "$STATE/empty.js"; done`,
        check: ':',
      },
    ],
    target: { timesAsFast: 1 / 1.5 },
  },
  {
    name: 'partition-check',
    what: 'partition image of video, all checksums',
    corpus: 'video',
    contestants: [partition.check, partclone.check],
    target: { timesAsFast: 1 },
  },
  {
    name: 'partition-restore',
    what: 'partition image of video, restore to a file; butcher with its SHA-256',
    corpus: 'video',
    contestants: [partition.restore, partclone.restore],
    target: { timesAsFast: 1 },
  },
  {
    name: 'device-gz',
    what: 'card of 1.6 GB to .img.gz; butcher with its SHA-256',
    corpus: 'card',
    contestants: [device.gzip, copies.gzip, copies.pigz],
    target: { timesAsFast: 1, cpuShare: { of: copies.gzip.name, most: 0.62 } },
  },
  {
    name: 'device-zst',
    what: 'card of 1.6 GB to .img.zst; butcher with its SHA-256',
    corpus: 'card',
    contestants: [device.zstd, copies.gzip, copies.zstd],
    target: { timesAsFast: 1, cpuShare: { of: copies.gzip.name, most: 0.3 } },
  },
  {
    name: 'device-write',
    what: 'card of 1.6 GB, written and read back; bmaptool writes 0.7 GB, and does not read back',
    corpus: 'card',
    contestants: [device.restore, copies.compare, copies.bmaptool],
    target: { timesAsFast: 1 },
  },
  {
    name: 'device-second',
    what: 'second backup of a card, 60 MB of 700 changed: at most 100 MB stored, or the row fails',
    corpus: 'card',
    contestants: [device.second, copies.again],
    target: { timesAsFast: 1 },
  },
  {
    name: 'partition-read',
    what: 'partition image of video, dd of its mount; 10.1 GB at 290 MB/s',
    corpus: 'video',
    contestants: [partitionMount.read],
    // Ten times vpartclone of imagebackup 0.2.1, which read 29 MB/s on this machine.
    target: { wallSeconds: 35 },
  },
  {
    name: 'partition-random',
    what: `partition image of video, ${randomReads} random reads of its mount; 23,000 a second`,
    corpus: 'video',
    contestants: [partitionMount.random],
    // Ten times vpartclone, which did 2,306 a second.
    target: { wallSeconds: randomReads / 23_060 },
  },
  {
    name: 'partition-open',
    what: 'image of a partition of 2 TB, half of it used, mounted',
    contestants: [partitionMount.open],
    target: { wallSeconds: 1.5, peakBytes: 150e6 },
  },
]
