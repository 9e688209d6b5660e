/** The shell commands of docs/restore-by-hand.md and of a README.txt, as they are printed there. */

import fs from 'node:fs'

const document = new URL('../../docs/restore-by-hand.md', import.meta.url)

export interface ShellBlock {
  /** The heading that it stands under. */
  readonly heading: string
  readonly script: string
}

/** The ```sh blocks of the document in order. */
export function documentBlocks(): readonly ShellBlock[] {
  const blocks: ShellBlock[] = []
  let heading = ''
  let block: string[] | undefined
  for (const line of fs.readFileSync(document, 'utf8').split('\n')) {
    if (block) {
      if (line === '```') {
        blocks.push({ heading, script: `${block.join('\n')}\n` })
        block = undefined
      } else block.push(line)
    } else if (line === '```sh') block = []
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '')
  }
  return blocks
}

/** The commands of the document under `headings`, in the order of `headings`. */
export function documentScript(headings: readonly string[]): string {
  return headings
    .map((heading) => {
      const blocks = documentBlocks().filter((block) => block.heading === heading)
      if (blocks.length === 0) throw new Error(`the document has no commands under '${heading}'`)
      return blocks.map((block) => block.script).join('\n')
    })
    .join('\n')
}

/** The commands of a README.txt under each of its headings in capitals. */
export function readmeScripts(readme: string): ReadonlyMap<string, string> {
  const scripts = new Map<string, string>()
  let heading = ''
  for (const line of readme.split('\n')) {
    if (/^[A-Z][A-Z ,]+$/.test(line)) heading = line
    const command = /^ {4}\$ (.*)$/.exec(line)
    if (command) scripts.set(heading, `${scripts.get(heading) ?? ''}${command[1]}\n`)
  }
  return scripts
}
