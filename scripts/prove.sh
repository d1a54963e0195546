#!/usr/bin/env bash
# The long proof that nobody is known: scrubbing over ten corpora and 20,000 fuzzed texts, non-interference over 1,000 streams, then
# canaries and seeded leaks with several seeds, on one machine and in a cluster. Writes docs/privacy-report.md.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

rounds=${ISOTHERM_PROVE_ROUNDS:-3}
streams=${ISOTHERM_INTERFERENCE_RUNS:-1000}
texts=${ISOTHERM_SCRUB_CASES:-20000}
seed=${ISOTHERM_SEED:-$(date +%s)}

scripts/setup.sh test
step "engine and country file for tests" scripts/assets.sh target/assets
export ISOTHERM_ASSETS="$top/target/assets"
step "browser script" browser_script
step "dashboard" dashboard

step "build tests" cargo test --locked -p isotherm-prove -p isotherm-ingest -p isotherm-core --no-run
step "build the programme" cargo build --locked -p isotherm-prove -p isotherm-testkit --bins
ISOTHERM_SCRUB_SEEDS=10 shown "scrubbing, ten corpora" \
  cargo test --locked --quiet -p isotherm-core --test it scrubbing
ISOTHERM_SCRUB_CASES="$texts" shown "scrubbing, $texts fuzzed texts" \
  cargo test --locked --quiet -p isotherm-core --lib scrub::tests::whatever_comes
ISOTHERM_INTERFERENCE_RUNS="$streams" shown "non-interference, $streams streams" \
  cargo test --locked --quiet -p isotherm-ingest --test it interference
shown "canaries and leaks, $rounds rounds from seed $seed; some minutes each" \
  target/debug/isotherm-prove --rounds "$rounds" --seed "$seed" --streams "$streams" --report docs \
  --note "$rounds rounds from seed $seed, $(date -u +%F), commit $(git rev-parse --short HEAD), debug build."
say "make prove: all passed; docs/privacy-report.md has the figures"
