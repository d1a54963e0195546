#!/usr/bin/env bash
# The long proof: a million simulated schedules, five rounds of all scenarios on real processes and more until each point
# is met ten times, then figures. Writes docs/chaos-report.md and .json.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${ISOTHERM_CHAOS_ROUNDS:-5}
seed=${ISOTHERM_SEED:-$(date +%s)}
schedules=${ISOTHERM_SIM_SCHEDULES:-1000000}
simulation="$top/target/simulation.json"

simulate() {
  ISOTHERM_SIM_SCHEDULES=$schedules ISOTHERM_REPORT=$simulation cargo test --release --locked --quiet \
    -p isotherm-aggregate --test it -- --exact \
    simulation::every_click_is_counted_exactly_once_whatever_happens --nocapture
}

scripts/setup.sh test
step "engine and country file for tests" scripts/assets.sh target/assets
export ISOTHERM_ASSETS="$top/target/assets"
# Figures are measured on what is delivered; fault points need a build for tests.
scripts/build.sh

shown "$schedules simulated schedules" simulate
step "build the programme" cargo build --locked -p isotherm-chaos -p isotherm-testkit --bins
say "==> $rounds rounds of all scenarios from seed $seed, each point at least ten times; with five rounds that takes about an hour on two cores"
target/debug/isotherm-chaos --rounds "$rounds" --seed "$seed" --long --figures --release target/release/isotherm \
  --simulation "$simulation" --report docs
