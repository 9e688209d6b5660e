/** Answers INIT: agrees on version and features. */

import { constants } from 'node:os'
import { initFlag, mostReadBytes, oldestMinor, pageBytes, protocolMajor, protocolMinor } from './protocol.ts'

/** The kernel has 12 requests for readahead on the way by default: too few where a disc answers. */
const mostInBackground = 64

const wantedFlags =
  initFlag.asyncRead |
  initFlag.doReaddirplus |
  initFlag.readdirplusAuto |
  initFlag.asyncDirectIo |
  initFlag.noOpenSupport |
  initFlag.parallelDirops |
  initFlag.maxPages |
  initFlag.cacheSymlinks |
  initFlag.noOpendirSupport

const initBytes = 64

/**
 * Request: major, minor, most readahead, flags. Answer: the same; most requests in background and congestion
 * threshold (u16), longest write, time granularity, most pages (u16), unused.
 */
export function answerInit(request: Buffer, target: Buffer, log: (line: string) => void): number {
  const [major, minor] = [request.readUInt32LE(0), request.readUInt32LE(4)]
  target.fill(0, 0, initBytes)
  target.writeUInt32LE(protocolMajor, 0)
  target.writeUInt32LE(protocolMinor, 4)
  // A newer kernel asks again, with the version that it got.
  if (major > protocolMajor) return 24
  if (major < protocolMajor || minor < oldestMinor) {
    log(`the kernel speaks version ${major}.${minor} of FUSE; butcher needs ${protocolMajor}.${oldestMinor}`)
    return -constants.errno.EPROTO
  }
  const offered = request.readUInt32LE(12)
  target.writeUInt32LE(request.readUInt32LE(8), 8)
  target.writeUInt32LE((offered & wantedFlags) >>> 0, 12)
  target.writeUInt16LE(mostInBackground, 16)
  target.writeUInt16LE(Math.floor((mostInBackground * 3) / 4), 18)
  target.writeUInt32LE(pageBytes, 20)
  target.writeUInt32LE(1, 24)
  target.writeUInt16LE(mostReadBytes / pageBytes, 28)
  return initBytes
}
