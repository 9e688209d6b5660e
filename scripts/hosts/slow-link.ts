/**
 * A link with delay and loss, for kernels without netem: passes TCP on, each piece later, and sometimes
 * breaks a connection. `node slow-link.ts PORT TARGET_HOST TARGET_PORT DELAY_MS SECONDS_BETWEEN_BREAKS`
 */

import net from 'node:net'

const [port, host, targetPort, delayMs, breakSeconds] = process.argv.slice(2) as [
  string, string, string, string, string,
] // prettier-ignore

net
  .createServer((near) => {
    const far = net.connect(Number(targetPort), host)
    const pass = (from: net.Socket, to: net.Socket): void => {
      from.on('data', (piece) => setTimeout(() => to.writable && to.write(piece), Number(delayMs)))
      from.on('close', () => setTimeout(() => to.destroy(), Number(delayMs)))
      from.on('error', () => {})
    }
    pass(near, far)
    pass(far, near)
    const timer = setTimeout(() => near.resetAndDestroy(), Number(breakSeconds) * 1000)
    near.on('close', () => clearTimeout(timer))
  })
  .listen(Number(port), '127.0.0.1')
