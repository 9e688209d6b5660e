/**
 * The commands of the bench, as bash. All encrypt with the passphrase in the file $SECRET, read $SRC,
 * and write to $DEST, all on one file system. $STATE is a contestant's own folder for caches and the
 * like, $OUT what it restores to, $FILE the one file of $SRC that it must be able to bring back. $DEST,
 * $STATE and $OUT are empty at first.
 */

export interface Contestant {
  readonly name: string
  /** Once before the runs, not measured; what it leaves in $DEST and $STATE is there for every run. */
  readonly setUp?: string
  /** Before each run, not measured. */
  readonly before?: string
  readonly run: string
  /** After the last run: fails where the work was not done. */
  readonly check: string
  /** How many of something one run does, where contestants do not do the same number. */
  readonly units?: number
}

/**
 * Stands before each script. The default of gpg, to compress, would cost it most of its speed, so it is
 * switched off: what is compressed by bzip2 gains nothing. No agent keeps the passphrase.
 */
export const prelude = `set -euo pipefail
gpg_here() {
  gpg --batch --quiet --yes --no-symkey-cache --pinentry-mode loopback --passphrase-file "$SECRET" "$@"
}
encrypt() { gpg_here --cipher-algo AES256 --compress-algo none --symmetric --output "$1"; }
decrypt() { gpg_here --decrypt "$1"; }
butcher() { node "$BUTCHER" "$@" --passphrase-file "$SECRET" --quiet; }
same() { cmp - "$SRC/$FILE"; }
`

/** What butcher syncs before it ends is all of its output. */
export const butcher = {
  backup(flags = ''): Contestant {
    const run = `butcher backup "$SRC" "$DEST" ${flags}`
    return { name: named(flags), run, check: butcherCheck }
  },
  again(flags = ''): Contestant {
    const run = `butcher backup "$SRC" "$DEST" ${flags}`
    return { name: named(flags), setUp: run, run, check: butcherCheck }
  },
  restoreAll(flags: string): Contestant {
    return {
      name: 'butcher restore',
      setUp: `butcher backup "$SRC" "$DEST" ${flags}`,
      run: `butcher restore "$DEST" "$OUT"`,
      check: sameTree,
    }
  },
  /** One worker makes one chunk of all. Checks, too, that there is one, and the file in the middle of it. */
  restoreOne(flags: string): Contestant {
    return {
      name: 'butcher restore --include',
      setUp: `butcher backup "$SRC" "$DEST" ${flags} --jobs 1`,
      run: `butcher restore "$DEST" "$OUT" --include "/$FILE"`,
      check: `same <"$OUT/$FILE"
set -- "$DEST"/disc-*/chunks/*
(($# == 1))
decrypt "$1" | lbzip2 -d | tar -tf - | grep -v '/$\\|^.butcher/' >"$STATE/members"
awk -v file="$FILE" '$0 == file { at = NR } END { where = (at - 0.5) / NR; exit !(where > 0.4 && where < 0.6) }' "$STATE/members"`,
    }
  },
}

const butcherCheck = `butcher restore "$DEST" "$OUT" --include "/$FILE"
same <"$OUT/$FILE"`
const sameTree = `diff -r --no-dereference "$SRC" "$OUT"`
const named = (flags: string): string => `butcher ${flags}`.trim()

/** By hand. Nothing is synced. */
export const byHand = {
  lbzip2: {
    name: 'tar, lbzip2, gpg',
    run: `tar -C "$SRC" -cf - . | lbzip2 | encrypt "$DEST/a.tar.bz2.gpg"`,
    check: `decrypt "$DEST/a.tar.bz2.gpg" | lbzip2 -d | tar -xOf - "./$FILE" | same`,
  },
  stored: {
    name: 'tar, gpg',
    run: `tar -C "$SRC" -cf - . | encrypt "$DEST/a.tar.gpg"`,
    check: `decrypt "$DEST/a.tar.gpg" | tar -xOf - "./$FILE" | same`,
  },
  restoreAll: {
    name: 'gpg -d, lbzip2 -d, tar x',
    setUp: `tar -C "$SRC" -cf - . | lbzip2 | encrypt "$DEST/a.tar.bz2.gpg"`,
    run: `decrypt "$DEST/a.tar.bz2.gpg" | lbzip2 -d | tar -C "$OUT" -xf -`,
    check: sameTree,
  },
  /** Reads the whole, as all programs must that have no index, but writes only the one file. */
  restoreOne: {
    name: 'gpg -d, lbzip2 -d, tar x FILE',
    setUp: `tar -C "$SRC" --sort=name -cf - . | lbzip2 | encrypt "$DEST/a.tar.bz2.gpg"`,
    run: `decrypt "$DEST/a.tar.bz2.gpg" | lbzip2 -d | tar -C "$OUT" -xf - "./$FILE"`,
    check: `same <"$OUT/$FILE"`,
  },
  find: {
    name: 'find -printf',
    run: `find "$SRC" -printf '%p %y %s %T@ %C@ %i\\n' >"$STATE/found"`,
    check: `grep -q "$FILE" "$STATE/found"`,
  },
} satisfies Record<string, Contestant>

