#!/usr/bin/env bash
# npm run test:devices: disks that are slow, have bad sectors, are unplugged, or lie about their size. They
# are loop devices over nbdkit. It needs root, and installs the packages nbdkit and libnbd-bin.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh nbdkit:nbdkit nbdfuse:libnbd-bin fusermount3:fuse3
. scripts/install.sh
exec vitest run --config vitest.devices.config.ts
