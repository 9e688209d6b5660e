/**
 * The kernel's FUSE protocol, version 7.31, as include/uapi/linux/fuse.h of Linux has it. Integers have the
 * byte order of the machine, which is little-endian on all systems that butcher mounts on.
 */

export const protocolMajor = 7
export const protocolMinor = 31
/** Older kernels (before 4.20) have structures of other sizes. */
export const oldestMinor = 28

export const opcode = {
  lookup: 1,
  forget: 2,
  getattr: 3,
  readlink: 5,
  open: 14,
  read: 15,
  statfs: 17,
  release: 18,
  getxattr: 22,
  listxattr: 23,
  flush: 25,
  init: 26,
  opendir: 27,
  readdir: 28,
  releasedir: 29,
  access: 34,
  interrupt: 36,
  destroy: 38,
  batchForget: 42,
  readdirplus: 44,
  lseek: 46,
} as const

/** What INIT agrees on. */
export const initFlag = {
  asyncRead: 1 << 0,
  doReaddirplus: 1 << 13,
  readdirplusAuto: 1 << 14,
  asyncDirectIo: 1 << 15,
  noOpenSupport: 1 << 17,
  parallelDirops: 1 << 18,
  posixAcl: 1 << 20,
  maxPages: 1 << 22,
  cacheSymlinks: 1 << 23,
  noOpendirSupport: 1 << 24,
} as const

/** Flags of an answer to OPEN and OPENDIR. */
export const openFlag = { keepCache: 1 << 1, cacheDir: 1 << 3 } as const

/**
 * The header of a request: length u32, opcode u32, unique u64, node u64, uid, gid and pid u32, padding u32.
 */
export const requestHeaderBytes = 40
/** The header of an answer: length u32, error s32 (negative), unique u64. */
export const answerHeaderBytes = 16
export const attributesBytes = 88
/** node u64, generation u64, two validities u64, two validities' nanoseconds u32, attributes. */
export const entryBytes = 40 + attributesBytes
/** inode u64, offset u64, name length u32, type u32; then the name, padded to 8 bytes. */
export const direntBytes = 24

/** The smallest buffer that the kernel accepts is 8 KiB. A read-only mount gets no longer requests. */
export const requestBytes = 65_536
/** The longest read: 256 pages. */
export const mostReadBytes = 1 << 20
export const pageBytes = 4096
