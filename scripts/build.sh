#!/usr/bin/env bash
# Leaves target/release/isotherm with the engine and the country file beside it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/setup.sh run
step "browser script" browser_script
step "dashboard" dashboard
shown "engine and country file" scripts/assets.sh target/release/assets
step "isotherm (the first time this takes some minutes)" \
  cargo build --release --locked -p isotherm
