/** Makes the tree in the thread that talks to the kernel. */

import { openShared } from '../catalog/shared-catalog.ts'
import { ButcherError } from '../errors.ts'
import type { CreateTree } from '../fuse/tree.ts'
import type { ContentRequest, TreeData } from './messages.ts'
import { SetTree } from './set-tree.ts'

export const createTree: CreateTree<TreeData> = (
  { catalog, ...data },
  { contentPorts, startContent, log },
) => {
  const [port] = contentPorts
  if (port === undefined) throw new ButcherError('internal', 'a mount has no thread that reads contents')
  const send = (request: ContentRequest): void => {
    startContent()
    port.postMessage(request)
  }
  return new SetTree({ db: openShared(catalog), ...data, send, log })
}
