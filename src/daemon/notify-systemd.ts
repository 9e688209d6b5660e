import { findProgram } from '../programs/find-program.ts'
import { runToEnd } from '../programs/run-to-end.ts'

/**
 * Tells systemd a state, such as `READY=1`, if it started this process. It takes a program, because Node has
 * no datagram sockets for paths.
 */
export async function notifySystemd(state: string): Promise<void> {
  const socket = process.env['NOTIFY_SOCKET']
  const program = findProgram('systemd-notify')
  if (socket === undefined || program === undefined) return
  await runToEnd(program, [state], { environment: { NOTIFY_SOCKET: socket } })
}
