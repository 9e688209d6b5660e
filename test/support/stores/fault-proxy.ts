/** A TCP proxy that makes a connection slow, cuts it, or answers HTTP requests with errors. */

import net from 'node:net'
import type { AddressInfo } from 'node:net'

export interface Faults {
  /** Bytes a second, in each direction of each connection. */
  bytesPerSecond?: number
  /** Before each piece is passed on. */
  delayMs?: number
  /** One HTTP request in so many gets status 500 in place of an answer. */
  errorEvery?: number
  /** The connection is cut in place of one piece to the server in so many: for what is not HTTP. */
  cutEvery?: number
  /** New connections are refused, and open ones cut. */
  isAway?: boolean
  /** The connection is cut after so many bytes to the server. */
  cutAfterBytes?: number | undefined
}

export interface FaultProxy {
  readonly port: number
  readonly faults: Faults
  /** Cuts all connections. */
  cut(): void
  close(): Promise<void>
}

export async function startProxy(target: number, faults: Faults = {}): Promise<FaultProxy> {
  const open = new Set<net.Socket>()
  let requests = 0
  let pieces = 0
  const server = net.createServer((client) => {
    if (faults.isAway === true) return void client.resetAndDestroy()
    const upstream = net.connect(target, '127.0.0.1')
    const sockets = [client, upstream]
    const end = (): void => {
      for (const socket of sockets) socket.destroy()
    }
    for (const socket of sockets) {
      open.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        open.delete(socket)
        end()
      })
    }
    let sent = 0
    pass(client, upstream, (piece) => {
      sent += piece.length
      if (faults.cutAfterBytes !== undefined && sent > faults.cutAfterBytes) {
        faults.cutAfterBytes = undefined
        end()
        return false
      }
      if (faults.cutEvery && ++pieces % faults.cutEvery === 0) {
        end()
        return false
      }
      const isRequest = /^[A-Z]{3,9} \S+ HTTP\/1\.1\r\n/.test(piece.toString('latin1', 0, 200))
      if (isRequest && faults.errorEvery && ++requests % faults.errorEvery === 0) {
        client.end('HTTP/1.1 500 Internal Server Error\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
        upstream.destroy()
        return false
      }
      return true
    })
    pass(upstream, client, () => true)
  })

  function pass(from: net.Socket, to: net.Socket, mayPass: (piece: Buffer) => boolean): void {
    from.on('data', (piece: Buffer) => {
      if (!mayPass(piece)) return
      const pauseMs =
        (faults.delayMs ?? 0) + (faults.bytesPerSecond ? (piece.length / faults.bytesPerSecond) * 1000 : 0)
      if (pauseMs === 0) {
        if (!to.write(piece)) {
          from.pause()
          to.once('drain', () => from.resume())
        }
        return
      }
      from.pause()
      setTimeout(() => {
        if (!to.destroyed) to.write(piece)
        from.resume()
      }, pauseMs)
    })
    from.on('end', () => to.end())
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = (): void => {
    for (const socket of open) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    faults,
    cut,
    close: () =>
      new Promise((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
}
