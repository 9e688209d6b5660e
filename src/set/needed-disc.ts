/** A disc that is wanted: what it is needed for, where its copies are, and what makes it again. */

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

export interface DiscCopyPlace {
  readonly copy: number
  readonly state: string
  readonly location: string | null
}
