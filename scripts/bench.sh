#!/usr/bin/env bash
# npm run bench [-- ROW... | --list | --out FILE]: butcher beside the programs that do the same;
# docs/performance.md tells more. RUNS=3 how often each is run, BENCH_SCALE=0.01 a small part of the data,
# BENCH_DIR where the data is kept: some 25 GB, and as much again while it works.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
for argument; do
  if [ "$argument" = --list ]; then exec node scripts/bench/main.ts --list; fi
done
scripts/system-packages.sh gpg:gnupg gpg-agent:gpg-agent tar:tar lbzip2:lbzip2 restic:restic borg:borgbackup \
  duplicity:duplicity dar:dar sqlite3:sqlite3 find:findutils cmp:diffutils time:time \
  partclone.chkimg:partclone mkfs.ext4:e2fsprogs par2:par2 pigz:pigz zstd:zstd bmaptool:bmap-tools losetup:mount >&2
npm run --silent build

export BENCH_DIR=${BENCH_DIR:-${TMPDIR:-/tmp}/butcher-bench}
mkdir -p "$BENCH_DIR"
BENCH_DIR=$(realpath "$BENCH_DIR")
BENCH_WORK=$(mktemp -d "$BENCH_DIR/work.XXXXXX")
# Not below BENCH_DIR: the path of its sockets must be short.
GNUPGHOME=$(mktemp -d /tmp/butcher-bench-gpg.XXXXXX)
export BENCH_WORK GNUPGHOME
trap 'gpgconf --kill all; rm -rf "$BENCH_WORK" "$GNUPGHOME"' EXIT
# Its agent is started here, and finds out how often it can hash a passphrase in a tenth of a second, so that
# no run has to.
gpgconf --launch gpg-agent
gpg-connect-agent 'getinfo s2k_count' /bye >/dev/null
node scripts/bench/main.ts "$@"
