#!/usr/bin/env bash
# Compares `ipcs --posix -m` with `ls -l`, and `ipcrm --all=pshm` with rm, for 50,000 files in
# /dev/shm. Prints Markdown as compare.sh does.
#
#   benches/posix.sh [COMMAND...]
#
# COMMAND is run in the scene instead of the comparison, for example a profiler or a shell.
# Needs root and strace. The files are in a private mount namespace. Run it on an idle machine.
# IPCS_BIN_DIR can name a directory with our programs, instead of those built here.
set -euo pipefail

files=50000

die() { echo "posix.sh: $1" >&2; exit 1; }

if [ -z "${IPCS_POSIX_SCENE-}" ]; then
  cd "$(dirname "$0")/.."
  unshare --ipc --mount --propagation private true 2>/dev/null ||
    die "cannot create private namespaces: run it as root"
  [ -n "${IPCS_BIN_DIR-}" ] || cargo build --release --bins >&2
  cargo build --example measure >&2
  IPCS_POSIX_SCENE=1 exec unshare --ipc --mount --propagation private -- "benches/${0##*/}" "$@"
fi

target=${CARGO_TARGET_DIR:-target}
ours=${IPCS_BIN_DIR:-$target/release}
measure=$target/debug/examples/measure
export LC_ALL=C TZ=UTC

mount -t tmpfs -o mode=1777 tmpfs /dev/shm

# Names as Python's shared_memory has them, in no order.
make_files() {
  local at
  for ((at = 0; at < files; at++)); do
    printf -v name '/dev/shm/psm_%08x' $((at * 2654435761 % 4294967296))
    : >"$name"
  done
}

make_files
if [ $# -gt 0 ]; then
  "$@"
  exit
fi

found=$("$ours/ipcs" --posix -m --format jsonl | wc -l)
[ "$found" -eq "$files" ] || die "$found of $files files were found"
echo "$(ls --version | head -1), Linux $(uname -r), $(nproc) processors"
printf '\n### %s files in /dev/shm\n\n' "$files"
"$measure" head
row() { "$measure" row "$1" --no-source --runs 15 --seconds 20 -- "${@:2}" -- ls -l /dev/shm; }
row "\`ipcs --posix -m\`, against ls -l" "$ours/ipcs" --posix -m
row "the same, \`--table\`" "$ours/ipcs" --posix -m --table
row "the same, \`--json\`" "$ours/ipcs" --posix -m --json

# Milliseconds of a command that removes all files; the median of five.
removal() {
  local run begin
  for run in 1 2 3 4 5; do
    make_files
    list=(/dev/shm/*)
    begin=${EPOCHREALTIME/./}
    "$@" >/dev/null
    echo "$(((${EPOCHREALTIME/./} - begin) / 1000))"
    [ -z "$(ls -A /dev/shm)" ] || die "$* (run $run) left files"
  done | sort -n | sed -n 3p
}
# shellcheck disable=SC2317 # Called by its name.
remove_by_rm() { rm -- "${list[@]}"; }

printf '\n### Removing them\n\n| command | ms |\n|---|---|\n'
printf '| `ipcrm --all=pshm` | %s |\n' "$(removal "$ours/ipcrm" --all=pshm)"
printf '| `rm` | %s |\n' "$(removal remove_by_rm)"
