/** Where and with what it was measured. */

import { execFileSync } from 'node:child_process'
import { statfsSync } from 'node:fs'
import os from 'node:os'

const versions: readonly (readonly [program: string, ...args: string[]])[] = [
  ['gpg', '--version'],
  ['lbzip2', '--version'],
  ['tar', '--version'],
  ['restic', 'version'],
  ['borg', '--version'],
  ['duplicity', '--version'],
  ['dar', '-V'],
]

export function machineFacts(folder: string): [string, string][] {
  const cpus = os.cpus()
  const type = statfsSync(folder).type.toString(16)
  return [
    ['date', new Date().toISOString().slice(0, 16).replace('T', ' ')],
    ['processor', `${cpus.length} cores, ${cpus[0]?.model.trim() ?? 'unknown'}`],
    ['memory', `${(os.totalmem() / 1e9).toFixed(1)} GB`],
    ['kernel', `${os.type()} ${os.release()}`],
    ['file system', fileSystems[type] ?? `0x${type}`],
    ['load before', os.loadavg()[0]?.toFixed(2) ?? ''],
    ['node', process.version],
    ['butcher', git('describe', '--always', '--dirty')],
    ...versions.map(([program, ...args]): [string, string] => [program, versionOf(program, args)]),
  ]
}

/** As statfs(2) numbers them. */
const fileSystems: Readonly<Record<string, string>> = {
  ef53: 'ext4',
  '58465342': 'xfs',
  '9123683e': 'btrfs',
  '1021994': 'tmpfs',
}

/** The first number with a point in it. */
function versionOf(program: string, args: readonly string[]): string {
  return /\d+\.[\d.]*\d/.exec(execFileSync(program, args, { encoding: 'utf8' }))?.[0] ?? 'unknown'
}

function git(...args: readonly string[]): string {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown' // An unpacked release.
  }
}
