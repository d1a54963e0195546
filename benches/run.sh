#!/usr/bin/env bash
# Builds the benchmarks, runs them and writes RESULTS.md beside this file. Called by `make bench`, after the release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
release=$CARGO_TARGET_DIR/release

command -v taskset >/dev/null || { echo "taskset is missing: install the package util-linux" >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo "these benchmarks need two cores: one for the server, one for the generator" >&2; exit 1; }
[ -x "$release/isotherm" ] || { echo "$release/isotherm is missing: run make build" >&2; exit 1; }

cargo build --release --locked -p isotherm-benches
# The file system under target/ is the one that is measured. The generator has core 1, servers put themselves on core 0.
exec taskset -c 1 "$release/isotherm-benches" all --isotherm "$release/isotherm" --dir "$CARGO_TARGET_DIR" --out benches/RESULTS.md
