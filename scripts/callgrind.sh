#!/usr/bin/env bash
# Counts the instructions of the hot loops with callgrind: of each the whole and the functions that take most of it. Numbers
# do not depend on what else the machine does, so they can be compared between commits. LOOPS names some of the loops of
# benches/hot.rs, TOP sets how many functions are shown.
source "$(dirname "$0")/lib.sh"
command -v valgrind > /dev/null || fail "valgrind is needed: apt-get install valgrind"
cd "$top"
say "Building benches/hot.rs with line numbers"
binary=$(CARGO_PROFILE_BENCH_DEBUG=1 cargo bench --bench hot --no-run --message-format=json 2> "$home/callgrind.log" \
    | grep -o '"executable":"[^"]*hot-[^"]*"' | tail -n 1 | cut -d '"' -f 4)
[ -x "$binary" ] || { tail -n 20 "$home/callgrind.log" >&2; fail "the build failed; see $home/callgrind.log"; }
# The instructions of each function: lines of "count name".
functions() {
    callgrind_annotate --auto=no --tree=none --threshold=100 "$1" 2> /dev/null | sed -nE 's/^ *([0-9,]+) +\([^)]*\) +[^:]+:([^[]+[^[ ]).*$/\1 \2/p' | sed -E ':a; s/^([0-9]+),/\1/; ta'
}

for loop in ${LOOPS:-collect tree_of_set assemble tree paths score templates}; do
    # The loop alone: its instructions are the difference to a run that only prepares.
    for part in none "$loop"; do
        rm -f "$home/callgrind.$part"
        valgrind --tool=callgrind --callgrind-out-file="$home/callgrind.$part" "$binary" "$part" > "$home/callgrind.out" 2>&1 \
            || { tail -n 5 "$home/callgrind.out" >&2; fail "valgrind failed"; }
        functions "$home/callgrind.$part" > "$home/callgrind.$part.functions"
    done
    awk -v loop="$loop" -v top="${TOP:-12}" '
        { count = $1; $1 = ""; if (FNR == NR) taken[$0] -= count; else taken[$0] += count; all += FNR == NR ? -count : count }
        END {
            printf "\033[1m== %s: %.1f million instructions\033[0m\n", loop, all / 1e6
            for (i = 0; i < top; i++) {
                most = ""
                for (name in taken) if (most == "" || taken[name] > taken[most]) most = name
                if (most == "" || taken[most] <= 0) break
                printf "%8.1f M %5.1f %% %s\n", taken[most] / 1e6, 100 * taken[most] / all, most
                delete taken[most]
            }
        }' "$home/callgrind.none.functions" "$home/callgrind.$loop.functions"
done
