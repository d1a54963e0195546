#!/usr/bin/env bash
# The long proof that nobody is known: canaries and seeded leaks with several seeds, non-interference over 1,000 streams.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${ISOTHERM_PROVE_ROUNDS:-3}
seed=${ISOTHERM_SEED:-$(date +%s)}

scripts/setup.sh test
step "engine and country file for tests" scripts/assets.sh target/assets
export ISOTHERM_ASSETS="$top/target/assets"
step "browser script" browser_script
step "dashboard" dashboard

step "build tests" cargo test --locked -p isotherm-prove -p isotherm-ingest --no-run
ISOTHERM_INTERFERENCE_RUNS=1000 shown "non-interference, 1,000 streams" \
  cargo test --locked --quiet -p isotherm-ingest --test it interference
for round in $(seq "$rounds"); do
  ISOTHERM_SEED=$((seed + 2 * round)) shown "canaries and leaks, seed $((seed + 2 * round))" \
    cargo test --locked --quiet -p isotherm-prove --test it
done
say "make prove: all passed"
