/** The layout of images whose used blocks follow each other, with checks between them. */

import type { BlockMap } from './block-map.ts'
import type { GroupCheck } from './checksums.ts'
import type { Coverage, EndCheck, HeaderFacts, ImageLayout } from './image-layout.ts'
import type { Detail } from './partition-image.ts'

export interface FramedParts {
  readonly facts: HeaderFacts
  readonly details: readonly Detail[]
  readonly coverage: Coverage
  readonly map: BlockMap
  readonly dataStart: number
  /** Infinity without checks. */
  readonly groupBytes: number
  readonly checkBytes: number
  readonly hasLastCheck: boolean
  /** Bytes after the last block and its check. */
  readonly endBytes?: number
  newCheck(): Promise<GroupCheck | undefined>
  readonly endCheck?: () => EndCheck
}

export function framedLayout(parts: FramedParts): ImageLayout {
  const { facts, details, coverage, map, dataStart, groupBytes, checkBytes, hasLastCheck } = parts
  const { blockBytes } = facts
  const usedBytes = map.used * blockBytes
  const checks = hasLastCheck ? Math.ceil(usedBytes / groupBytes) : Math.floor(usedBytes / groupBytes)
  return {
    facts,
    details,
    coverage,
    framing: { groupBytes, checkBytes },
    usedBytes,
    imageBytes: dataStart + usedBytes + checks * checkBytes + (parts.endBytes ?? 0),
    content: {
      kind: 'framed',
      map,
      dataStart,
      hasLastCheck,
      newCheck: parts.newCheck,
      ...(parts.endCheck ? { endCheck: parts.endCheck } : {}),
    },
  }
}
