/** Makes the tree in the thread that talks to the kernel. */

import { openShared } from '../catalog/shared-catalog.ts'
import { ButcherError } from '../errors.ts'
import type { CreateTree } from '../fuse/tree.ts'
import type { TreeData } from './messages.ts'
import { SetTree } from './set-tree.ts'

export const createTree: CreateTree<TreeData> = ({ catalog, ...data }, { contentPorts, log }) => {
  const [port] = contentPorts
  if (port === undefined) throw new ButcherError('internal', 'a mount has no thread that reads contents')
  return new SetTree({ db: openShared(catalog), ...data, send: (request) => port.postMessage(request), log })
}
