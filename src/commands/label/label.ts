/** `butcher label`: labels for the faces of discs, and sheets for their cases. */

import fs from 'node:fs'
import path from 'node:path'
import { discFigures } from '../../catalog/disc-contents.ts'
import { type DiscCopy, copyRows } from '../../catalog/disc-life.ts'
import { backupRows, type DiscRow, discRows } from '../../catalog/set-rows.ts'
import { asButcherError, ButcherError } from '../../errors.ts'
import { discCode } from '../../format/disc-code.ts'
import { discFolder } from '../../format/layout.ts'
import { pathFromCatalog, showPath } from '../../format/path-text.ts'
import { sourceOfText } from '../../format/source-tree.ts'
import { programVersion } from '../../format/program-version.ts'
import { caseInsert } from '../../label/case-insert.ts'
import { discFace } from '../../label/disc-face.ts'
import { openLabelFont } from '../../label/font.ts'
import type { LabelFacts } from '../../label/label-facts.ts'
import { drawPdf, type PdfPage } from '../../label/pdf.ts'
import type { Picture } from '../../label/picture.ts'
import { drawSvg } from '../../label/svg.ts'
import { keepOwnerAtTop } from '../../set/destination.ts'
import { isWithin } from '../../files/is-within.ts'
import type { LabelOptions, MadeLabels } from './label-options.ts'

/** A4: the paper for a case sheet, which is cut out. It also fits on Letter paper. */
const paperMm = [210, 297] as const

/**
 * Writes the labels. A PDF is one file with two pages per label: the disc's face, and the sheet for the case.
 * SVG has one file per picture, named after `out`, disc and purpose, unless there is only one picture.
 * Rejects with `usage` (unknown disc or file type), `exists`, `io`, `no-space`.
 */
export async function label(options: LabelOptions): Promise<MadeLabels> {
  const { catalog, out } = options
  const kind = path.extname(out).toLowerCase()
  if (kind !== '.pdf' && kind !== '.svg') {
    throw new ButcherError('usage', `${out} is neither .pdf nor .svg`, { path: out })
  }
  const inDisc = catalog.folders.find((folder) => isWithin(folder, path.dirname(out)))
  if (inDisc !== undefined) {
    throw new ButcherError('usage', `${out} is on the disc ${inDisc}, which stays as it is`, { path: out })
  }
  const drawn = labelFacts(options).map((facts) => draw(facts, options))
  const newest = Math.max(...backupRows(catalog.db).map(({ started }) => started), 0)
  const files =
    kind === '.svg' ? svgFiles(drawn, out) : new Map([[out, await pdf(drawn, catalog.meta.setId, newest)]])
  for (const file of files.keys()) {
    if (options.overwrite !== true && fs.existsSync(file)) {
      throw new ButcherError('exists', `${file} exists already`, {
        path: file,
        hint: '--overwrite replaces it',
      })
    }
  }
  for (const [file, content] of files) {
    try {
      fs.writeFileSync(file, content)
      keepOwnerAtTop(path.resolve(file))
    } catch (error) {
      throw asButcherError(error, 'cannot write', file)
    }
  }
  const labels = drawn.map(({ facts, code }) => ({
    disc: facts.disc,
    copy: facts.copy?.number ?? null,
    code,
  }))
  return { labels, files: [...files.keys()] }
}

interface DrawnLabel {
  readonly facts: LabelFacts
  readonly code: string
  readonly face: Picture
  readonly insert: Picture | undefined
}

/** Opened only once: reading its tables takes longer than drawing. */
let font: ReturnType<typeof openLabelFont> | undefined

function draw(facts: LabelFacts, { case: kind = 'jewel' }: LabelOptions): DrawnLabel {
  font ??= openLabelFont()
  const code = discCode(facts.setId, facts.disc)
  const insert = kind === 'none' ? undefined : caseInsert(facts, code, kind, font)
  return { facts, code, face: discFace(facts, code, font), insert }
}

