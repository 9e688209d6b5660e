/** docs/json.md */

import { meanings } from './json-meanings.ts'
import type { Field, JsonShapes, Line, Shape } from './json-shapes.ts'
import { generatedNote } from './markdown-commands.ts'

export function jsonMarkdown(shapes: JsonShapes): string {
  const [general, ...commands] = [...shapes] as [[string, readonly Line[]], ...[string, readonly Line[]][]]
  return [
    generatedNote,
    '',
    '# JSON output',
    '',
    'With `--json` a command prints one object on each line of stdout. The field `type` names its kind.',
    'The last line is a `summary`, or an `error` if the command failed. `verify`, `restore` and others print both if they did their work',
    'and found damage. Warnings and errors also go to stderr as text.',
    '',
    '- Sizes are bytes, durations are seconds. Times are ISO 8601 in UTC.',
    '- A path with bytes that are not UTF-8 has a lone surrogate for each of these bytes, as in Python (PEP 383).',
    '- New fields and new types can appear in later versions. Ignore those that you do not know.',
    '',
    'The [exit status](commands.md#exit-status) is the same with and without `--json`.',
    '',
    '## every command',
    '',
    ...general[1].flatMap(lineSection),
    ...commands.flatMap(([command, lines]) => [`## ${command}`, '', ...lines.flatMap(lineSection)]),
  ].join('\n')
}

const lineSection = ({ type, text, fields }: Line): string[] => [
  `**\`${type}\`**${text === '' ? '' : `: ${text}`}`,
  '',
  ...fields.flatMap((field) => fieldLines(field, 0)),
  '',
]

function fieldLines(field: Field, depth: number): string[] {
  const optional = field.optional ? ', optional' : ''
  const text = meaningOf(field)
  return [
    `${'  '.repeat(depth)}- \`${field.name}\` (${shapeText(field.shape)}${optional})${text === '' ? '' : `: ${text}`}`,
    ...(objectIn(field.shape) ?? []).flatMap((inner) => fieldLines(inner, depth + 1)),
  ]
}

/** Empty for a field that says nothing about itself: a test refuses that. */
export const meaningOf = ({ name, text }: Field): string => text || (meanings[name] ?? '')

/** The fields of the object that a shape holds: itself, in a list, or beside null. */
export function objectIn(shape: Shape): readonly Field[] | undefined {
  switch (shape.kind) {
    case 'object':
      return shape.fields
    case 'list':
      return objectIn(shape.of)
    case 'union':
      return shape.of.map(objectIn).find((fields) => fields !== undefined)
    default:
      return undefined
  }
}

function shapeText(shape: Shape): string {
  switch (shape.kind) {
    case 'literal':
      return `\`${shape.value}\``
    case 'list':
      return `list of ${plural(shapeText(shape.of))}`
    case 'union': {
      const parts = shape.of.map(shapeText)
      return [...parts.filter((part) => part !== 'null'), ...parts.filter((part) => part === 'null')].join(
        ' or ',
      )
    }
    default:
      return shape.kind
  }
}

const plural = (text: string): string => (/^[a-z]+$/.test(text) ? `${text}s` : text)
