/** The catalog's form of device numbers. */

/** `major,minor`, from Linux's 64-bit encoding (makedev(3)). */
export function deviceNumbers(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return `${major},${minor}`
}
