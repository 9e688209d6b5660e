/** Holds chunks back while the place that takes them is full. */
export interface Gate {
  /** Whether chunks of `bytes` bytes have room. Throws if the place takes no more at all. */
  readonly hasRoom: (bytes: number) => boolean
  /** Resolves when there may be more room, or `signal` aborts. */
  readonly change: (signal: AbortSignal | undefined) => Promise<void>
}
