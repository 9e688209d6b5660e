/** Commands that other programs have, and the way to do the same with butcher. */

interface ForeignWord {
  /** The command that does it, if one does. */
  readonly command?: string
  /** Why there is none, and the way round it. */
  readonly why?: string
}

const foreignWords: Readonly<Record<string, ForeignWord>> = {
  init: { why: 'the first butcher backup makes the set' },
  create: { command: 'backup' },
  archive: { command: 'backup' },
  extract: { command: 'restore' },
  dump: { command: 'restore' },
  cat: { command: 'restore' },
  test: { command: 'verify' },
  scrub: { command: 'verify' },
  info: { command: 'discs' },
  stats: { command: 'log' },
  history: { command: 'log' },
  search: { command: 'find' },
  locate: { command: 'find' },
  browse: { command: 'index' },
  image: { command: 'iso' },
  write: { command: 'burn' },
  print: { command: 'label' },
  mount: {
    why: 'butcher list and butcher index show the files, butcher restore --include gets some of them',
  },
  expire: { command: 'forget' },
  compact: { command: 'prune' },
  delete: { command: 'forget' },
  unlock: { why: 'the lock of a dead run does not block the next one' },
  key: { why: 'the passphrase or key of a set cannot be changed' },
  config: { why: 'a set keeps the options of its last backup' },
}

export const foreignWord = (word: string): ForeignWord | undefined =>
  Object.hasOwn(foreignWords, word) ? foreignWords[word] : undefined
