#!/usr/bin/env bash
# Installs what building and testing need: packages, cargo-pgrx, and a private copy of the Postgres installation.
#
# The private copy takes our extension, so that neither the machine's installation nor its clusters are touched:
# Postgres finds its directories relative to its own binary, so copied binaries beside links make a prefix of their own.
source "$(dirname "$0")/lib.sh"

command -v cargo > /dev/null || fail "Rust is needed: install it with rustup (https://rustup.rs) or your package manager"

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
export DEBIAN_FRONTEND=noninteractive

missing() {
    local package
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2> /dev/null | grep -q '^install ok installed$' || echo "$package"
    done
}

packages=(clang libclang-dev gcc make pkg-config sudo)
if [ -n "$(missing "${packages[@]}")" ] || [ ! -x "$system_bin/postgres" ] || [ -n "$(missing "postgresql-server-dev-$PG_MAJOR")" ]; then
    say "Installing packages"
    $sudo apt-get update -qq
    find_postgres
    find_home
    had_postgres=$(missing postgresql-common)
    # shellcheck disable=SC2046
    if [ -n "$had_postgres" ]; then
        # A first installation would create and start a cluster: not ours to do.
        $sudo apt-get install -y -qq --no-install-recommends postgresql-common > /dev/null
        $sudo mkdir -p /etc/postgresql-common/createcluster.d
        echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.d/logfsm.conf > /dev/null
    fi
    # shellcheck disable=SC2046
    $sudo apt-get install -y -qq --no-install-recommends \
        $(missing "${packages[@]}" "postgresql-$PG_MAJOR" "postgresql-server-dev-$PG_MAJOR") > /dev/null
    $sudo rm -f /etc/postgresql-common/createcluster.d/logfsm.conf
fi

if ! cargo pgrx --version 2> /dev/null | grep -q " $cargo_pgrx_version\$"; then
    say "Installing cargo-pgrx $cargo_pgrx_version (about five minutes, once)"
    cargo install cargo-pgrx --version "$cargo_pgrx_version" --locked
fi

# A private copy: binaries copied, everything else linked, extension and library directories ours.
stamp=$("$system_bin/postgres" --version)
if [ "$(cat "$prefix/stamp" 2> /dev/null)" != "$stamp" ]; then
    say "Making a private Postgres prefix in $prefix"
    rm -rf "$prefix"
    mkdir -p "$bin" "$prefix/lib/postgresql/$PG_MAJOR/lib" "$prefix/share/postgresql/$PG_MAJOR/extension" "$prefix/include"
    cp -L "$system_bin"/* "$bin/"
    ln -s "/usr/lib/postgresql/$PG_MAJOR/lib"/* "$prefix/lib/postgresql/$PG_MAJOR/lib/"
    for entry in "/usr/share/postgresql/$PG_MAJOR"/*; do
        [ "$(basename "$entry")" = extension ] || ln -s "$entry" "$prefix/share/postgresql/$PG_MAJOR/"
    done
    ln -s "/usr/share/postgresql/$PG_MAJOR/extension"/* "$prefix/share/postgresql/$PG_MAJOR/extension/"
    ln -s /usr/include/postgresql "$prefix/include/postgresql"
    printf '%s\n' "$stamp" > "$prefix/stamp"
    chmod -R a+rX "$prefix"
fi

if ! grep -qs "$bin/pg_config" "$PGRX_HOME/config.toml"; then
    mkdir -p "$PGRX_HOME"
    cargo pgrx init "--pg$PG_MAJOR" "$bin/pg_config" > "$home/init.log" 2>&1 || { cat "$home/init.log" >&2; fail "cargo pgrx init failed"; }
fi
