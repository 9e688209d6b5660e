/**
 * Begins to count the CPU seconds of this process, its threads included; the result answers how many there
 * were so far. The work of other processes does not count: a bound on it holds on a busy machine, a bound on
 * the clock does not.
 */
export function countCpuSeconds(): () => number {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1e6
  }
}
