#!/usr/bin/env bash
# npm run test:page: each screen of the page in a headless Chromium: axe, keyboard, widths, states.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh chromium:chromium
. scripts/install.sh
npm run --silent build
exec vitest run --config vitest.page.config.ts
