#!/usr/bin/env bash
# Writes the pages of docs/reference, each by `consilience explain --kind KIND --format markdown`. A test of the program says when
# they are stale.
#
#   scripts/write-reference.sh [PROGRAM]     by default the one that cargo builds
set -euo pipefail
cd "$(dirname "$0")/.."

if [ $# -eq 0 ]; then
    cargo build --quiet --locked
    set -- target/debug/consilience
fi
mkdir -p docs/reference
for kind in models layers losses initialisations data label_noise treatments aggregators transforms penalties quantities \
    training_set scores measures settings; do
    "$1" explain --kind "$kind" --format markdown > "docs/reference/$kind.md"
done
