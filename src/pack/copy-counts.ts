import type { WorkItem } from '../catalog/work-queue.ts'

/** New and changed files whose content was stored already. */
export class CopyCounts {
  files = 0
  changed = 0
  bytes = 0

  add(change: WorkItem['change'] | undefined, bytes: number): void {
    this.files++
    if (change === 'changed') this.changed++
    this.bytes += bytes
  }
}
