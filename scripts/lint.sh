#!/usr/bin/env bash
# Formatting, clippy with and without Postgres, documentation, and pgspot on the install script.
source "$(dirname "$0")/lib.sh"
"$top/scripts/setup.sh"
cd "$top"
cargo fmt --check
cargo clippy --quiet --all-targets -- -D warnings
cargo clippy --quiet --features "pg$PG_MAJOR" -- -D warnings
cargo clippy --quiet --features "pg$PG_MAJOR,pg_test" --all-targets -- -D warnings
RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps
if [ ! -x "$home/venv/bin/pgspot" ]; then
    python3 -m venv "$home/venv"
    "$home/venv/bin/pip" install --quiet pgspot
fi
# pgspot reads one script: the parts in the order in which the extension runs them.
grep -oE '"../../sql/[a-z_]+\.sql"' src/pg/mod.rs | tr -d '"' | sed 's#^../../##' | xargs cat > "$home/install.sql"
"$home/venv/bin/pgspot" "$home/install.sql"
echo "lint: clean"
