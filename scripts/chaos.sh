#!/usr/bin/env bash
# The long proof on real processes: ten rounds of all scenarios, then figures. Writes docs/chaos-report.md and .json.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${ISOTHERM_CHAOS_ROUNDS:-10}
seed=${ISOTHERM_SEED:-$(date +%s)}

scripts/setup.sh test
step "engine and country file for tests" scripts/assets.sh target/assets
export ISOTHERM_ASSETS="$top/target/assets"
step "browser script" browser_script
step "dashboard" dashboard

step "build the programme" cargo build --locked -p isotherm-chaos -p isotherm-testkit --bins
say "==> $rounds rounds of all scenarios from seed $seed; about half an hour on two cores"
target/debug/isotherm-chaos --rounds "$rounds" --seed "$seed" --long --figures --report docs
