#!/usr/bin/env bash
# Template mining beside Drain3 from PyPI and the Rust crate drain3, on the same lines in the same run: accuracy on the labelled sets of LOGFSM_DATA,
# and lines per second. LINES_TIMED sets how many lines Drain3 is timed on (all by default, which takes minutes).
source "$(dirname "$0")/lib.sh"
[ -n "${LOGFSM_DATA:-}" ] || fail "set LOGFSM_DATA to the directory of data sets"

venv=$home/drain3
work=$home/bench-parsing
[ -x "$venv/bin/python" ] || { python3 -m venv "$venv" && "$venv/bin/pip" -q install drain3; }
rm -rf "$work" && mkdir -p "$work"
cd "$top"
cargo bench --quiet --bench parsing -- export "$work"
"$venv/bin/python" "$top/benches/drain3_peer.py" "$work" "${LINES_TIMED:-1000000}"
(cd "$top/benches/drain3_rust" && cargo run --quiet --release -- "$work" 1000000)
cargo bench --quiet --bench parsing -- peer "$work"
