#!/usr/bin/env bash
# npm run test:deb: makes the Debian package, shows it to lintian and systemd, installs it in a container of
# Debian 12, and works with it there. It needs root for the base image of the container.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh dpkg-deb:dpkg lintian:lintian systemd-analyze:systemd systemd-socket-activate:systemd strip:binutils
. scripts/install.sh
. scripts/container-engine.sh
say() { printf '\n--- %s\n' "$*"; }

work=$(mktemp -d "${TMPDIR:-/tmp}/butcher-deb.XXXXXX")
trap 'rm -rf "$work"' EXIT
deb=${1:-}
if [ -z "$deb" ]; then
  npm run --silent deb -- --out "$work/butcher.deb"
  deb=$work/butcher.deb
fi

say lintian
lintian --fail-on error,warning "$deb"

say units
dpkg-deb -x "$deb" "$work/tree"
for scope in system user; do
  mkdir "$work/$scope"
  for unit in "$work/tree/usr/lib/systemd/$scope"/*; do
    sed "s|=/usr/bin/butcher|=$work/tree/usr/bin/butcher|; /^Documentation=/d" "$unit" >"$work/$scope/${unit##*/}"
  done
  XDG_RUNTIME_DIR=$work systemd-analyze verify "--$scope" "$work/$scope"/*
done

say a socket of systemd
export XDG_RUNTIME_DIR=$work/run XDG_STATE_HOME=$work/state XDG_CONFIG_HOME=$work/config XDG_DATA_HOME=$work/data
mkdir -p -m 700 "$work/run/butcher"
(
  exec systemd-socket-activate -l "$work/run/butcher/daemon.sock" -E XDG_RUNTIME_DIR -E XDG_STATE_HOME -E XDG_CONFIG_HOME \
    -E XDG_DATA_HOME "$work/tree/usr/bin/butcher" daemon
) >"$work/activate.log" 2>&1 &
daemon=$!
for _ in $(seq 100); do [ -S "$work/run/butcher/daemon.sock" ] && break || sleep 0.1; done
# A unit says SocketMode=0600. This program has no such option, and butcher refuses a socket that others can
# reach.
chmod 600 "$work/run/butcher/daemon.sock"
# This question starts the daemon, and gets its answer.
"$work/tree/usr/bin/butcher" web --no-open --json | grep '"type":"link"'
kill "$daemon"
wait "$daemon" || true
grep 'the daemon has ended' "$work/activate.log"
unset XDG_RUNTIME_DIR XDG_STATE_HOME XDG_CONFIG_HOME XDG_DATA_HOME

say in a container
[ "$deb" = "$work/butcher.deb" ] || cp "$deb" "$work/butcher.deb"
cp scripts/deb/in-container.sh "$work"
container_run -v "$work:/deb:ro" "$base_image" bash /deb/in-container.sh
