/** node edit-tree.ts FOLDER KEEP: the changes of some time to a tree; the file KEEP stays as it is. */

import { editTree } from './mixed-corpus.ts'

const [folder, keep] = process.argv.slice(2)
if (folder === undefined || keep === undefined) throw new Error('usage: edit-tree.ts FOLDER KEEP')
editTree(folder, keep)
