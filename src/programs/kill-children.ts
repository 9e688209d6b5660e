import fs from 'node:fs'

/**
 * Kills every program that this process has started, with the programs below it, also those of worker
 * threads: these threads end without a chance to do it. Does nothing where the kernel does not list children.
 */
export function killChildren(): void {
  for (const pid of childrenOf('/proc/self/task')) {
    // Each program leads a group of its own; one that is just starting does not yet.
    if (!kill(-pid)) kill(pid)
  }
}

function childrenOf(tasks: string): number[] {
  try {
    return fs
      .readdirSync(tasks)
      .flatMap((task) => fs.readFileSync(`${tasks}/${task}/children`, 'utf8').split(' '))
      .filter((pid) => /^\d+$/.test(pid))
      .map(Number)
  } catch {
    return []
  }
}

function kill(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch {
    return false // it has ended
  }
}