// restic 0.14: format 2, the one that compresses; zstd, of what seems worth it ("auto"). Cache and repository
// of its own, made before (deriving the key takes a second that a user spends once). It syncs its packs.
const restic = {
  name: 'restic',
  init: `restic init --quiet --repository-version 2`,
  run: `restic backup --quiet --compression auto "$SRC"`,
  check: `restic dump --quiet latest "$SRC/$FILE" | same`,
}

// borg 1.2: zstd at 3, the level of butcher's and restic's; its default, lz4, is faster and stores more, so
// it would not be the same work. repokey: AES-CTR and HMAC-SHA256, the faster of its two where the processor
// has SHA instructions. It syncs its segments.
const borg = {
  name: 'borg',
  init: `borg init --encryption repokey "$DEST"`,
  run: `cd "$SRC"
borg create --compression zstd,3 "$DEST::{now:%Y-%m-%dT%H:%M:%S.%f}" .`,
  check: `last=$(borg list --last 1 --short "$DEST")
borg extract --stdout "$DEST::$last" "$FILE" | same`,
}

// duplicity 0.8: gpg with the passphrase, and gpg's own compression (zlib), as it is by default. Syncs
// nothing.
const duplicity = {
  name: 'duplicity',
  init: '',
  run: `duplicity --archive-dir "$STATE/duplicity" --no-print-statistics -v1 "$SRC" "file://$DEST"`,
  check: `duplicity restore --archive-dir "$STATE/duplicity" -v1 --file-to-restore "$FILE" "file://$DEST" "$OUT/file"
same <"$OUT/file"`,
}

/** dar 2.7: zstd at 3, AES-256, one file. Syncs nothing. */
export const dar: Contestant = {
  name: 'dar',
  run: `dar -Q -q -c "$DEST/a" -R "$SRC" -zzstd:3 -K "aes:$(cat "$SECRET")"`,
  check: `dar -Q -q -x "$DEST/a" -R "$OUT" -g "$FILE" -K "aes:$(cat "$SECRET")"
same <"$OUT/$FILE"`,
}

const peers = { restic, borg, duplicity }
export type Peer = keyof typeof peers

/** Everything for the first time. */
export function firstBackup(peer: Peer): Contestant {
  const { name, init, run, check } = peers[peer]
  return { name, before: init, run, check }
}

/** Once more, after nothing has changed; its caches are warm. */
export function nextBackup(peer: Peer): Contestant {
  const { name, init, run, check } = peers[peer]
  return { name, setUp: `${init}\n${run}`, run, check }
}

/**
 * A tree that was backed up and then edited, made anew before each run. It lies in $STATE/tree, as the
 * programs look for a source by its path.
 */
export function afterEdits(contestant: Contestant | Peer): Contestant {
  const { name, init, run, check } =
    typeof contestant === 'string' ? peers[contestant] : { init: '', ...contestant }
  const there = 'SRC=$STATE/tree\n'
  return {
    name,
    before: `cp -a "$SRC" "$STATE/tree"\n${there}${init}\n(${run})\nnode "$EDIT" "$STATE/tree" "$FILE"`,
    run: there + run,
    check: there + check,
  }
}

/** Commands that read a mount. Its folder is $TREE. */
const uses = {
  find: { use: `find "$TREE/" >"$STATE/found"`, check: `grep -q "$FILE" "$STATE/found"` },
  read: {
    use: `cat "$TREE/$FILE" | tail -c 1000000 >"$STATE/end"`,
    check: `tail -c 1000000 "$SRC/$FILE" | cmp - "$STATE/end"`,
  },
}

/** Mounts the newest backup, looks into it, and unmounts. The set of butcher is not encrypted. */
export function inMount(program: 'butcher' | 'restic', what: keyof typeof uses, flags = ''): Contestant {
  const { use, check } = uses[what]
  const { init, run } = restic
  const made =
    program === 'butcher'
      ? {
          setUp: `node "$BUTCHER" backup "$SRC" "$DEST" --quiet ${flags}`,
          mount: `node "$BUTCHER" mount "$DEST" "$STATE/mount" --quiet --log "$STATE/log"\nTREE=$STATE/mount/latest`,
        }
      : {
          setUp: `${init}\n${run}`,
          mount: `restic mount --quiet "$STATE/mount" >"$STATE/log" &
until [ -e "$STATE/mount/snapshots/latest" ]; do sleep 0.02; done
TREE=$STATE/mount/snapshots/latest$SRC`,
        }
  const { setUp, mount } = made
  const whole = `mkdir -p "$STATE/mount"\n${mount}\n${use}\numount "$STATE/mount"\nwait`
  return { name: `${program} mount`, setUp, run: whole, check }
}
