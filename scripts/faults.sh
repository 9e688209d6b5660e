#!/usr/bin/env bash
# npm run test:faults: a fault, a kill and a power loss at every call that changes the disk, in place of the
# few of the suite; FAULTS_STEP=5 takes every fifth, from the one that FAULTS_START says. All of them take
# hours.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/install.sh

FAULTS=all vitest run --reporter=verbose test/commands/backup/backup-faults.test.ts test/commands/restore/restore-faults.test.ts
