#!/usr/bin/env bash
# Fuzzes every target for SECONDS, as many at a time as there are processors:
#   fuzz/run.sh SECONDS [TARGET...]
# Starts from fuzz/corpus/TARGET and leaves it as it is; new inputs are kept in target/fuzz/corpus.
# Needs no nightly Rust and no cargo-fuzz: the flags below are those that cargo-fuzz sets, without a
# sanitizer. Overflow checks and debug assertions are on.
set -euo pipefail
cd "$(dirname "$0")/.."

if (( $# == 0 )) || [[ ! $1 =~ ^[0-9]+$ ]]; then
    echo "usage: fuzz/run.sh SECONDS [TARGET...]" >&2
    exit 1
fi
export FUZZ_SECONDS=$1
shift
targets=("$@")
if (( ${#targets[@]} == 0 )); then
    mapfile -t targets < <(cd fuzz/fuzz_targets && printf '%s\n' *.rs | sed 's/\.rs$//')
fi

host=$(rustc -vV | sed -n 's/^host: //p')
# With --target, build scripts and macros are built without these flags.
RUSTFLAGS="--cfg fuzzing -C debug-assertions -C overflow-checks -C codegen-units=1 \
-C passes=sancov-module \
-C llvm-args=-sanitizer-coverage-level=4 \
-C llvm-args=-sanitizer-coverage-inline-8bit-counters \
-C llvm-args=-sanitizer-coverage-pc-table \
-C llvm-args=-sanitizer-coverage-trace-compares" \
    cargo build --release --bins --manifest-path fuzz/Cargo.toml --target-dir target/fuzz --target "$host"
export FUZZ_BINARIES=$PWD/target/fuzz/$host/release
export FUZZ_OUT=$PWD/target/fuzz

# Fuzzes one target; prints what it found, or one line if it found nothing.
run_one() {
    local target=$1 work=$FUZZ_OUT/corpus/$1 log=$FUZZ_OUT/$1.log
    local failures=$FUZZ_OUT/failures/$1/
    mkdir -p "$work" "$failures"
    if "$FUZZ_BINARIES/$target" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=1024 \
        -print_final_stats=1 -artifact_prefix="$failures" "$work" "fuzz/corpus/$target" \
        >"$log" 2>&1
    then
        printf '%-10s %s inputs tried\n' "$target" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
    else
        printf '%s failed:\n' "$target"
        tail -n 40 "$log"
        printf 'run it again: %s %s*\n' "$FUZZ_BINARIES/$target" "$failures"
        return 1
    fi
}
export -f run_one

printf '%s\0' "${targets[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'run_one "$1"' run_one
