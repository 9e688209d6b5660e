import { type PathMatcher, patternMatcher } from './pattern-matcher.ts'

/** Tracks which patterns have matched nothing so far: a typing error must not go unnoticed. */
export class PatternWatch {
  readonly isEmpty: boolean
  readonly #all: PathMatcher
  #left: readonly string[]
  #someLeft: PathMatcher | undefined
  #hasMatched = false

  constructor(patterns: readonly string[]) {
    this.isEmpty = patterns.length === 0
    this.#all = patternMatcher(patterns)
    // A negated pattern matches nothing by itself.
    this.#left = patterns.filter((pattern) => !pattern.startsWith('!'))
  }

  /** The patterns without a match. */
  get left(): readonly string[] {
    return this.#left
  }

  get hasMatched(): boolean {
    return this.#hasMatched
  }

  /**
   * Whether all patterns together match. A match is then tested against the remaining patterns, as one
   * matcher, which doubles the cost.
   */
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
