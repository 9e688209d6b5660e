import { ApiError } from '../api.ts'
import { LinesField } from '../parts/field.tsx'

/** Commands as lists of words, each a line of JSON, as `--before` of `butcher job add` takes them. */
export const CommandsField = ({
  label,
  value,
  onChange,
  error,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly error?: string | undefined
}) => (
  <LinesField
    label={label}
    value={value.split('\n')}
    onChange={(lines) => onChange(lines.join('\n'))}
    error={error}
    hint={'One command a line, as a list of words: ["systemctl", "stop", "wiki"]. No shell sees it.'}
  />
)

type Commands = readonly (readonly string[])[]

export const fieldOfCommands = (commands: Commands): string =>
  commands.map((words) => JSON.stringify(words)).join('\n')

/** Throws an error for the form if a line is not a list of words. */
export const commandsOfField = (text: string): Commands =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        const words: unknown = JSON.parse(line)
        if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words as string[]
      } catch {
        // The error below says how it should be.
      }
      throw new ApiError(0, {
        code: 'usage',
        message: `'${line.trim()}' is not a list of words such as ["systemctl", "stop", "wiki"]`,
      })
    })
