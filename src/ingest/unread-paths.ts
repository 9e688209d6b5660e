/** Paths that could not be read. Their files in the previous backup do not count as deleted. */

export class UnreadPaths {
  /** The number of files of the previous backup at and below each path. */
  readonly #files = new Map<string, number>()

  add(path: string): void {
    this.#files.set(path, 0)
  }

  /** The unread path that is `path` or a folder above it. */
  over(path: string): string | undefined {
    if (this.#files.size === 0) return undefined
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
      const above = path.slice(0, end)
      if (this.#files.has(above)) return above
    }
    return undefined
  }

  /** Counts a file of the previous backup at or below the unread path `unread`. */
  countFile(unread: string): void {
    this.#files.set(unread, (this.#files.get(unread) ?? 0) + 1)
  }

  files(unread: string): number {
    return this.#files.get(unread) ?? 0
  }
}
