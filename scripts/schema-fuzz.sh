#!/usr/bin/env bash
# Asks the API of a running installation with data whatever its OpenAPI document allows, and what it does not: no answer may be
# a fault of the server, none may be one that the document does not have; and each operation must have succeeded once, else all
# that was asked of it ended at its first check. The same questions in every run.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# How long is asked, seconds, and what makes the questions the same.
seconds=120
seed=20261122
page_views=1500
# Some of them are sealed.
days=5
site=simulated-shop

binary=${1:-target/release/isotherm}
fuzzer=target/tools/schemathesis/bin/schemathesis
[ -x "$fuzzer" ] || fail "schemathesis is missing: run scripts/setup.sh test"

folder=$(mktemp -d)
shop=
# The shop is stopped however this ends; its data goes with it.
stop() {
  [ -z "$shop" ] || kill "$shop" 2>/dev/null || true
  [ -z "$shop" ] || wait "$shop" 2>/dev/null || true
  rm -rf "$folder"
}
trap stop EXIT

"$binary" demo --port 0 --page-views "$page_views" --days "$days" --data-dir "$folder/data" >"$folder/out" 2>"$folder/log" &
shop=$!
for _ in $(seq 240); do
  grep -q '^Token:' "$folder/out" && break
  kill -0 "$shop" 2>/dev/null || fail "the example shop did not start: $(tail -n 3 "$folder/log")"
  sleep 0.5
done
url=$(sed -n 's|^Dashboard: \(http://[^/]*\)/.*|\1|p' "$folder/out")
[ -n "$url" ] || fail "the example shop was not ready in time: $(tail -n 3 "$folder/out")"

token=$("$binary" token create --site "$site" --admin --data-dir "$folder/data" --json | sed 's/.*"token":"\([^"]*\)".*/\1/')
"$binary" site set "$site" --public-countries true --data-dir "$folder/data" --json >/dev/null

# made PATH BODY: what the API answers to a body, for the site.
made() {
  curl --silent --show-error --fail --header "Authorization: Bearer $token" --json "$2" "$url/api/v1/sites/$site/$1"
}
# told PATH BODY PATTERN: what the pattern's group finds in that answer, as a line of a dictionary.
told() { made "$1" "$2" | sed "s|.*$3.*|\"\1\"\n|"; }

# What cannot be guessed: the questions that need it would only ever be refused.
tomorrow=$(date --utc --date tomorrow +%F)
cp scripts/schemathesis.toml "$folder"
for name in tomorrow today yesterday; do
  date --utc --date "$name" '+"%F"' >"$folder/$name"
done
printf '"%s"\n' "$token" >"$folder/tokens"
told grants '{"page":"/product/teapot"}' 'isotherm-heat=\([^"]*\)' >"$folder/grants"
told shares "{\"expires\":\"$tomorrow\"}" '/shared/\([^"]*\)' >"$folder/secrets"
for name in shares tokens; do
  told "$name" "{\"expires\":\"$tomorrow\"}" '"id":"\([^"]*\)' >>"$folder/ids"
done

# Of the checks, those that hold a server to its document; `use_after_free` and the like need links between operations.
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance
checks+=,response_schema_conformance,negative_data_rejection,unsupported_method,allow_header_conformance,ignored_auth
# Every request names its origin: schemathesis would send that of the first operation with all others.
"$fuzzer" --config-file "$folder/schemathesis.toml" run "$url/api/v1/openapi.json" \
  --header "Authorization: Bearer $token" --header "Origin: $url" --checks "$checks" --phases coverage,fuzzing \
  --generation-database none --seed "$seed" --max-time "$seconds" --max-examples 30 --continue-on-failure --warnings off \
  --report ndjson --report-ndjson-path "$folder/report.ndjson"
python3 scripts/answered.py schemas/openapi.json "$folder/report.ndjson"
