#!/usr/bin/env bash
# scripts/test-deb.sh runs this as root in a container of Debian 12: installs the package and works with it.
set -euo pipefail
say() { printf '\n--- %s\n' "$*"; }
# The program finds no other Node.js.
own() { env -i HOME=/root PATH=/usr/bin:/bin LC_ALL=C.UTF-8 "$@"; }
until_true() {
  for _ in $(seq 600); do ! "$@" 2>/dev/null || return 0; sleep 0.1; done
  echo "does not come true: $*" >&2
  return 1
}

say install
# --force-depends is not given: everything that it needs is in the smallest Debian.
dpkg -i /deb/butcher.deb
own butcher --version
own butcher licenses | grep -q '^openpgp [0-9]'
for file in /usr/share/man/man1/butcher-backup.1.gz /usr/share/zsh/vendor-completions/_butcher \
  /usr/share/fish/vendor_completions.d/butcher.fish /usr/share/bash-completion/completions/butcher \
  /usr/lib/systemd/system/butcher.service /usr/lib/systemd/user/butcher.service /usr/share/doc/butcher/copyright; do
  [ -s "$file" ]
done
bash -c '. /usr/share/bash-completion/completions/butcher && complete -p butcher'
# Nothing is enabled.
[ -z "$(find /etc/systemd -name 'butcher*')" ]

say a backup and a restore
mkdir -p /srv/source /srv/store
cp -r /usr/share/doc/butcher /usr/share/man /srv/source
own butcher backup /srv/source /srv/set --medium 50MB --quiet
own BUTCHER_PASSPHRASE=secret butcher backup /srv/source /srv/sealed --encrypt --quiet
own butcher restore /srv/set /srv/out --quiet
own BUTCHER_PASSPHRASE=secret butcher restore /srv/sealed /srv/out-sealed --quiet
diff -r /srv/source /srv/out
diff -r /srv/source /srv/out-sealed

say the daemon of the machine
start=$(sed -n 's/^ExecStart=//p' /usr/lib/systemd/system/butcher.service)
own butcher item add docs /srv/source --system
own butcher store add disk --path /srv/store --system
own butcher schedule add once --cron '' --system
own butcher job add nightly --target-name docs --store-name disk --frequency-id once --system
# A function in the background would be a shell of its own, and would get the signals.
# shellcheck disable=SC2086
env -i HOME=/root PATH=/usr/bin:/bin LC_ALL=C.UTF-8 $start &
daemon=$!
has_run() { own butcher run list --system --json | grep -q '"state":"ok"'; }
until_true has_run
link=$(own butcher web --system --no-open --port 8484)
# curl is not in the smallest Debian.
page() {
  exec 5<>/dev/tcp/127.0.0.1/8484
  printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:8484\r\nConnection: close\r\n\r\n' "$1" >&5
  cat <&5
}
page / | grep -i '<title>'
page "${link#http://127.0.0.1:8484}" | grep -i '^set-cookie: butcher-8484='
own butcher list /srv/store/nightly >/dev/null
own butcher daemon logs --system | grep 'starting nightly'
kill -HUP "$daemon"
log_has() { own butcher daemon logs --system | grep -q "$1"; }
until_true log_has 'read the definitions again; jobs: 1'
kill "$daemon"
wait "$daemon"

say remove and purge
printf 'secret\n' >/tmp/secret
own butcher secret set home --passphrase-file /tmp/secret --system
dpkg -r butcher
[ -f /etc/default/butcher ] && [ -d /etc/butcher ] && [ ! -e /usr/bin/butcher ]
dpkg --purge butcher
[ ! -e /etc/butcher ] && [ ! -e /etc/default/butcher ] && [ ! -e /var/lib/butcher/jobs.sqlite ]
[ -f /var/lib/butcher/secrets/home ]
echo 'all of it worked'
