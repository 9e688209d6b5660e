#!/bin/sh
# butcher in a container, as the user whom the destination belongs to: what it writes is that user's, and a
# folder that belongs to root alone keeps it root. `docker run --user ...` and `-e BUTCHER_USER=uid:gid`
# decide otherwise.
#
# The destination is the last argument that is a path from `/` and leads into a folder: `/dest` of `backup
# /src /dest`, and `/out` of `restore /dest /out/photos`, although /out/photos is not there yet.
set -eu

[ "$(id -u)" = 0 ] || exec butcher "$@"

owner=${BUTCHER_USER:-}
if [ -z "$owner" ]; then
  owner=65534:65534 # nobody: no folder is named, so nothing needs an owner
  for argument; do
    case $argument in
      /*)
        folder=$argument
        while [ ! -e "$folder" ]; do folder=$(dirname "$folder"); done
        if [ -d "$folder" ] && [ "$folder" != / ]; then owner=$(stat -c %u:%g "$folder"); fi
        ;;
    esac
  done
fi

uid=${owner%%:*}
gid=${owner#*:}
[ "$uid" != 0 ] || exec butcher "$@"
export HOME=/tmp
exec setpriv --reuid "$uid" --regid "$gid" --clear-groups --no-new-privs butcher "$@"
