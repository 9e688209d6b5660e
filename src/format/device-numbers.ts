/** How the catalog writes the numbers of a device. */

/** `major,minor`, out of Linux's encoding in 64 bits (makedev(3)). */
export function deviceNumbers(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return `${major},${minor}`
}
