#!/usr/bin/env bash
# Every test, on real parts. Ends with 0 only if all passed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

began=$SECONDS
scripts/setup.sh test
scripts/build.sh
step "engine and country file for tests" scripts/assets.sh target/assets
export ISOTHERM_ASSETS="$top/target/assets"

for folder in js-snippet dashboard demo e2e; do
  step "npm packages of $folder" npm_packages "$folder"
done

step "build tests" cargo test --workspace --locked --no-run
# The faults on real processes have a line and a time of their own, and the machine to themselves.
shown "cargo test" cargo test --workspace --exclude isotherm-chaos --locked --no-fail-fast --quiet
shown "chaos on real processes, short form" cargo test -p isotherm-chaos --locked --quiet -- --nocapture

shown "the API against its document" scripts/schema-fuzz.sh
shown "browser script tests" npm_script js-snippet test
shown "dashboard types" npm_script dashboard check
shown "example shop layout" npm_script demo check
shown "browser tests" npm_script e2e test

say "make test: all passed in $((SECONDS - began)) s"
