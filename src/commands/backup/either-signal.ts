import type { BackupOptions } from './backup-options.ts'

/** If nothing is packed, both signals have the same effect. */
export function withEitherSignal<Options extends BackupOptions>(options: Options): Options {
  const signals = [options.signal, options.signalNow].filter((signal) => signal !== undefined)
  return signals.length === 0 ? options : { ...options, signal: AbortSignal.any(signals) }
}
