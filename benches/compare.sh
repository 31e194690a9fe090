#!/usr/bin/env bash
# Compares whole programs with util-linux' ipcs, ipcrm and lsipc, and with cat of the kernel's files.
# Prints Markdown: medians of runs in turns, ratios, peak memory, and the source that was read.
#
#   benches/compare.sh [--quick]
#
# --quick: only 0 and 1,000 objects, few runs. Needs root (or CAP_SYS_ADMIN) and strace; lsof for -P.
# Uses a private IPC namespace. Run it on an idle machine.
# IPCS_BIN_DIR can name a directory with our programs, instead of those built here.
set -euo pipefail

quick=no
case "${1-}" in
  "") ;;
  --quick) quick=yes ;;
  *) echo "usage: $0 [--quick]" >&2; exit 1 ;;
esac

die() { echo "compare.sh: $1" >&2; exit 1; }

if [ -z "${IPCS_COMPARE_NAMESPACE-}" ]; then
  cd "$(dirname "$0")/.."
  command -v strace >/dev/null || die "strace is needed to find the source that was read"
  unshare --ipc true 2>/dev/null ||
    die "cannot create a private IPC namespace: run it as root (unshare --ipc must work)"
  cargo build --release --bins >&2
  cargo build --example measure >&2
  IPCS_COMPARE_NAMESPACE=1 exec unshare --ipc -- "$0" "$@"
fi

target=${CARGO_TARGET_DIR:-target}
ours=${IPCS_BIN_DIR:-$target/release}
measure() { "$target/debug/examples/measure" "$@"; }

find_util_linux() {
  local path
  path=$(command -v "$1" || echo "/usr/bin/$1")
  [[ "$("$path" --version 2>/dev/null)" == *util-linux* ]] ||
    die "$path is not util-linux' $1, which is needed for the comparison"
  echo "$path"
}
ipcs=$(find_util_linux ipcs)
ipcrm=$(find_util_linux ipcrm)
lsipc=$(find_util_linux lsipc)

# The fastest case for util-linux: no locale to load.
export LC_ALL=C TZ=UTC

if [ "$quick" = yes ]; then
  counts=(0 1000); runs=7; seconds=1; short_runs=100
else
  counts=(0 100 1000 32000); runs=15; seconds=2; short_runs=500
fi

# row LABEL OPTIONS... -- OURS [-- THEIRS [-- FLOOR]]
row() { measure row "$@"; }
list() { row "$1" --runs "$runs" --seconds "$seconds" "${@:2}"; }

sysvipc=/proc/sysvipc
all_files=("$sysvipc/msg" "$sysvipc/shm" "$sysvipc/sem")
common=KEY,ID,OWNER,PERMS,CUID,CUSER,CGID,CGROUP,UID,USER,GID,GROUP,CTIME
declare -A file=([m]=shm [q]=msg [s]=sem)
# shellcheck disable=SC2054 # lsipc separates columns by commas.
declare -A every=(
  [m]=$common,SIZE,NATTCH,STATUS,ATTACH,DETACH,CPID,LPID
  [q]=$common,USEDBYTES,MSGS,SEND,RECV,LSPID,LRPID
  [s]=$common,NSEMS,OTIME
)
# The columns of our tables: those of lsipc without the command.
# shellcheck disable=SC2054
declare -A shown=(
  [m]=KEY,ID,PERMS,OWNER,SIZE,NATTCH,STATUS,CTIME,CPID,LPID
  [q]=KEY,ID,PERMS,OWNER,USEDBYTES,MSGS,LSPID,LRPID
  [s]=KEY,ID,PERMS,OWNER,NSEMS
)

section() { printf '\n### %s\n\n' "$1"; measure head; }

nothing() {
  section "Nothing to list"
  local locale
  for locale in C C.UTF-8; do
    LC_ALL=$locale row "\`ipcs\`, LC_ALL=$locale" --runs "$short_runs" --seconds 8 \
      -- "$ours/ipcs" -- "$ipcs" -- cat "${all_files[@]}"
  done
  row "\`ipcs -m\`" --runs "$short_runs" --seconds 4 \
    -- "$ours/ipcs" -m -- "$ipcs" -m -- cat "$sysvipc/shm"
  row "\`ipcs -m --json\`" --runs "$short_runs" --seconds 4 \
    -- "$ours/ipcs" -m --json -- "$lsipc" -m -J -- cat "$sysvipc/shm"
}

