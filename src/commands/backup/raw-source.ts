/** A source that is one file of the backup: a disk or partition, or the partition that an image holds. */

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ButcherError, systemText } from '../../errors.ts'
import type { Report } from '../../events.ts'
import { readMounts } from '../../device/mount-table.ts'
import { listDevices } from '../../device/list-devices.ts'
import { thisMachine } from '../../device/this-machine.ts'
import { freeBytesIn } from '../../files/free-bytes.ts'
import { keptTime } from '../../format/kept-time.ts'
import { showPath } from '../../format/path-text.ts'
import { showSize } from '../../format/size-text.ts'
import { BatchWriter } from '../../ingest/entry-batch.ts'
import type { Found } from '../../ingest/walk-thread.ts'
import type { RawFile } from '../../pack/piece-source.ts'
import { openPartitionImage } from '../../partition/open-partition-image.ts'
import { BusyCopy } from './busy-copy.ts'
import { withoutEndings } from './without-endings.ts'
import type { RawOptions } from './is-raw.ts'
import type { Walk } from './source-walk.ts'

export interface RawSource {
  readonly file: RawFile
  readonly entry: Parameters<BatchWriter['add']>[0]
  /** In the form of `format/attributes.ts`: the device's model and serial number. */
  readonly attributes: string | null
  /** A disk in use is copied before it is read. */
  readonly copy?: BusyCopy | undefined
}

/** Throws `source` if it is no image or disk, or cannot be read. */
export async function openRawSource(
  source: string,
  { asPartition, dryRun }: RawOptions,
  report: Report,
): Promise<RawSource> {
  return asPartition === true ? partitionSource(source) : deviceSource(source, dryRun === true, report)
}

async function partitionSource(source: string): Promise<RawSource> {
  const image = await openPartitionImage(source)
  const sizeBytes = image.facts.deviceBytes
  await image.close()
  const stat = fs.statSync(source, { bigint: true })
  const entry = {
    path: withoutEndings(path.basename(source)),
    type: 'file' as const,
    mode: Number(stat.mode) & 0o666,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mtime: keptTime(stat.mtimeNs),
    ctime: keptTime(stat.ctimeNs),
    inode: stat.ino,
    size: sizeBytes,
    allocated: null,
    link: null,
    device: null,
  }
  return { file: { kind: 'partition', path: path.resolve(source), sizeBytes }, entry, attributes: null }
}

async function deviceSource(source: string, dryRun: boolean, report: Report): Promise<RawSource> {
  const file = fs.realpathSync(source)
  const sizeBytes = deviceBytes(file)
  if (sizeBytes === 0)
    throw new ButcherError('source', `${showPath(source)} holds no medium`, { path: source })
  const devices = await listDevices(thisMachine)
  const device = devices.find(
    (one) => one.path === file || one.partitions.some((partition) => partition.path === file),
  )
  const places = await writableMounts(file, device?.partitions.map((partition) => partition.path) ?? [])
  const hasRoom = places.length > 0 && freeBytesIn(os.tmpdir()) >= sizeBytes
  for (const place of places) {
    const message = hasRoom
      ? 'it is read once, into a copy in the folder for temporary files'
      : `if it changes while it is read, it is not stored; unmount it first, or set TMPDIR to a folder with ${showSize(sizeBytes)} free`
    report({
      type: 'warning',
      kind: 'other',
      path: file,
      message: `is mounted at ${showPath(place)}: ${message}`,
    })
  }
  const identity = Object.fromEntries(
    Object.entries({ 'user.butcher.model': device?.model, 'user.butcher.serial': device?.serial }).flatMap(
      ([name, value]) => (value ? [[name, Buffer.from(value).toString('base64')]] : []),
    ),
  )
  const now = keptTime(BigInt(Date.now()) * 1_000_000n)
  const entry = {
    path: path.basename(file),
    type: 'file' as const,
    mode: 0o600,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtime: now,
    ctime: now,
    inode: 0n,
    size: sizeBytes,
    allocated: null,
    link: null,
    device: null,
  }
  const attributes = Object.keys(identity).length === 0 ? null : JSON.stringify(identity)
  const copy = hasRoom && !dryRun ? new BusyCopy(file, sizeBytes, places) : undefined
  return { file: { kind: 'device', path: file, copy: copy?.path, sizeBytes }, entry, attributes, copy }
}

/** Of a disk or partition. Throws `source` if the kernel does not tell it. */
function deviceBytes(device: string): number {
  try {
    return Number(fs.readFileSync(`/sys/class/block/${path.basename(device)}/size`, 'latin1')) * 512
  } catch (cause) {
    throw new ButcherError('source', `cannot tell the size of ${showPath(device)}: ${systemText(cause)}`, {
      path: device,
      cause,
    })
  }
}

async function writableMounts(device: string, partitions: readonly string[]): Promise<readonly string[]> {
  const mounts = await readMounts('/')
  const places = mounts
    .filter(({ source, isReadOnly }) => !isReadOnly && (source === device || partitions.includes(source)))
    .map(({ place }) => place)
  return [...new Set(places)]
}

/** Yields the one entry of a raw source. */
export function rawWalk({ entry, copy }: RawSource, signal: AbortSignal | undefined): Walk {
  let isDone = false
  return {
    begin: () => {},
    next: async (report): Promise<Found | undefined> => {
      if (isDone) return undefined
      isDone = true
      const changed = (await copy?.fill(report, signal)) === true
      const batch = new BatchWriter(1)
      batch.add(entry)
      return {
        entries: batch.take(),
        problems: changed ? [{ path: entry.path, message: 'changed while it was read' }] : [],
        left: [],
      }
    },
    unmatched: undefined,
    stop: async () => copy?.close(),
  }
}

/** Throws `source` if the disk or image is gone, or another one is in its place. */
export function rawGuard({ file }: RawSource): () => void {
  return () => {
    if (!fs.existsSync(file.path) || (file.kind === 'device' && deviceBytes(file.path) !== file.sizeBytes))
      throw new ButcherError('source', `the source ${showPath(file.path)} went away during the run`, {
        path: file.path,
        hint: 'make it available and run the same command again to continue',
      })
  }
}
