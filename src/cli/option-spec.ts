/** An option as data: how it is given, and its words in the help. */
export interface OptionSpec {
  /** A `list` may be given several times; a `flag` takes no value. */
  readonly kind: 'text' | 'list' | 'flag'
  readonly describe: string
  /** The name of the value in the help. */
  readonly value?: string
  /** The first one is the default. */
  readonly choices?: readonly string[]
  readonly mayBeEmpty?: boolean
  /** For a `text`: it takes no value in this command. */
  readonly isFlagOf?: string
  /** For a `flag`: a value is allowed, `--name=VALUE`. */
  readonly mayHaveValue?: boolean
  /** For a `list`: each use takes two words, so its values come in pairs. */
  readonly takesTwo?: boolean
}
