/** A call of every function that the library exports, in a small world of its own. */

import fs from 'node:fs'
import path from 'node:path'
import * as library from '../../src/index.ts'
import { imageBytes } from '../partition/images.ts'
import { noise } from '../support/sample-trees.ts'

/** Functions that do not take one object of options. */
const otherForms = ['devices', 'doctor', 'openPartitionImage'] as const

export type Verb = {
  [Name in keyof typeof library]: (typeof library)[Name] extends (options: never) => Promise<unknown>
    ? Name
    : never
}[Exclude<keyof typeof library, (typeof otherForms)[number]>]

/** The names of the exported functions that take options; a class is not one of them. */
export const verbs = Object.entries(library).flatMap(([name, value]) =>
  typeof value === 'function' &&
  !(otherForms as readonly string[]).includes(name) &&
  !String(value).startsWith('class ')
    ? [name as Verb]
    : [],
)

const functions = Object.fromEntries(Object.entries(library)) as unknown as Record<
  Verb,
  (options: Options) => Promise<unknown>
>

/** What may be added to the options of any function. */
export interface Watching {
  readonly report?: library.Report
  readonly signal?: AbortSignal
}

type Options = Readonly<Record<string, unknown>>

/** A source, its set of two discs with a spare, and an image of the first disc. */
export async function makeWorld(folder: string): Promise<void> {
  const source = path.join(folder, 'source')
  fs.mkdirSync(source, { recursive: true })
  for (const name of ['a', 'b', 'c', 'd'])
    fs.writeFileSync(path.join(source, name), noise(500_000, name.charCodeAt(0)))
  const destination = path.join(folder, 'destination')
  await library.backup({ source, destination, medium: '2MB', chunkSizeBytes: 400_000, jobs: 1 })
  await library.makeSpare({ destination, discs: [1, 2] })
  await library.pin({ destination, backups: [1] })
  fs.mkdirSync(path.join(folder, 'clonezilla'))
  fs.writeFileSync(path.join(folder, 'clonezilla', 'sda1.vfat-ptcl-img'), imageBytes('vfat-a1.img'))
  fs.writeFileSync(path.join(folder, 'partition.img'), imageBytes('vfat-a1.img'))
  fs.writeFileSync(path.join(source, 'new'), noise(300_000, 9))
}

/** Options with which each function does its work in the world at `folder`. */
export function optionsOf(folder: string): Readonly<Record<Verb, Options>> {
  const at = (...names: string[]): string => path.join(folder, ...names)
  const destination = at('destination')
  const device = `stdio:${at('burned-%d-%c.iso')}`
  return {
    backup: { source: at('source'), destination, jobs: 1 },
    makeSpare: { destination, discs: [1, 2] },
    rebuild: { from: [destination], catalog: at('rebuilt.sqlite'), jobs: 1 },
    burn: { destination, device, discs: [1] },
    follow: { backup: { source: at('source'), destination, jobs: 1 }, burn: { destination, device } },
    makeImages: { destination, discs: [1] },
    noteDiscs: { destination, locate: [{ discs: [1], place: 'the shelf' }] },
    forget: { destination, keepLast: 1 },
    prune: { destination },
    pin: { destination, backups: [1] },
    unpin: { destination, backups: [1] },
    recover: {
      disc: 1,
      from: [at('destination', 'disc-0002'), at('destination', 'spare-0001')],
      out: at('again'),
    },
    backupDevice: { device: '/dev/null', image: at('card.img') },
    restoreDevice: { image: at('partition.img'), devices: ['/dev/null'] },
    partitionInfo: { image: at('partition.img') },
    clonezillaInfo: { folder: at('clonezilla') },
    checkPartition: { image: at('partition.img') },
    restorePartition: { image: at('partition.img'), out: at('partition.raw') },
    repair: { disc: at('destination', 'disc-0001'), out: at('repaired'), jobs: 1 },
    restore: { from: [destination], destination: at('restored'), jobs: 1 },
    verify: { from: [destination] },
    list: { from: [destination] },
    find: { from: [destination], pattern: '*' },
    diff: { from: [destination], older: '1', newer: '1' },
    log: { from: [destination] },
    discs: { from: [destination] },
    dueDiscs: { from: [destination], before: new Date() },
    ifLost: { from: [destination], lost: [1] },
    planBurn: { destination, device },
    label: { from: [destination], out: at('labels.pdf') },
    makeIndex: { from: [destination], out: at('index.html') },
  }
}

/** Calls a function by its name, with what watches the call. */
export function call(verb: Verb, options: Options, watching: Watching = {}): Promise<unknown> {
  const run = functions[verb]
  const isEmpty = Object.keys(watching).length === 0
  if (isEmpty) return run(options)
  if (verb !== 'follow') return run({ ...options, ...watching })
  const { backup, burn } = options as { backup: Options; burn: Options }
  return run({ ...options, backup: { ...backup, ...watching }, burn: { ...burn, ...watching } })
}
