/**
 * Chooses the newest of several catalogs of one set. Refuses catalogs of separate branches: none is the
 * newest.
 */

import path from 'node:path'
import { BranchHeads, type History, historyOf } from '../catalog/branches.ts'
import type { CatalogCandidate } from '../catalog/find-catalogs.ts'
import type { DiscCandidate } from '../catalog/find-discs.ts'
import { fitDisc } from '../catalog/identify-disc.ts'
import type { CatalogChecks } from '../catalog/read-catalog.ts'
import { hasSecret, type OpenedSecrets } from '../crypto/secrets.ts'
import { asButcherError, ButcherError } from '../errors.ts'
import type { Report, WarningEvent } from '../events.ts'
import { branchError } from './branch-error.ts'
import { identityOf, openCandidate, type OpenedCatalog } from './open-catalog-file.ts'

/** Reads the history, which tells branches apart, only once there is a second catalog. */
class Head {
  readonly opened: OpenedCatalog
  #history: History | undefined

  constructor(opened: OpenedCatalog) {
    this.opened = opened
  }

  get revision(): number {
    return this.opened.meta.revision
  }

  get history(): History {
    return (this.#history ??= historyOf(this.opened.db))
  }
}

export interface CatalogsToOpen {
  readonly catalogs: readonly CatalogCandidate[]
  /** The candidates to try if none of `catalogs` can be read. */
  readonly others: readonly CatalogCandidate[]
}

export class CatalogsOfSet {
  readonly #secrets: OpenedSecrets
  readonly #report: Report
  readonly #options: { readonly checks?: CatalogChecks; readonly signal?: AbortSignal }
  readonly #branches = new BranchHeads<Head>()
  readonly #seen = new Set<string>()
  #trouble: ButcherError | undefined
  /** Warnings about catalogs that the secret does not open. They matter only if it opens another one. */
  #closed: WarningEvent[] = []

  constructor(
    secrets: OpenedSecrets,
    report: Report,
    options: { readonly checks?: CatalogChecks; readonly signal?: AbortSignal },
  ) {
    this.#secrets = secrets
    this.#report = report
    this.#options = options
  }

  /** Opens each catalog that differs from those before. Throws `catalog` if they belong to different sets. */
  async openAll({ catalogs, others }: CatalogsToOpen): Promise<void> {
    const isOnly = catalogs.length === 1
    const checks = isOnly ? (this.#options.checks ?? 'whole') : 'whole'
    for (const candidate of catalogs) await this.#openOne(candidate, checks, !isOnly || others.length > 0)
    for (const candidate of others) {
      if (this.#opened.length > 0) return
      await this.#openOne(candidate, 'whole', true)
      // A catalog with damaged keys looks like a wrong secret. A second failure proves the secret wrong.
      if (this.#opened.length === 0 && this.#trouble?.code === 'secret') return
    }
  }

  /**
   * Discs beside a destination may hold chunks that its catalog does not know. Then the catalog is older, or
   * of another branch. Opens the catalogs of those discs.
   */
  async openOthers(others: readonly CatalogCandidate[], discs: readonly DiscCandidate[]): Promise<void> {
    for (const candidate of others) {
      const [first] = this.#opened
      if (first === undefined) return
      const disc = discs.find(({ folder }) => folder === path.dirname(candidate.file))
      if (disc === undefined || fitDisc(first.db, disc)?.strange === 0) continue
      const opened = await this.#openQuietly(candidate)
      if (opened === undefined) continue
      if (opened.meta.setId === first.meta.setId) this.#add(opened)
      else opened.db.close()
    }
  }

  /** Throws `catalog` if there are branches, or the error of the only catalogs. */
  newest(): OpenedCatalog {
    const [newest] = this.#opened
    if (newest === undefined) throw this.#trouble ?? new ButcherError('no-set', 'no catalog was given')
    const { heads } = this.#branches
    if (heads.length === 1) return newest
    const branches = heads.map(({ opened: { origin }, history }) => ({ origin, history }))
    this.#close()
    throw branchError(branches)
  }

  async #openOne(candidate: CatalogCandidate, checks: CatalogChecks, isTold: boolean): Promise<void> {
    const identity = await identityOf(candidate)
    if (this.#seen.has(identity)) return
    try {
      const opened = await openCandidate(candidate.file, this.#secrets, checks, this.#options.signal)
      this.#seen.add(identity) // a damaged copy does not stand for a sound one that SHA256SUMS calls the same
      this.#refuseOtherSet(opened)
      this.#add(opened)
      for (const warning of this.#closed.splice(0)) this.#report(warning)
    } catch (error) {
      const failure = asButcherError(error, 'cannot read the catalog', candidate.file)
      const isPassedOver = failure.code === 'catalog' || failure.code === 'io' || failure.code === 'secret'
      // Without any secret, no other catalog of an encrypted set opens either.
      const isClosed = failure.code === 'secret' && !hasSecret(this.#secrets)
      if (!isPassedOver || isClosed || failure instanceof OtherSetError) {
        this.#close()
        throw failure
      }
      // A catalog with damaged keys looks like a wrong secret: another catalog decides.
      if (this.#trouble === undefined || failure.code === 'secret') this.#trouble = failure
      if (isTold) {
        const message = `${failure.message}: looking for another`
        const warning = { type: 'warning', kind: 'other', path: candidate.file, message } as const
        if (failure.code === 'secret') this.#closed.push(warning)
        else this.#report(warning)
      }
    }
  }

  async #openQuietly(candidate: CatalogCandidate): Promise<OpenedCatalog | undefined> {
    const identity = await identityOf(candidate)
    if (this.#seen.has(identity)) return undefined
    try {
      const opened = await openCandidate(candidate.file, this.#secrets, 'whole', this.#options.signal)
      this.#seen.add(identity)
      return opened
    } catch (error) {
      if (error instanceof ButcherError && error.code === 'aborted') throw error
      return undefined
    }
  }

  #add(opened: OpenedCatalog): void {
    for (const { opened: needless } of this.#branches.add(new Head(opened))) needless.db.close()
  }

  #refuseOtherSet(opened: OpenedCatalog): void {
    const first = this.#opened[0]
    if (first === undefined || first.meta.setId === opened.meta.setId) return
    opened.db.close()
    throw new OtherSetError(`${first.origin} and ${opened.origin} are catalogs of different sets`)
  }

  get #opened(): readonly OpenedCatalog[] {
    return this.#branches.heads.map(({ opened }) => opened)
  }

  #close(): void {
    for (const { db } of this.#opened) db.close()
  }
}

class OtherSetError extends ButcherError {
  constructor(message: string) {
    super('catalog', message, { hint: 'give the discs of one set at a time' })
  }
}
