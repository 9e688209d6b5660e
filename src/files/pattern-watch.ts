import { type PathMatcher, patternMatcher } from './pattern-matcher.ts'

/** Patterns, and which of them matched nothing so far: a typing error in one must not go unseen. */
export class PatternWatch {
  readonly isEmpty: boolean
  readonly #all: PathMatcher
  #left: readonly string[]
  #someLeft: PathMatcher | undefined
  #hasMatched = false

  constructor(patterns: readonly string[]) {
    this.isEmpty = patterns.length === 0
    this.#all = patternMatcher(patterns)
    // A pattern that takes back matches nothing by itself.
    this.#left = patterns.filter((pattern) => !pattern.startsWith('!'))
  }

  /** Those that matched nothing. */
  get left(): readonly string[] {
    return this.#left
  }

  get hasMatched(): boolean {
    return this.#hasMatched
  }

  /** Whether all patterns together match. What matches is shown to those that are left, as one matcher: that costs once as much. */
  matches(path: string, isDirectory: boolean): boolean {
    if (this.isEmpty || !this.#all(path, isDirectory)) return false
    this.#hasMatched = true
    if (this.#left.length > 0) this.#note(path, isDirectory)
    return true
  }

  #note(path: string, isDirectory: boolean): void {
    this.#someLeft ??= patternMatcher(this.#left)
    if (!this.#someLeft(path, isDirectory)) return
    this.#left = this.#left.filter((pattern) => !patternMatcher([pattern])(path, isDirectory))
    this.#someLeft = undefined
  }
}
