#!/usr/bin/env bash
# Installs what a purpose needs and this machine lacks. Changes nothing where everything is there.
#
#   scripts/setup.sh run|test|check
#
# run:   a C and C++ compiler (librdkafka, zstd and the TLS library of the listeners are built from source), the headers of
#        OpenSSL (for TLS to Kafka) and npm.
# test:  the same, Java and Maven (Apache Kafka), Chromium and Firefox, Python (schemathesis).
# check: the same as run, rustfmt, clippy and cargo-deny.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

purpose=${1:-}
case "$purpose" in
  run | test | check) ;;
  *) fail "usage: scripts/setup.sh run|test|check" ;;
esac

# Tools that are built here go below target/, so that nothing of the user's is replaced.
tools=target/tools
deny_version=0.20.2

# Oldest versions that work. Rust's is read from the manifest, where cargo looks too.
rust_min=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
# What the dashboard's build tool asks for.
node_min=20.19

# needs COMMAND PACKAGE: notes the Debian package when the command is missing.
missing=()
needs() { command -v "$1" >/dev/null 2>&1 || missing+=("$2"); }

# Whether version $1 is at least version $2.
at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

debian_packages() {
  needs gcc gcc
  needs g++ g++
  needs make make
  needs git git
  needs flock util-linux
  needs npm npm
  needs node nodejs
  # A compiler without the C library's headers is what a bare Debian container has.
  [ -e /usr/include/stdlib.h ] || missing+=(libc6-dev)
  needs pkg-config pkg-config
  [ -e /usr/include/openssl/ssl.h ] || missing+=(libssl-dev)
  if [ "$purpose" = test ]; then
    needs java default-jre-headless
    needs mvn maven
    needs chromium chromium
    needs firefox-esr firefox-esr
    needs curl curl
    needs python3 python3
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || missing+=(python3-venv)
    # The example shop's places are measured as Chromium draws them: the same letters everywhere.
    [ -d /usr/share/fonts/truetype/liberation ] || missing+=(fonts-liberation)
    [ -d /usr/share/fonts/truetype/dejavu ] || missing+=(fonts-dejavu-core)
  fi
  [ ${#missing[@]} -eq 0 ] || install_packages
}

install_packages() {
  local as_root=()
  command -v apt-get >/dev/null 2>&1 ||
    fail "setup: missing: ${missing[*]}. This is not a Debian machine: install them with its package manager and run this again."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 ||
      fail "setup: missing: ${missing[*]}. Run as root: apt-get install ${missing[*]}"
    sudo -n true 2>/dev/null || [ -t 1 ] ||
      fail "setup: missing: ${missing[*]}, and sudo wants a password. Run: sudo apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "setup: installing ${missing[*]} with apt-get, which may take a few minutes"
  step "apt-get update" "${as_root[@]}" apt-get update -q
  step "apt-get install" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}

rust_and_node() {
  command -v cargo >/dev/null 2>&1 ||
    fail "setup: cargo is missing. Debian's is too old: install Rust $rust_min or newer from https://rustup.rs"
  local rust node
  rust=$(rustc --version | cut -d ' ' -f 2)
  at_least "$rust" "$rust_min" ||
    fail "setup: Rust is $rust, Isotherm needs $rust_min or newer. Run: rustup update stable"
  node=$(node --version)
  at_least "${node#v}" "$node_min" ||
    fail "setup: Node.js is $node, Isotherm needs $node_min or newer (Debian 13 has it; for Debian 12 see https://nodejs.org)"
}

check_tools() {
  local component
  for component in fmt clippy; do
    command -v "cargo-$component" >/dev/null 2>&1 && continue
    command -v rustup >/dev/null 2>&1 ||
      fail "setup: cargo $component is missing. Install it with the Rust you have (rustup: 'rustup component add rustfmt clippy')"
    step "rustup component add" rustup component add rustfmt clippy
  done
  command -v cargo-deny >/dev/null 2>&1 || [ -x "$tools/bin/cargo-deny" ] && return
  say "setup: building cargo-deny $deny_version, once, which takes some minutes"
  # Without optimisation: it is built longer than it ever runs.
  step "cargo install cargo-deny" cargo install --locked --debug --quiet \
    --root "$tools" --target-dir target/tools/build --version "$deny_version" cargo-deny
  rm -rf target/tools/build
}

# What asks the API according to its document, as scripts/schemathesis.txt pins it. Made anew where that changed.
schemathesis() {
  local folder=$tools/schemathesis
  cmp -s scripts/schemathesis.txt "$folder/made-of" && return
  rm -rf "$folder"
  step "python packages of schemathesis" python_packages "$folder"
  cp scripts/schemathesis.txt "$folder/made-of"
}

python_packages() {
  python3 -m venv "$1"
  "$1/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r scripts/schemathesis.txt
}

debian_packages
rust_and_node
[ "$purpose" != check ] || check_tools
[ "$purpose" != test ] || schemathesis
