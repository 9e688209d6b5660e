/**
 * A disc that butcher needs: its purpose, the locations of its copies, and the spares that can recover it.
 */

export interface NeededDisc {
  readonly disc: number
  readonly label: string
  readonly location: string | null
  readonly chunks: number
  readonly bytes: number
}

export interface WantedDisc extends NeededDisc {
  readonly copies: readonly DiscCopyPlace[]
  /** Spares that can replace it, each with the other discs of its group. */
  readonly spares: readonly {
    readonly spare: number
    readonly discs: readonly number[]
    readonly location: string | null
  }[]
}

interface DiscCopyPlace {
  readonly copy: number
  readonly state: string
  readonly location: string | null
}
