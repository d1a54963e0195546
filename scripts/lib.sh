# Sourced by the scripts beside it: named steps with their time, and npm folders. Not to be run.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$top"

# One place for what is built, also where the user's cargo has another.
export CARGO_TARGET_DIR="$top/target"

# What the quiet steps print goes here, one file per step.
logs=target/logs
mkdir -p "$logs"

# After this many seconds without a word a quiet step says that it is still at it.
heartbeat_s=15
heartbeat_pid=
trap '[ -z "$heartbeat_pid" ] || kill "$heartbeat_pid" 2>/dev/null || true' EXIT

say() { printf '%s\n' "$*"; }

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Says every few seconds what the last line of a log is, until it is stopped or this script is gone.
heartbeat() {
  local name=$1 log=$2 since=$SECONDS
  while sleep "$heartbeat_s" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    printf '    %s, %d s: %s\n' "$name" $((SECONDS - since)) "$(tail -n 1 "$log" | cut -c 1-100)"
  done
}

# step NAME COMMAND…: runs the command quietly; on failure shows what it printed and stops.
step() {
  local name=$1 log="$logs/${1//[^a-zA-Z0-9]/-}.log" since=$SECONDS code
  shift
  printf '==> %s\n' "$name"
  : >"$log"
  heartbeat "$name" "$log" &
  heartbeat_pid=$!
  # In a subshell of its own, so that a function given here also stops at its first failure.
  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  code=$?
  set -e
  kill "$heartbeat_pid" 2>/dev/null || true
  wait "$heartbeat_pid" 2>/dev/null || true
  heartbeat_pid=
  if [ "$code" -ne 0 ]; then
    tail -n 200 "$log" >&2
    fail "==> $name failed after $((SECONDS - since)) s (all of it: $log)"
  fi
  printf '    done in %d s\n' $((SECONDS - since))
}

# shown NAME COMMAND…: the same, but what the command prints is seen as it comes.
shown() {
  local name=$1 since=$SECONDS code
  shift
  printf '==> %s\n' "$name"
  set +e
  (set -e; "$@") </dev/null
  code=$?
  set -e
  [ "$code" -eq 0 ] || fail "==> $name failed after $((SECONDS - since)) s"
  printf '    done in %d s\n' $((SECONDS - since))
}

# Installs a folder's npm packages as its lock file says, unless that was done since the file changed.
npm_packages() {
  local folder=$1
  if [ "$folder/node_modules/.package-lock.json" -nt "$folder/package-lock.json" ]; then
    return
  fi
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  touch "$folder/node_modules/.package-lock.json"
}

# Whether a folder's package.json has a script of this name.
has_script() {
  node -e 'process.exit(JSON.parse(require("fs").readFileSync(process.argv[1])).scripts?.[process.argv[2]] ? 0 : 1)' \
    "$1/package.json" "$2"
}

# npm_script FOLDER NAME: runs one script of a folder's package.json.
npm_script() { (cd "$1" && npm run --silent "$2"); }

# The files the binary embeds: cargo needs them before it starts.
browser_script() {
  npm_packages js-snippet
  npm_script js-snippet build
}
dashboard() {
  npm_packages dashboard
  npm_script dashboard build
}
