#!/usr/bin/env bash
# Format, lints, docs, dependency audit, house rules. Quiet but for step lines and errors.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PATH="$PATH:$top/target/tools/bin"

# How long fetching the advisory database may take.
advisories_fetch_s=60
# Set to 1 where a check without the advisory database must not pass.
require_advisories=${ISOTHERM_REQUIRE_ADVISORIES:-0}
unchecked=

# `cargo deny check advisories`, or a clear word that it could not be done: never a silent pass.
advisories() {
  local log="$logs/advisory-database.log"
  if timeout "$advisories_fetch_s" cargo deny fetch db >"$log" 2>&1 </dev/null; then
    step "advisories" cargo deny --locked check --hide-inclusion-graph --disable-fetch advisories
    return
  fi
  if ls "${CARGO_HOME:-$HOME/.cargo}"/advisory-dbs/*/crates >/dev/null 2>&1; then
    step "advisories (the database could not be renewed)" \
      cargo deny --locked check --hide-inclusion-graph --disable-fetch advisories
    return
  fi
  unchecked="advisories NOT CHECKED: the RustSec database could not be fetched within $advisories_fetch_s s ($(grep . "$log" | tail -n 1 | cut -c 1-160))"
  say "==> $unchecked"
  [ "$require_advisories" != 1 ] || fail "ISOTHERM_REQUIRE_ADVISORIES=1: stopping"
}

scripts/setup.sh check
step "format" cargo fmt --all --check
step "house rules" cargo run --locked --quiet -p xtask -- tidy
step "browser script" browser_script
step "dashboard" dashboard
step "clippy" cargo clippy --workspace --all-targets --locked -- -D warnings
RUSTDOCFLAGS="-D warnings" step "rustdoc" cargo doc --workspace --no-deps --locked --document-private-items
step "dependencies: bans, licences, sources" \
  cargo deny --locked check --hide-inclusion-graph bans licenses sources
advisories

for folder in js-snippet demo e2e; do
  [ -e "$folder/tsconfig.json" ] || continue
  step "npm packages of $folder" npm_packages "$folder"
  has_script "$folder" check || fail "$folder has a tsconfig.json but no script 'check': add it to its package.json"
  step "types of $folder" npm_script "$folder" check
done

say "make check: all passed${unchecked:+, but $unchecked}"
