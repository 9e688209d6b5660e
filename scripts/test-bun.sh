#!/usr/bin/env bash
# npm run test:bun: butcher under Bun, a second JavaScript engine. Node.js restores the backups of Bun,
# and the other way round. Bun comes from npm, and is removed afterwards.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-bun.XXXXXX")
trap 'rm -rf "$work"' EXIT
say() { printf '\n--- %s\n' "$*"; }

processor=$(node -p 'process.arch === "arm64" ? "aarch64" : "x64-baseline"')
(cd "$work" && npm pack --silent "@oven/bun-linux-$processor@1.4.5" >/dev/null && tar -xzf ./*.tgz)
say "Bun $("$work/package/bin/bun" --version)"
secret=
bun() { env ${secret:+BUTCHER_PASSPHRASE=$secret} "$work/package/bin/bun" dist/cli/main.js "$@"; }
node_js() { env ${secret:+BUTCHER_PASSPHRASE=$secret} node bin/butcher.js "$@"; }

mkdir -p "$work/source/folder"
cp -r assets README.md "$work/source"
seq 1 200000 >"$work/source/folder/numbers"
head -c 3000000 /dev/urandom >"$work/source/folder/noise"
touch "$work/source/folder/"$'two\nlines' "$work/source/folder/"$'not-utf8-\xff'
ln -s numbers "$work/source/folder/link"
ln "$work/source/folder/numbers" "$work/source/hard"
touch -d '2001-02-03 04:05:06.123456789' "$work/source/README.md"
same() {
  diff -r --no-dereference "$work/source" "$1"
  [ "$(stat -c %y "$1/README.md")" = "$(stat -c %y "$work/source/README.md")" ]
  [ "$(stat -c %h "$1/hard")" = 2 ]
}

[ "$(bun --version)" = "$(node_js --version)" ]
for way in plain encrypted bz2; do
  more=()
  [ $way != encrypted ] || more=(--encrypt) secret=secret
  [ $way != bz2 ] || more=(--compress bz2)
  for kind in bun node_js; do
    other=node_js
    [ $kind = bun ] || other=bun
    say "$kind makes a backup, and $other restores it: $way"
    $kind backup "$work/source" "$work/of-$kind-$way" "${more[@]}" --quiet
    for by in bun node_js; do
      $by restore "$work/of-$kind-$way" "$work/of-$kind-$way-by-$by" --quiet
      same "$work/of-$kind-$way-by-$by"
    done
    $other backup "$work/source" "$work/of-$kind-$way" --quiet
    bun list "$work/of-$kind-$way" >"$work/list-bun"
    node_js list "$work/of-$kind-$way" | cmp - "$work/list-bun"
    bun log "$work/of-$kind-$way" | grep -c '^'
    bun verify "$work/of-$kind-$way" | grep '^sound'
  done
  secret=
done
echo 'Bun and Node.js read each other'
