#!/usr/bin/env bash
# Compares `ipcs --namespace all` with lsns of util-linux, which only lists the namespaces.
# Prints Markdown as compare.sh does: 200 IPC namespaces with 5 processes and 10 objects each.
#
#   benches/namespaces.sh [COMMAND...]
#
# COMMAND is run in the scene instead of the comparison, for example a profiler or a shell.
# Needs root and strace. The scene is in a private pid namespace, whose processes end with this
# script. Run it on an idle machine, or with real-time priority: chrt -f 10 benches/namespaces.sh
# IPCS_BIN_DIR can name a directory with our programs, instead of those built here.
set -euo pipefail

namespaces=200

die() { echo "namespaces.sh: $1" >&2; exit 1; }

if [ -z "${IPCS_NAMESPACES_SCENE-}" ]; then
  cd "$(dirname "$0")/.."
  unshare --ipc --pid --fork --mount-proc true 2>/dev/null ||
    die "cannot create private namespaces: run it as root"
  [ -n "${IPCS_BIN_DIR-}" ] || cargo build --release --bins >&2
  cargo build --example measure >&2
  IPCS_NAMESPACES_SCENE=1 exec unshare --ipc --pid --fork --kill-child --mount-proc -- \
    "benches/${0##*/}" "$@"
fi

target=${CARGO_TARGET_DIR:-target}
ours=${IPCS_BIN_DIR:-$target/release}
measure=$target/debug/examples/measure
lsns=$(command -v lsns) || die "lsns is needed for the comparison"
export LC_ALL=C TZ=UTC

# One namespace: three objects of each kind and one more, and five processes.
# shellcheck disable=SC2016 # Expanded by the shell within the namespace.
one='"$1" make 3 >/dev/null && "$2" -M 4096 >/dev/null || exit
for _ in 1 2 3 4; do sleep infinity & done
echo ready
exec sleep infinity >/dev/null'

make_scene() {
  local at line from
  for ((at = 0; at < namespaces; at++)); do
    exec {from}< <(exec unshare --ipc bash -c "$one" one "$measure" "$ours/ipcmk" 2>&1)
    # Each starts when the one before is ready.
    read -r line <&"$from" || line="it ended"
    [ "$line" = ready ] || die "cannot make a namespace: $line"
    exec {from}<&-
  done
}

make_scene
if [ $# -gt 0 ]; then
  "$@"
  exit
fi

found=$("$ours/ipcs" --list-namespaces --json | grep -o '"namespace":' | wc -l)
[ "$found" -gt "$namespaces" ] || die "only $found namespaces were found"
echo "$("$lsns" --version | sed 's/^lsns from //'), Linux $(uname -r), $(nproc) processors"
printf '\n### %s namespaces with 5 processes and 10 objects each\n\n' "$namespaces"
"$measure" head
row() { "$measure" row "$1" --no-source --runs 31 --seconds 10 -- "${@:2}" -- "$lsns" -t ipc; }
row "\`ipcs --namespace all\`, against lsns -t ipc" "$ours/ipcs" --namespace all
row "the same, \`--json\`" "$ours/ipcs" --namespace all --json
row "\`ipcs --list-namespaces\`, against lsns -t ipc" "$ours/ipcs" --list-namespaces
