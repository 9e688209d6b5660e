/** Hosts on one machine: a network namespace each, joined by a bridge. */

import { execFileSync, type ChildProcess, spawn, type StdioOptions } from 'node:child_process'

export interface Host {
  readonly address: string
  /** Starts a program in the namespace, in a process group of its own. */
  readonly start: (words: readonly string[], stdio: StdioOptions, env?: NodeJS.ProcessEnv) => ChildProcess
  /** Cuts the host off, or joins it again. */
  readonly link: (isUp: boolean) => void
}

export interface Network {
  readonly hosts: readonly Host[]
  readonly remove: () => void
}

const ip = (words: string): string => execFileSync('ip', words.split(' '), { encoding: 'utf8' })

/** Throws without root. The names have the number of this process, so two networks do not meet. */
export function makeNetwork(count: number): Network {
  const bridge = `b${process.pid}`
  const names = Array.from({ length: count }, (_, i) => `h${i}-${process.pid}`)
  const remove = (): void => {
    for (const words of [...names.map((name) => `netns del ${name}`), `link del ${bridge}`]) {
      try {
        ip(words)
      } catch {
        // It was not made.
      }
    }
  }
  try {
    ip(`link add ${bridge} type bridge`)
    ip(`link set ${bridge} up`)
    const hosts = names.map((name, i) => {
      const [outer, inner, address] = [`v${i}-${process.pid}`, 'eth0', `10.77.0.${i + 1}`]
      ip(`netns add ${name}`)
      ip(`link add ${outer} type veth peer name ${inner} netns ${name}`)
      ip(`link set ${outer} master ${bridge} up`)
      ip(`-n ${name} addr add ${address}/24 dev ${inner}`)
      ip(`-n ${name} link set ${inner} up`)
      ip(`-n ${name} link set lo up`)
      const start: Host['start'] = (words, stdio, env = process.env) =>
        spawn('ip', ['netns', 'exec', name, ...words], { stdio, env, detached: true })
      return { address, start, link: (isUp: boolean) => void ip(`link set ${outer} ${isUp ? 'up' : 'down'}`) }
    })
    return { hosts, remove }
  } catch (error) {
    remove()
    throw error
  }
}
