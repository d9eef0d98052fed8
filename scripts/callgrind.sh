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
for loop in ${LOOPS:-collect tree_of_set assemble tree paths score templates}; do
    # The loop alone: its instructions are the difference to a run that only prepares.
    for part in none "$loop"; do
        rm -f "$home/callgrind.$part"
        valgrind --tool=callgrind --callgrind-out-file="$home/callgrind.$part" "$binary" "$part" > "$home/callgrind.out" 2>&1 \
            || { tail -n 5 "$home/callgrind.out" >&2; fail "valgrind failed"; }
    done
    total() { awk '/^summary:|^totals:/ {print $2; exit}' "$1"; }
    say "$loop: $((($(total "$home/callgrind.$loop") - $(total "$home/callgrind.none")) / 1000000)) million instructions"
    callgrind_annotate --threshold=95 "$home/callgrind.$loop" 2> /dev/null | grep -E '^ *[0-9,]+ +\(' | head -n "${TOP:-12}" | cut -c 1-150
done
