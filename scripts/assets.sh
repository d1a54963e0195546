#!/bin/sh
# Puts the embedded ClickHouse engine (libchdb.so) and the country file (country.mmdb) into a folder.
#
#   scripts/assets.sh target/assets
#
# What is fetched is pinned, with its hash, in assets-src/package-lock.json. A folder that was
# filled from the same lock file is left alone, so this is free to call before every build.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: scripts/assets.sh DEST   (for example: scripts/assets.sh target/assets)" >&2
    exit 2
fi

source_dir=$(cd "$(dirname "$0")/../assets-src" && pwd)
mkdir -p "$1"
dest_dir=$(cd "$1" && pwd)
stamp=$(sha256sum "$source_dir/package-lock.json" | cut -d' ' -f1)

up_to_date() {
    [ "$(cat "$dest_dir/.stamp" 2>/dev/null || true)" = "$stamp" ] &&
        [ -s "$dest_dir/libchdb.so" ] && [ -s "$dest_dir/country.mmdb" ]
}

if up_to_date; then
    exit 0
fi

# Two builds at once must not unpack into one folder at the same time.
exec 9>"$source_dir/.lock"
flock 9
if up_to_date; then
    exit 0
fi

modules="$source_dir/node_modules"
if [ "$(cat "$modules/.isotherm-stamp" 2>/dev/null || true)" != "$stamp" ]; then
    if ! command -v npm >/dev/null 2>&1; then
        echo "assets: npm is not installed; run 'make run' or 'make build', which install it, or 'apt-get install npm'" >&2
        exit 1
    fi
    echo "Fetching the engine and the country file, about 200 MB (580 MB on disk). This is done once…"
    if ! (cd "$source_dir" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error); then
        echo "assets: the engine could not be fetched; check the network connection and run this again" >&2
        exit 1
    fi
    printf '%s\n' "$stamp" >"$modules/.isotherm-stamp"
fi

# A hard link costs no disk; across file systems it has to be a copy. Both replace the old file in
# one step, so a running engine keeps the file that it has open.
place() {
    rm -f "$dest_dir/.$2.new"
    ln "$1" "$dest_dir/.$2.new" 2>/dev/null || cp "$1" "$dest_dir/.$2.new"
    mv -f "$dest_dir/.$2.new" "$dest_dir/$2"
}

place "$modules/@chdb/lib-linux-x64-gnu/libchdb.so" libchdb.so
place "$modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb" country.mmdb
printf '%s\n' "$stamp" >"$dest_dir/.stamp"
echo "Engine and country file are in $1"
