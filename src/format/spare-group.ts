/** `group.txt` of a spare disc: the discs of its group, and their files in stream order. */

import { ButcherError } from '../errors.ts'
import { comparePaths } from './path-text.ts'
import { isSafePath, type System } from './system-name.ts'

export interface SpareGroup {
  /** The id of the set. */
  readonly set: string
  readonly spare: number
  readonly label: string
  /** By number. */
  readonly discs: readonly GroupDisc[]
}

export interface GroupDisc {
  readonly disc: number
  readonly label: string
  /** In stream order: by the bytes of their names. */
  readonly files: readonly GroupFile[]
}

export interface GroupFile {
  /** Relative to the disc. */
  readonly name: string
  readonly sizeBytes: number
  /** Hex. */
  readonly sha256: string
}

export const leastGroupDiscs = 2
export const mostGroupDiscs = 20

const firstLine = 'butcher-spare 1'

/** The length of a disc's stream: the bytes of all its files. */
export const streamBytes = ({ files }: GroupDisc): number =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)

/** The parity is as long as the longest stream. */
export const parityBytes = ({ discs }: SpareGroup): number => Math.max(0, ...discs.map(streamBytes))

export const inStreamOrder = <File extends { readonly name: string }>(files: readonly File[]): File[] =>
  files.toSorted((a, b) => comparePaths(a.name, b.name))

export const formatGroup = (group: SpareGroup): string =>
  [
    firstLine,
    `set ${group.set}`,
    `spare ${group.spare} ${group.label}`,
    ...group.discs.flatMap(({ disc, label, files }) => [
      `disc ${disc} ${label}`,
      ...files.map(({ name, sizeBytes, sha256 }) => `file ${disc} ${sizeBytes} ${sha256} ${name}`),
    ]),
  ]
    .map((line) => `${line}\n`)
    .join('')

/** Throws `damaged`. */
export function parseGroup(text: string): SpareGroup {
  const [first, set, spare, ...rest] = text.split('\n')
  const head = /^set ([0-9a-f]{32})$/.exec(set ?? '')
  const own = /^spare (\d{1,9}) (\S+)$/.exec(spare ?? '')
  if (first !== firstLine || !head || !own || rest.pop() !== '')
    throw damaged('it does not begin or end as it should')
  const discs: { disc: number; label: string; files: GroupFile[] }[] = []
  for (const line of rest) {
    const disc = /^disc (\d{1,9}) (\S+)$/.exec(line)
    if (disc) {
      discs.push({ disc: Number(disc[1]), label: disc[2] as string, files: [] })
      continue
    }
    const file = /^file (\d{1,9}) (\d{1,15}) ([0-9a-f]{64}) (.+)$/.exec(line)
    const of = discs.at(-1)
    if (!file || of?.disc !== Number(file[1]) || !isGroupName(file[4] as string)) {
      throw damaged(`a line is none: ${line.slice(0, 80)}`)
    }
    of.files.push({ name: file[4] as string, sizeBytes: Number(file[2]), sha256: file[3] as string })
  }
  return { set: head[1] as string, spare: Number(own[1]), label: own[2] as string, discs }
}

/** Names on a disc are plain, and cannot lead outside it. */
export const isGroupName = (name: string, system?: System): boolean =>
  /^[\x20-\x7e]+$/.test(name) && isSafePath(name, system)

const damaged = (why: string): ButcherError =>
  new ButcherError('damaged', `the list of the group is damaged: ${why}`)
