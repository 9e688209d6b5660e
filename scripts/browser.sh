#!/usr/bin/env bash
# browser.sh: index.html in a headless Chromium. INDEX_PICTURES=FOLDER keeps the pages and screenshots.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh chromium:chromium
export PATH=$PWD/node_modules/.bin:$PATH
exec vitest run --config vitest.browser.config.ts