lists() {
  local count=$1 last kind view id
  last=$(measure make "$count")
  local -A id_of
  read -r "id_of[m]" "id_of[q]" "id_of[s]" <<<"$last"
  section "$count of each kind"
  list "\`ipcs -a\`" -- "$ours/ipcs" -a -- "$ipcs" -a -- cat "${all_files[@]}"
  for kind in m q s; do
    list "\`ipcs -$kind\`" -- "$ours/ipcs" "-$kind" -- "$ipcs" "-$kind" \
      -- cat "$sysvipc/${file[$kind]}"
  done
  for view in c t p; do
    list "\`ipcs -a -$view\`" -- "$ours/ipcs" -a "-$view" -- "$ipcs" -a "-$view" \
      -- cat "${all_files[@]}"
  done
  for view in u l; do
    list "\`ipcs -$view\`" --no-source -- "$ours/ipcs" "-$view" -- "$ipcs" "-$view"
  done
  for kind in m q s; do
    id=${id_of[$kind]}
    list "\`ipcs -$kind -i\` the last" -- "$ours/ipcs" "-$kind" -i "$id" \
      -- "$ipcs" "-$kind" -i "$id"
  done
  id=${id_of[m]}
  list "\`ipcs -m -i\` the last \`--json\`, against lsipc" \
    -- "$ours/ipcs" -m -i "$id" --json -- "$lsipc" -m -i "$id" -J
  for kind in m q s; do
    list "\`ipcs -$kind --json\`, against lsipc with every column" \
      -- "$ours/ipcs" "-$kind" --json -- "$lsipc" "-$kind" -J -o "${every[$kind]}" \
      -- cat "$sysvipc/${file[$kind]}"
  done
  for kind in m q s; do
    list "\`ipcs -$kind --table\`, against lsipc of the same columns" \
      -- "$ours/ipcs" "-$kind" --table -- "$lsipc" "-$kind" -o "${shown[$kind]}" \
      -- cat "$sysvipc/${file[$kind]}"
  done
  measure clear
}

unknown_owner() {
  local count=$1
  measure make "$count" 4000000 >/dev/null
  section "$count of each kind, of a user without a name"
  # util-linux takes ten seconds.
  row "\`ipcs -a\`" --runs 3 --seconds 1 -- "$ours/ipcs" -a -- "$ipcs" -a -- cat "${all_files[@]}"
  measure clear
}

# Compares ours with itself: the column of ours has the last index, that of theirs the first.
indexes() {
  section "One object of each kind, ours only: at index 31,999 (as ours) and at index 0 (as theirs)"
  local last=@at:31999 first=@at:0
  row "\`ipcs -a\`" --runs "$short_runs" --seconds 3 \
    -- "$last" "$ours/ipcs" -a -- "$first" "$ours/ipcs" -a
  row "\`ipcs -a --json\`" --runs "$short_runs" --seconds 3 \
    -- "$last" "$ours/ipcs" -a --json -- "$first" "$ours/ipcs" -a --json
  measure clear
}

processes() {
  local mine started
  section "1,000 idle processes with 60 mappings each"
  coproc idle { "$target/debug/examples/measure" idle 1000 60 10; }
  # shellcheck disable=SC2154 # coproc sets idle_PID and idle.
  mine=$idle_PID
  read -r started <&"${idle[0]}" || started=no
  [ "$started" = ready ] || die "the idle processes did not start"
  if command -v lsof >/dev/null; then
    list "\`ipcs -m -P\`, against lsof -n" -- "$ours/ipcs" -m -P -- lsof -n
  else
    list "\`ipcs -m -P\` (no lsof here)" -- "$ours/ipcs" -m -P
  fi
  list "\`ipcs -a -P\`" -- "$ours/ipcs" -a -P
  eval "exec ${idle[1]}>&-"
  wait "$mine" || true
  measure clear
}

removal() {
  local count=$1 fill
  fill=@fill:$count
  section "Removal, $count of each kind made before each run"
  row "\`ipcrm --all\`" --no-source --runs "$runs" --seconds "$((seconds * 2))" \
    -- "$fill" "$ours/ipcrm" --all -- "$fill" "$ipcrm" --all
  row "\`ipcrm --all=sem\`" --no-source --runs "$runs" --seconds "$((seconds * 2))" \
    -- "$fill" "$ours/ipcrm" --all=sem -- "$fill" "$ipcrm" --all=sem
  if [[ "$("$ours/ipcrm" --help)" == *--owner* ]]; then
    row "\`ipcrm shm --owner root\`, against --all=shm" --no-source --runs "$runs" \
      --seconds "$((seconds * 2))" \
      -- "$fill" "$ours/ipcrm" shm --owner root -- "$fill" "$ipcrm" --all=shm
  fi
  measure clear
}

echo "$("$ipcs" --version | sed 's/^ipcs from //'), Linux $(uname -r), $(nproc) processors"
most=${counts[-1]}
for count in "${counts[@]}"; do
  if [ "$count" = 0 ]; then nothing; else lists "$count"; fi
done
unknown_owner "$most"
indexes
removal "$most"
processes
