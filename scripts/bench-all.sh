#!/usr/bin/env bash
# Times our workloads and, when a folder with the scripts of the peers is given, theirs, in one go: workload by workload, one
# of ours, one of theirs, in turn. One JSON line per case is appended to RESULTS; cases that it already holds are left out,
# so an interrupted run can be started again.
#
#   scripts/bench-all.sh RESULTS.jsonl [PEERS_DIR]
#
# PEERS_DIR holds `bench/` and the virtual environments `venv` and `venv_nt` (each of them may be missing).
#
#   WORKLOADS   workloads to run, default all of ours
#   PEERS       peers to run, default all of "torch torch.compile torch.func opacus backpack cockpit jax neural-tangents"
#   THREADS     default 2
#   QUIET_WAIT  seconds to wait before each case for other processes to stop, default 60
#   BENCH       our program; built when not given
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '2,/^set/{/^#/s/^# \{0,1\}//p}' "$0" >&2
    exit 2
fi

results=$(realpath -m "$1")
peers_dir=${2:+$(realpath "$2")}
workloads=${WORKLOADS:-W1 W2 W3 W4 W5 W6 W7 W8 W9 W10}
peers=${PEERS:-torch torch.compile torch.func opacus backpack cockpit jax neural-tangents}
threads=${THREADS:-2}
quiet_wait=${QUIET_WAIT:-60}

if [ -z "${BENCH:-}" ]; then
    root=$(cd "$(dirname "$0")/.." && pwd)
    (cd "$root" && cargo build --quiet --release --package consilience-bench)
    BENCH=${CARGO_TARGET_DIR:-$root/target}/release/consilience-bench
fi
bench=$(realpath "$BENCH")

if [ -n "$peers_dir" ] && [ ! -d "$peers_dir/bench" ]; then
    echo "error: $peers_dir holds no folder bench" >&2
    exit 1
fi
mkdir -p "$(dirname "$results")"
touch "$results"

# whether the results hold a case of a peer already, in the spacing that Python gives JSON
done_before() { # workload peer variant
    grep -qF "\"workload\": \"$1\", \"peer\": \"$2\", \"variant\": \"$3\"," "$results"
}

python_of() { # peer
    local environment=venv
    [ "$1" = neural-tangents ] && environment=venv_nt
    echo "$peers_dir/$environment/bin/python"
}

run_case() { # workload peer variant
    local workload=$1 peer=$2 variant=$3
    done_before "$workload" "$peer" "$variant" && return
    echo "$workload $peer $variant" >&2
    if [ "$peer" = consilience ]; then
        "$bench" --workload "$workload" --variant "$variant" --threads "$threads" --quiet-wait "$quiet_wait" \
            --out "$results" --resume >/dev/null
    else
        (cd "$peers_dir" && "$(python_of "$peer")" -m bench --workload "$workload" --peer "$peer" --variant "$variant" \
            --threads "$threads" --quiet-wait "$quiet_wait" --out "$results" >/dev/null 2>&1) \
            || echo "warning: $workload $peer $variant gave no result" >&2
    fi
}

for workload in $workloads; do
    ours=()
    while read -r _ variant; do
        ours+=("$variant")
    done < <("$bench" --list --workload "$workload")
    theirs=()
    if [ -n "$peers_dir" ]; then
        for peer in $peers; do
            [ -x "$(python_of "$peer")" ] || continue
            while read -r variant; do
                [ -n "$variant" ] && theirs+=("$peer $variant")
            done < <(cd "$peers_dir" && "$(python_of "$peer")" -m bench --workload "$workload" --peer "$peer" --list 2>/dev/null)
        done
    fi
    # ours spread evenly among theirs, so that both see the same state of the machine
    turns=$((${#ours[@]} > ${#theirs[@]} ? ${#ours[@]} : ${#theirs[@]}))
    next=0
    for ((turn = 0; turn < turns; turn++)); do
        while ((next < ${#ours[@]} && next * turns <= turn * ${#ours[@]})); do
            run_case "$workload" consilience "${ours[next]}"
            next=$((next + 1))
        done
        if ((turn < ${#theirs[@]})); then
            run_case "$workload" ${theirs[turn]}
        fi
    done
done

"$bench" stand "$results"
echo "to write the page: $bench report --ours $1 --peers $1 --out docs/performance.md" >&2
