/** Which chunks a prune drops, and which it rewrites so that little room is wasted. Pure data. */

/** A chunk that may be removed, and how much of it backups need. */
export interface PrunableChunk {
  readonly chunk: number
  /** Stored bytes. */
  readonly bytes: number
  /** Bytes of the tar that its contents take, before compression. */
  readonly contentBytes: number
  /** Of these, the bytes that backups need. */
  readonly liveBytes: number
  /** Whether a run that was interrupted continues a file of it: then it stays as it is. */
  readonly isUnfinished: boolean
}

/** A split content that gets another name when it moves, so all its parts move at once. */
export interface WholeContent {
  readonly content: number
  readonly parts: readonly { readonly chunk: number; readonly bytes: number }[]
}

export interface PrunePlan {
  /** Chunks that nothing needs once the plan is carried out, in ascending order. */
  readonly drop: readonly number[]
  /** Those of `drop` whose live contents move to new chunks. */
  readonly rewrite: readonly number[]
  /** The `WholeContent`s that move: their parts may be in chunks that stay. */
  readonly wholes: readonly number[]
  /** Stored bytes that are written anew, estimated. */
  readonly rewrittenBytes: number
  /** Stored bytes that this frees, less those written anew. */
  readonly freedBytes: number
  /** Whether there is no room to rewrite all chunks that should be. */
  readonly lacksRoom: boolean
}

/** A chunk is rewritten if less than this share of it lives. */
const leastShare = 0.5
/** More chunks are rewritten until all of them take at most this many times the room of the live contents. */
const mostRoom = 1.5
/** A content of more parts stays where it is: its chunks are full of it, but for the first and the last. */
const mostParts = 6

interface ChunkState extends PrunableChunk {
  live: number
  isTaken: boolean
  readonly wholes: WholeContent[]
}

/** `roomBytes`: the most bytes that may be written before the old chunks are removed. */
export function planPrune(
  chunks: readonly PrunableChunk[],
  wholes: readonly WholeContent[],
  roomBytes: number,
): PrunePlan {
  const states = new Map<number, ChunkState>(
    chunks.map((chunk) => [chunk.chunk, { ...chunk, live: chunk.liveBytes, isTaken: false, wholes: [] }]),
  )
  for (const whole of wholes) {
    for (const number of new Set(whole.parts.map(({ chunk }) => chunk)))
      states.get(number)?.wholes.push(whole)
  }
  const all = [...states.values()]
  const liveStored = sum(all.map((state) => storedOf(state, state.live)))
  let kept = sum(all.map((state) => (state.live > 0 ? state.bytes : 0)))
  let rewritten = 0
  const moved = new Set<WholeContent>()
  /** What moves with a chunk: its live contents, and the parts of its whole contents in other chunks. */
  const movesWith = (state: ChunkState): Map<ChunkState, number> => {
    const moves = new Map([[state, state.live]])
    for (const whole of state.wholes) {
      if (moved.has(whole)) continue
      for (const { chunk, bytes } of whole.parts) {
        const other = states.get(chunk) as ChunkState
        if (other !== state) moves.set(other, (moves.get(other) ?? 0) + bytes)
      }
    }
    return moves
  }
  let lacksRoom = false
  let order = candidates(all, states)
  for (let next = order.shift(); next !== undefined; next = order.shift()) {
    if (shareOf(next) >= leastShare && kept + rewritten <= mostRoom * liveStored) break
    const moves = movesWith(next)
    const bytes = sum([...moves].map(([state, some]) => storedOf(state, some)))
    if (rewritten + bytes > roomBytes) {
      lacksRoom = true
      continue
    }
    for (const [state, some] of moves) {
      state.live -= some
      if (state.live === 0) kept -= state.bytes
    }
    next.isTaken = true
    for (const whole of next.wholes) moved.add(whole)
    rewritten += bytes
    // Other chunks have fewer live bytes now.
    if (moves.size > 1) order = candidates(all, states)
  }
  const dropped = all.filter(({ live }) => live === 0)
  return {
    drop: numbersOf(dropped),
    rewrite: numbersOf(dropped.filter(({ liveBytes }) => liveBytes > 0)),
    wholes: [...moved].map(({ content }) => content),
    rewrittenBytes: Math.ceil(rewritten),
    freedBytes: sum(dropped.map(({ bytes }) => bytes)) - Math.ceil(rewritten),
    lacksRoom,
  }
}

/** The chunks that a rewriting makes smaller, those with the smallest live share first. */
const candidates = (all: readonly ChunkState[], states: ReadonlyMap<number, ChunkState>): ChunkState[] =>
  all
    .filter(
      (state) =>
        !state.isTaken &&
        !state.isUnfinished &&
        state.live > 0 &&
        state.live < state.contentBytes &&
        state.wholes.every(
          ({ parts }) =>
            parts.length <= mostParts && parts.every(({ chunk }) => mayChange(states.get(chunk))),
        ),
    )
    .toSorted((a, b) => shareOf(a) - shareOf(b) || a.chunk - b.chunk)

/** Chunks of discs that stay as they are have no state. */
const mayChange = (state: ChunkState | undefined): boolean => state !== undefined && !state.isUnfinished

const shareOf = ({ live, contentBytes }: ChunkState): number => live / contentBytes

/** The stored bytes that so many bytes of a chunk's tar take. */
const storedOf = ({ bytes, contentBytes }: PrunableChunk, some: number): number =>
  contentBytes === 0 ? 0 : (bytes * some) / contentBytes

const numbersOf = (states: readonly ChunkState[]): number[] =>
  states.map(({ chunk }) => chunk).toSorted((a, b) => a - b)

/**
 * Below this share of the stored bytes, a prune is not worth its checkpoint, if no backup was forgotten and
 * the chunks do not take too much room.
 */
const leastFreed = 0.05

/** `checkpoint`: the chunk of the last one, which a new one replaces. */
export function isWorthwhile(plan: PrunePlan, chunks: readonly PrunableChunk[], checkpoint: number): boolean {
  const old = chunks.find(({ chunk }) => chunk === checkpoint)?.bytes ?? 0
  const others = chunks.filter(({ chunk }) => chunk !== checkpoint)
  const room = sum(others.map(({ bytes }) => bytes))
  const isWasteful = room > mostRoom * sum(others.map((chunk) => storedOf(chunk, chunk.liveBytes)))
  return plan.freedBytes - old > (isWasteful ? 0 : leastFreed * (room + old))
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
