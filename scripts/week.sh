#!/usr/bin/env bash
# npm run test:week: a week of three jobs in a headless Chromium, with a clock of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh chromium:chromium faketime:faketime rclone:rclone
. scripts/install.sh
npm run --silent build
exec vitest run --config vitest.week.config.ts
