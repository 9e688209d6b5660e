import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { type Field, jsonShapes, type Shape } from '../../scripts/docs/json-shapes.ts'
import { meaningOf, objectIn } from '../../scripts/docs/markdown-json.ts'
import { imageBytes } from '../partition/images.ts'
import { cliJson } from './cli.ts'
import { longTest } from '../support/rows.ts'

const shapes = jsonShapes()

test('every field of the JSON reference has a meaning', () => {
  const without = (fields: readonly Field[], where: string): string[] =>
    fields.flatMap((field) => {
      const here = `${where}.${field.name}`
      return [...(meaningOf(field) === '' ? [here] : []), ...without(objectIn(field.shape) ?? [], here)]
    })
  expect(
    [...shapes].flatMap(([command, lines]) =>
      lines.flatMap(({ type, fields }) => without(fields, `${command} ${type}`)),
    ),
  ).toEqual([])
})

const faults = (
  fields: readonly Field[],
  value: Readonly<Record<string, unknown>>,
  where: string,
): string[] => {
  const known = new Set(fields.map(({ name }) => name))
  return [
    ...Object.keys(value).flatMap((name) =>
      known.has(name) ? [] : [`${where}.${name} is not in the reference`],
    ),
    ...fields.flatMap(({ name, optional, shape }) => {
      if (Object.hasOwn(value, name)) return shapeFaults(shape, value[name], `${where}.${name}`)
      return optional ? [] : [`${where}.${name} is missing`]
    }),
  ]
}

function shapeFaults(shape: Shape, value: unknown, where: string): string[] {
  switch (shape.kind) {
    case 'null':
      return value === null ? [] : [`${where} is not null`]
    case 'literal':
      return value === shape.value ? [] : [`${where} is '${String(value)}', not '${shape.value}'`]
    case 'list':
      return Array.isArray(value)
        ? value.flatMap((one) => shapeFaults(shape.of, one, where))
        : [`${where} is not a list`]
    case 'object':
      return typeof value === 'object' && value !== null
        ? faults(shape.fields, value as Record<string, unknown>, where)
        : [`${where} is not an object`]
    case 'union': {
      const each = shape.of.map((one) => shapeFaults(one, value, where))
      return each.some((found) => found.length === 0) ? [] : each.flat()
    }
    default:
      return typeof value === shape.kind ? [] : [`${where} is ${typeof value}, not ${shape.kind}`]
  }
}

