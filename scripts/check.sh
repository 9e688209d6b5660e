#!/usr/bin/env bash
# npm run check: installs, builds, lints, runs all tests. The last line counts the tests.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/system-packages.sh gpg:gnupg gpg-agent:gpg-agent bzip2:bzip2 lbzip2:lbzip2 sqlite3:sqlite3 \
  xorriso:xorriso fusermount3:fuse3 fuseiso:fuseiso par2:par2 zstd:zstd xz:xz-utils lz4:lz4 zip:zip 7z:p7zip-full python3:python3 rsync:rsync ps:procps \
  setfattr:attr partclone.ext4:partclone mkfs.xfs:xfsprogs btrfs:btrfs-progs fsck.fat:dosfstools setfacl:acl chattr:e2fsprogs mkfs.ext4:e2fsprogs ntfscluster:ntfs-3g mkfs.exfat:exfatprogs mount.exfat-fuse:exfat-fuse \
  mandoc:mandoc mkudffs:udftools rsvg-convert:librsvg2-bin pdftoppm:poppler-utils zbarimg:zbar-tools \
  rclone:rclone parallel:parallel redis-server:redis-server gcc:gcc gcc:libc6-dev
. scripts/install.sh

npm run --silent build
npm run --silent lint
vitest run --reporter=default --reporter=./test/house/closing-line.ts
