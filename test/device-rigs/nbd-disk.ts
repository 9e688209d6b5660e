/** A loop device over nbdkit: a disk that is slow, has bad sectors, lies, or is unplugged. Needs root. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface NbdDisk {
  readonly path: string
  /** From now on every access fails. */
  readonly unplug: () => Promise<void>
  readonly detach: () => Promise<void>
}

/** `words` are those of nbdkit: filters, plugin, parameters. `folder` is made for the mount. */
export async function attachNbd(folder: string, words: readonly string[]): Promise<NbdDisk> {
  fs.mkdirSync(folder)
  const file = `${folder}/disk`
  const server = spawn('nbdfuse', [file, '--command', 'nbdkit', '--single', ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let errors = ''
  server.stderr.setEncoding('utf8').on('data', (text: string) => void (errors += text))
  while (!fs.existsSync(file)) {
    if (server.exitCode !== null) throw new Error(`nbdfuse ended with ${server.exitCode}: ${errors}`)
    await sleep(50)
  }
  // The loop device passes requests on as they are: the cache of the file would hide what the disk does.
  const path = execFileSync('losetup', ['--find', '--show', '--direct-io=on', file], {
    encoding: 'utf8',
  }).trim()
  const unplug = async (): Promise<void> => {
    const [nbdkit] = childrenOf(server)
    if (nbdkit !== undefined) process.kill(nbdkit, 'SIGKILL')
  }
  return {
    path,
    unplug,
    detach: async () => {
      execFileSync('losetup', ['--detach', path])
      execFileSync('fusermount3', ['-uz', folder])
      await ended(server)
      fs.rmdirSync(folder)
    },
  }
}

const childrenOf = ({ pid }: ChildProcess): number[] =>
  fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once('exit', resolve))
    : Promise.resolve()