/** Calls a command, compares each line with the reference under `name`, and answers with the types seen. */
function checked(name: string, ...args: readonly string[]): string[] {
  const lines = cliJson([...name.split(' ').filter((word) => !word.startsWith('--')), ...args])
  const reference = [...(shapes.get('') ?? []), ...(shapes.get(name) ?? [])]
  expect(
    lines.flatMap(({ type, ...value }) => {
      const line = reference.find((one) => one.type === type)
      return line === undefined
        ? [`${name}: ${String(type)} is not in the reference`]
        : faults(line.fields, value, `${name} ${line.type}`)
    }),
  ).toEqual([])
  return [...new Set(lines.map(({ type }) => String(type)).filter((type) => type !== 'progress'))]
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'json-reference-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const at = (name: string): string => path.join(folder, name)
const [source, dest, partial] = [at('source'), at('dest'), at('partial')]

test('backup prints what the reference says', () => {
  fs.mkdirSync(source)
  fs.writeFileSync(path.join(source, 'a.txt'), 'one')
  fs.symlinkSync('a.txt', path.join(source, 'link'))
  expect(checked('backup', '--dry-run', source, dest)).toEqual(['summary'])
  expect(checked('backup', source, dest, '--redundancy', '10%', '--medium', '20MB')).toEqual(['summary'])
  fs.writeFileSync(path.join(source, 'a.txt'), 'two')
  fs.renameSync(path.join(source, 'link'), path.join(source, 'moved'))
  expect(checked('backup', source, dest, '--new-disc', '--name', 'second')).toEqual(['summary'])
  expect(checked('backup', at('nothing'), dest)).toEqual(['error'])
})

test('the commands that look print what the reference says', () => {
  expect(checked('list', dest)).toEqual(['entry', 'summary'])
  expect(checked('find', dest, 'a.txt')).toEqual(['entry', 'summary'])
  expect(checked('find', dest, 'nothing')).toEqual(['summary', 'error'])
  expect(checked('log', dest)).toEqual(['backup', 'summary'])
  expect(checked('pin', dest, '1')).toEqual(['summary'])
  expect(checked('unpin', dest, '1')).toEqual(['summary'])
  expect(checked('forget', dest, '--keep-last', '9')).toEqual(['backup', 'summary'])
  expect(checked('diff', dest, '1', '2')).toEqual(['change', 'summary'])
  expect(checked('index', dest, at('page.html'))).toEqual(['summary'])
  expect(checked('label', dest, '--out', at('labels.pdf'))).toEqual(['label', 'summary'])
  expect(checked('doctor')).toEqual(['program', 'summary'])
})

longTest('the commands for discs print what the reference says', () => {
  expect(checked('burn --dry-run', dest, '--dry-run', '--device', `stdio:${at('disc-%d.iso')}`)).toEqual([
    'summary',
  ])
  expect(checked('burn', dest, '2', '--device', `stdio:${at('disc-%d.iso')}`)).toEqual(['copy', 'summary'])
  const into = (name: string): string[] => ['--no-encrypt', '--device', `stdio:${at(name)}-%d.iso`]
  expect(checked('backup --burn', '--burn', source, at('burned'), ...into('a'))).toEqual(['copy', 'summary'])
  expect(checked('burn --follow', at('followed'), '--follow', source, ...into('b'))).toEqual([
    'copy',
    'summary',
  ])
  expect(checked('spare', dest, '1-2')).toEqual(['summary'])
  expect(checked('discs', dest)).toEqual(['disc', 'spare', 'summary'])
  expect(checked('discs --if-lost', dest, '--if-lost', '1,2')).toContain('summary')
  expect(checked('recover', '2', dest, at('recovered'))).toEqual(['summary'])
})

test('the commands that read discs print what the reference says', () => {
  expect(checked('iso', dest, '2')).toEqual(['image', 'summary'])
  expect(checked('restore', dest, at('planned'), '--plan')).toEqual(['disc', 'summary'])
  expect(checked('restore', dest, at('restored'))).toEqual(['summary'])
  expect(checked('rebuild', dest, at('rebuilt.sqlite'))).toContain('summary')
  expect(checked('verify', path.join(dest, 'disc-0001'), path.join(dest, 'disc-0002'))).toEqual([
    'file',
    'summary',
  ])
})

longTest('a lost disc and a damaged one print what the reference says', () => {
  fs.cpSync(dest, partial, { recursive: true })
  fs.rmSync(path.join(partial, 'disc-0001'), { recursive: true })
  expect(checked('discs --due', partial, '--due', '1d')).toEqual(['due', 'summary'])
  expect(checked('backup', source, partial, '--replace-disc', '1')).toEqual(['warning', 'summary'])
  const damaged = path.join(dest, 'disc-0002/chunks')
  const chunk = path.join(damaged, fs.readdirSync(damaged)[0] as string)
  fs.writeFileSync(chunk, Buffer.alloc(fs.statSync(chunk).size))
  expect(checked('verify', path.join(dest, 'disc-0001'), path.join(dest, 'disc-0002'))).toEqual([
    'file',
    'loss',
    'summary',
    'error',
  ])
  expect(checked('repair', path.join(dest, 'disc-0002'), at('repaired'))).toContain('summary')
  // The image of disc 2 has what its folder lost.
  expect(checked('restore', dest, at('damaged'))).toEqual(['warning', 'summary'])
})

test('mounts print what the reference says', () => {
  fs.mkdirSync(at('mount'))
  fs.writeFileSync(at('image'), imageBytes('ext4-a1.img'))
  expect(checked('partition mount', at('image'), at('mount'), '--log=/dev/null')).toEqual(['summary'])
  expect(checked('unmount', at('mount'))).toEqual(['summary'])
})
