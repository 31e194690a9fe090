#!/usr/bin/env bash
# Lets system calls of the programs fail, one after the other, and judges the answers.
#
#   tests/faults.sh           a sample, as in the usual tests, on the release build
#   tests/faults.sh --full    every failure; about an hour
#   tests/faults.sh --each N  every Nth failure
#
# It prints the number of command lines, system calls and failures that were tried, and each
# violation. IPCS_BIN_DIR names the programs of another build. FAULTS_ONLY="ipcrm -a" tries only the
# command lines that contain this text. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1-}" in
    '') ;;
    --full) export IPCS_TEST_FAULTS=full ;;
    --each) export IPCS_TEST_FAULTS="${2:?a number}" ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 1 ;;
esac
export IPCS_TEST_FAULTS_ONLY="${FAULTS_ONLY-}"
if [[ -z ${IPCS_BIN_DIR-} ]]; then
    cargo build --release --bins
    export IPCS_BIN_DIR="$PWD/target/release"
fi
cargo test --test integration -- faults:: --nocapture --test-threads=1
