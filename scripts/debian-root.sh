# Sourced: `debian_root NAME SUITE OPTION...` makes $roots/NAME, a root of Debian, by debootstrap. A root that
# is there stays.

roots=/var/tmp/butcher-roots

debian_root() {
  [ ! -e "$roots/$1.made" ] || return 0
  mkdir -p "$roots"
  rm -rf --one-file-system "${roots:?}/$1"
  local mirror
  mirror=$(
    grep -rhoE 'https?://[^ ]*debian[^ ]*' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
      grep -vE 'security|snapshot' | head -n 1
  )
  debootstrap --variant=minbase "${@:3}" "$2" "$roots/$1" "${mirror:-http://deb.debian.org/debian}" >&2
  touch "$roots/$1.made"
}
