/** The documents that are made from the program's own tables and types: `npm run docs` writes them. */

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import * as prettier from 'prettier'
import { type CommandPage, commandPage } from '../../src/cli/command-page.ts'
import { commandGroups } from '../../src/cli/command-entry.ts'
import { commandList } from '../../src/cli/command-list.ts'
import { jsonShapes } from './json-shapes.ts'
import { commandManPage, type ManDetails, manName, programManPage } from './man-pages.ts'
import { apiMarkdown } from './markdown-api.ts'
import { commandsMarkdown } from './markdown-commands.ts'
import { jsonMarkdown } from './markdown-json.ts'

export interface GeneratedFile {
  /** Relative to the repository. */
  readonly file: string
  readonly text: string
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function generatedFiles(): Promise<GeneratedFile[]> {
  const pages = await commandPages()
  return [
    await markdown('docs/commands.md', commandsMarkdown(pages)),
    await markdown('docs/api.md', apiMarkdown()),
    await markdown('docs/json.md', jsonMarkdown(jsonShapes())),
    manPage('man/butcher.1', programManPage),
    ...pages.map((page) =>
      manPage(`man/${manName(page.name)}.1`, (details) => commandManPage(page, details)),
    ),
  ]
}

/** Reads the file of that name in the repository. Undefined if there is none. */
export function currentText(file: string): string | undefined {
  try {
    return fs.readFileSync(path.join(root, file), 'utf8')
  } catch {
    return undefined
  }
}

/** In the order of the help. */
function commandPages(): Promise<CommandPage[]> {
  const entries = commandGroups.flatMap((title) => commandList.filter(({ group }) => group === title))
  return Promise.all(entries.map(async (entry) => commandPage(entry, await entry.load())))
}

async function markdown(file: string, text: string): Promise<GeneratedFile> {
  const options = (await prettier.resolveConfig(path.join(root, file))) ?? {}
  return { file, text: await prettier.format(text, { ...options, parser: 'markdown' }) }
}

/** A page that is the same but for its date keeps the date: it is that of its last change. */
function manPage(file: string, make: (details: ManDetails) => string): GeneratedFile {
  const { version } = JSON.parse(currentText('package.json') as string) as { version: string }
  const current = currentText(file)
  const kept = /^\.TH \S+ 1 (\S+) /m.exec(current ?? '')?.[1]
  if (kept !== undefined) {
    const text = make({ date: kept, version })
    if (text === current) return { file, text }
  }
  return { file, text: make({ date: new Date().toISOString().slice(0, 10), version }) }
}
