import { manifestMember } from './manifest.ts'
import { tarHeader } from './tar-header.ts'

/** The tar header of a chunk's manifest of `size` bytes. It belongs to root, and is as old as the chunk. */
export const manifestHeader = (chunk: number, size: number): ReturnType<typeof tarHeader> =>
  tarHeader({
    name: manifestMember(chunk),
    type: 'file',
    size,
    mode: 0o644,
    uid: 0,
    gid: 0,
    user: null,
    group: null,
    mtime: BigInt(Date.now()) * 1_000_000n,
  })
