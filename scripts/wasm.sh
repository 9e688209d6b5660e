#!/usr/bin/env bash
# npm run test:wasm: builds the bzip2 of src/compress/bzip2/ again, and compares it with the committed module.
# Debian 12 has the compiler that made the module.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/system-packages.sh clang:clang wasm-ld:lld
. scripts/install.sh

node scripts/build-bzip2.ts --check
