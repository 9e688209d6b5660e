/** npm run docs: writes the documents that are made from the program's own tables and types. */

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { currentText, generatedFiles } from './docs/generated-files.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = await generatedFiles()

for (const name of fs.readdirSync(path.join(root, 'man'))) {
  if (!files.some(({ file }) => file === `man/${name}`)) fs.rmSync(path.join(root, 'man', name))
}
for (const { file, text } of files) {
  if (currentText(file) === text) continue
  fs.writeFileSync(path.join(root, file), text)
  console.log(file)
}
