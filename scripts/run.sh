#!/usr/bin/env bash
# Builds what is missing and starts the example shop, its simulated visitors and the dashboard.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/build.sh
say "==> isotherm demo (stop it with Ctrl-C)"
exec target/release/isotherm demo
