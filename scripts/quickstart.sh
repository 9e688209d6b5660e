#!/usr/bin/env bash
# npm run quickstart: installs, builds, makes an encrypted backup of this repository's own tree onto small
# media, restores it and compares. Leaves everything in a folder of its own under the folder for temporary
# files.
set -euo pipefail
cd "$(dirname "$0")/.."

. scripts/install.sh
npm run --silent build

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-quickstart.XXXXXX")
(umask 077 && od -An -N18 -tx1 /dev/urandom | tr -d ' \n' >"$work/passphrase")

step() {
  printf '\n$ %s\n' "$*"
  "$@"
}
step node bin/butcher.js backup . "$work/discs" --medium 400kB --chunk-size 100kB \
  --exclude /node_modules --exclude /dist --exclude /.git --passphrase-file "$work/passphrase"
step node bin/butcher.js restore "$work/discs" "$work/restored" --passphrase-file "$work/passphrase"
step diff --recursive --no-dereference --exclude node_modules --exclude dist --exclude .git . "$work/restored"

# The machine's own Node.js may be too old for what somebody types afterwards.
butcher=$PWD/bin/butcher.js
PATH=${PATH//"$own_bin:"/} "$butcher" --version >/dev/null 2>&1 || butcher="$own_bin/node $butcher"
cat <<END

The tree came back the same. It is all in $work:
  discs/       a folder for each disc, to be burned as it is
  restored/    what came back from them
  passphrase   what they are encrypted with

Look at a disc, as somebody would who has nothing else:
  cat $work/discs/disc-0001/README.txt

Back up a folder of your own; the second time, only what has changed is stored:
  $butcher backup ~/Pictures ~/discs --encrypt --medium bd25
  $butcher restore ~/discs ~/restored

Try it with everything that is there: $butcher --help
Remove the trial: rm -r $work
END
