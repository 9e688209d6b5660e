/** Sends files side by side; they get their names in order. */

/** Gives a file that was sent its name. */
export type Settle = () => Promise<void>

/** One file alone waits for the answers of the store. */
const transfers = 4

/**
 * The files of a step get their names when those of the steps before have theirs. After an error, no further
 * file is sent or named. Throws the first one when all that is running has ended.
 */
export async function inOrder(steps: readonly (readonly (() => Promise<Settle>)[])[]): Promise<void> {
  const lanes: Promise<unknown>[] = Array.from({ length: transfers }, () => Promise.resolve())
  let count = 0
  const sent = steps.map((step) =>
    step.map((send) => {
      const lane = count++ % transfers
      const settle = (lanes[lane] as Promise<unknown>).then(send)
      lanes[lane] = settle
      settle.catch(() => {}) // thrown below
      return settle
    }),
  )
  try {
    for (const step of sent) {
      const settles = await Promise.all(step)
      await allOf(settles.map((settle) => settle()))
    }
  } finally {
    await Promise.allSettled(lanes)
  }
}

/** Waits for all of them, also if one fails. */
async function allOf(works: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(works)).find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