function pdf(drawn: readonly DrawnLabel[], setId: string, createdMs: number): Promise<Buffer> {
  const pages = drawn.flatMap(({ face, insert }): PdfPage[] => [
    { picture: face, paperMm: undefined },
    ...(insert ? [{ picture: insert, paperMm }] : []),
  ])
  font ??= openLabelFont()
  const producer = `butcher ${programVersion()}`
  return drawPdf(pages, font, { title: `Labels of the set ${setId}`, producer, createdMs })
}

function svgFiles(drawn: readonly DrawnLabel[], out: string): Map<string, string> {
  const stem = out.slice(0, -path.extname(out).length)
  const files = new Map<string, string>()
  for (const { facts, face, insert } of drawn) {
    const copy = facts.copy ? `-copy-${facts.copy.number}` : ''
    const of = drawn.length === 1 ? '' : `-${discFolder(facts.disc)}${copy}`
    files.set(insert === undefined && drawn.length === 1 ? out : `${stem}${of}-face.svg`, drawSvg(face))
    if (insert) files.set(`${stem}${of}-case.svg`, drawSvg(insert))
  }
  return files
}

function labelFacts({ catalog, discs: wanted, copy, title }: LabelOptions): LabelFacts[] {
  const rows = discRows(catalog.db)
  const chosen = wanted === undefined ? rows : wanted.map((number) => discOf(rows, number))
  if (chosen.length === 0) throw new ButcherError('catalog', 'the set has no disc yet')
  const { encryption } = catalog.meta
  const words = title ?? (encryption === 'none' ? nameOfSet(catalog.db) : undefined)
  return chosen.flatMap((row) => {
    const copies = copyRows(catalog.db, row.number)
    const count = Math.max(copies.length, copy ?? 0)
    const common = {
      ...figures(catalog.db, row.number),
      setId: catalog.meta.setId,
      title: words === undefined || words === '' ? undefined : showPath(words),
      disc: row.number,
      discCount: Math.max(...rows.map(({ number }) => number)),
      label: showPath(row.label),
      medium: showPath(row.medium),
      capacityBytes: row.capacity,
      encryption: encryption as LabelFacts['encryption'],
    }
    const numbers = copy === undefined ? copies.map((one) => one.copy) : [copy]
    return (numbers.length === 0 ? [1] : numbers).map((number) => ({
      ...common,
      copy: count > 1 ? { number, of: count } : undefined,
      burned: burnedDay(copies.find((one) => one.copy === number)),
    }))
  })
}

function discOf(rows: readonly DiscRow[], number: number): DiscRow {
  const row = rows.find((one) => one.number === number)
  if (row) return row
  throw new ButcherError('usage', `there is no disc ${number}: the set has ${rows.length === 0 ? 'none' : `discs 1 to ${rows.at(-1)?.number}`}`) // prettier-ignore
}

function figures(
  db: LabelOptions['catalog']['db'],
  disc: number,
): Pick<LabelFacts, 'backups' | 'days' | 'files' | 'sourceBytes' | 'chunks' | 'storedBytes'> {
  const { backups, ...rest } = discFigures(db, disc)
  const [first, last] = [backups[0], backups.at(-1)]
  return {
    ...rest,
    backups: backups.map(({ number }) => number),
    days: first && last ? [day(first.started), day(last.started)] : undefined,
  }
}

/** The newest backup's name, or the name of its source. */
function nameOfSet(db: LabelOptions['catalog']['db']): string | undefined {
  const newest = backupRows(db).at(-1)
  if (!newest) return undefined
  if (newest.name !== null && newest.name !== '') return newest.name
  if (newest.source === null) return undefined
  const source = sourceOfText(pathFromCatalog(newest.source))
  return typeof source === 'string' ? path.basename(source) : source.map(({ name }) => name).join(', ')
}

const burnedDay = (copy: DiscCopy | undefined): string | undefined =>
  copy?.burned == null ? undefined : day(copy.burned)

/** In local time, as a person writes a date on a disc. */
function day(milliseconds: number): string {
  const date = new Date(milliseconds)
  if (Number.isNaN(date.getTime())) return '?'
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}
