#!/usr/bin/env bash
# Counts user-space instructions of fixed cases with callgrind and compares them with bounds.
# This is not a test, because it needs a release build. The load of the machine does not change the
# counts; the C library and the processor change them slightly.
#
#   benches/instructions.sh            exit 1 if a case is above its bound
#
# Needs valgrind, and root (or CAP_SYS_ADMIN) for a private IPC namespace.
# After an intended increase, set the bound to 20 % above the measured count.
set -euo pipefail

# Thousands of instructions, 20 % above Debian 12 on x86-64 with AVX2.
declare -A bound=(
  ["empty"]=295
  ["-m"]=520
  ["-a"]=4600
  ["-c"]=5060
  ["-t"]=3500
  ["--json"]=15450
  ["--table"]=15010
)
views=(-a -c -t --json --table)
rows=1000

die() { echo "instructions.sh: $1" >&2; exit 1; }

if [ -z "${IPCS_INSTRUCTIONS_NAMESPACE-}" ]; then
  cd "$(dirname "$0")/.."
  command -v valgrind >/dev/null || die "valgrind is needed to count instructions"
  unshare --ipc true 2>/dev/null ||
    die "cannot create a private IPC namespace: run it as root (unshare --ipc must work)"
  cargo build --release --bin ipcs >&2
  cargo build --example measure >&2
  IPCS_INSTRUCTIONS_NAMESPACE=1 exec unshare --ipc -- "$0" "$@"
fi

target=${CARGO_TARGET_DIR:-target}
export LC_ALL=C TZ=UTC

# Thousands of instructions of one run.
count() {
  local log
  log=$(mktemp)
  valgrind --tool=callgrind --callgrind-out-file=/dev/null --log-file="$log" "$@" >/dev/null ||
    die "$* failed under valgrind: $(cat "$log")"
  sed -n 's/.*Collected : *\([0-9]*\).*/\1/p' "$log" | { read -r number; echo $((number / 1000)); }
  rm -f "$log"
}

tool() { "$target/debug/examples/measure" "$@"; }
failed=0
row() { # label, thousand instructions, key of the bound, instructions per row
  echo "| $1 | $2 | ${bound[$3]} | $4 |"
  if (($2 > bound[$3])); then
    echo "instructions.sh: $1: $2 thousand instructions, the bound is ${bound[$3]}" >&2
    failed=1
  fi
}

echo "| case | thousand instructions | bound | instructions per additional row |"
echo "|---|--:|--:|--:|"
row "nothing to list" "$(count "$target/release/ipcs")" empty ""
# An option on the line costs the building of the command line's definition.
row "\`ipcs -m\`, nothing to list" "$(count "$target/release/ipcs" -m)" -m ""
# Measure one object of each kind first, so that the fixed cost of names and time zones is not
# counted per row.
tool make 1 >/dev/null
declare -A once
for view in "${views[@]}"; do once[$view]=$(count "$target/release/ipcs" "$view"); done
tool make $((rows - 1)) >/dev/null
for view in "${views[@]}"; do
  here=$(count "$target/release/ipcs" "$view")
  row "\`ipcs $view\`, $rows of each kind" "$here" "$view" \
    "$(((here - once[$view]) * 1000 / (rows * 3 - 3)))"
done
exit "$failed"
