#!/usr/bin/env bash
# npm run test:memory [-- LARGE_MB SMALL_COUNT]: the peak memory of a backup and of a restore, of 5 GB in
# large files and of 200,000 small ones; fails above 400 MB. Takes some three times LARGE_MB of space under
# ${TMPDIR:-/tmp}.
set -euo pipefail
cd "$(dirname "$0")/.."
large_mb=${1:-5000} small_count=${2:-200000} limit_mb=400
. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
export BUTCHER_PASSPHRASE=secret
worst=0

# measure NAME COMMAND...
measure() {
  local name=$1 peak
  shift
  node scripts/peak-memory.ts node bin/butcher.js "$@" --quiet 2>&1 | tee "$work/measured" | sed "s|^|$name: |"
  peak=$(sed -n 's/^peak \([0-9]*\) MB.*/\1/p' "$work/measured")
  ((peak <= worst)) || worst=$peak
}

round() {
  measure "$1, backup" backup "$work/src" "$work/dest"
  measure "$1, restore" restore "$work/dest" "$work/out"
  diff -r "$work/src" "$work/out"
  rm -rf "$work/src" "$work/dest" "$work/out"
}

# Four files: half of the bytes random, half text that compresses.
mkdir "$work/src"
for i in 1 2; do
  head -c "$((large_mb / 4))000000" /dev/urandom >"$work/src/random-$i"
  head -c "$((large_mb / 4))000000" < <(od -An -x -v /dev/urandom) >"$work/src/text-$i"
done
round "$large_mb MB in 4 files"

mkdir "$work/src"
node --input-type=module - "$work/src" "$small_count" <<'END'
import { mkdirSync, writeFileSync } from 'node:fs'
const [folder, count] = process.argv.slice(2)
for (let i = 0; i < Number(count); i++) {
  const sub = `${folder}/folder-${String(Math.floor(i / 200)).padStart(4, '0')}`
  if (i % 200 === 0) mkdirSync(sub)
  writeFileSync(`${sub}/a file of the number ${i}.txt`, `${i} `.repeat(1 + (i % 400)))
}
END
round "$small_count small files"

if ((worst > limit_mb)); then
  echo "$worst MB at the worst: above $limit_mb MB" >&2
  exit 1
fi
echo "$worst MB at the worst, of $limit_mb MB"
