# What can be done here. Each target is one script; the scripts install what they need.

.DEFAULT_GOAL := help
.PHONY: help run build test check chaos prove bench

help: ## Print this list
	@sed -n 's/^\([a-z]*\): ## \(.*\)/  make \1	\2/p' Makefile | expand -t 16

run: ## Build and start the example shop with simulated visitors and the dashboard (port 8080, or ISOTHERM_PORT)
	@scripts/run.sh

build: ## Leave target/release/isotherm with everything it needs beside it
	@scripts/build.sh

test: ## Run every test on real parts: Kafka, ClickHouse, Chromium
	@scripts/test.sh

check: ## Format, lints, docs, dependency audit, house rules
	@scripts/check.sh

chaos: ## The long proof that nothing is lost or counted twice: kills, halts, outages; writes docs/chaos-report.md
	@scripts/chaos.sh

prove: ## The long proof that nobody is known: canaries, seeded leaks, non-interference; writes docs/privacy-report.md
	@scripts/prove.sh

bench: ## Measure and write benches/RESULTS.md
	@scripts/bench.sh
