/**
 * The socket that systemd has bound for this process (sd_listen_fds(3)). systemd keeps it while the daemon
 * restarts, so callers wait and get their answer.
 */

import fs from 'node:fs'
import { ButcherError } from '../errors.ts'

const firstFd = 3

/**
 * Its number, or undefined if systemd gave none. Throws `usage` for a socket that other users could reach:
 * its permissions are all that guards the interface.
 */
export function givenSocket(environment: NodeJS.ProcessEnv = process.env): number | undefined {
  const { LISTEN_PID: pid, LISTEN_FDS: count } = environment
  // The processes that butcher starts must not take them for their own.
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'])
    delete environment[name]
  if (pid !== String(process.pid) || count === undefined || !/^[1-9]\d{0,3}$/.test(count)) return undefined
  if (count !== '1') throw cannotUse(`it gives ${count}, and the daemon has one`)
  const place = pathOfSocket(firstFd)
  if (place === undefined) throw cannotUse('it does not listen on a path')
  const { mode, uid } = fs.statSync(place)
  if ((mode & 0o007) !== 0 || (uid !== process.getuid?.() && uid !== 0))
    throw cannotUse(`other users can reach ${place}`)
  return firstFd
}

const cannotUse = (why: string): ButcherError =>
  new ButcherError('usage', `cannot use the socket of systemd: ${why}`, {
    hint: 'butcher daemon install --socket writes a unit that fits',
  })

/** From the kernel's table of Unix sockets: flags 00010000 mean that it listens, type 0001 is a stream. */
function pathOfSocket(fd: number): string | undefined {
  try {
    const inode = /^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/self/fd/${fd}`))?.[1]
    for (const line of fs.readFileSync('/proc/net/unix', 'utf8').split('\n')) {
      const [, , , flags, type, , number, place] = line.trim().split(/ +/)
      if (number === inode && flags === '00010000' && type === '0001' && place?.startsWith('/')) return place
    }
    return undefined
  } catch {
    return undefined
  }
}
