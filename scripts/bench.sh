#!/usr/bin/env bash
# Builds, measures, and writes benches/RESULTS.md. See benches/README.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/build.sh
shown "benchmarks" benches/run.sh
