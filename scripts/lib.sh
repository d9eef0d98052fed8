# Shared by the scripts in this folder: where things live, and how commands run as an unprivileged user. Source it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cargo_pgrx_version=0.18.1

say() { printf '\033[1m== %s\033[0m\n' "$*"; }
fail() { printf 'error: %s\n' "$*" >&2; exit 1; }

# The Postgres that the scripts use: PG_MAJOR if set, else the newest supported one that is installed with what building
# takes, else what the distribution has.
find_postgres() {
    if [ -z "${PG_MAJOR:-}" ]; then
        PG_MAJOR=$(find /usr/lib/postgresql -mindepth 4 -maxdepth 4 -path '*/lib/pgxs/src' 2> /dev/null \
            | sed -n 's|^/usr/lib/postgresql/\(1[5-8]\)/.*|\1|p' | sort -n | tail -n 1 || true)
    fi
    if [ -z "${PG_MAJOR:-}" ]; then
        PG_MAJOR=$(apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -n 1)
    fi
    PG_MAJOR=${PG_MAJOR:-15}
    export PG_MAJOR
    system_bin=/usr/lib/postgresql/$PG_MAJOR/bin
}

# Everything these scripts make outside target/ is in one directory of this user and checkout. Root's is outside the
# checkout, because the server runs as "postgres", who may not read the checkout's parents.
find_home() {
    local key
    key=$(printf '%s' "$top" | cksum | cut -d ' ' -f 1)
    home=${LOGFSM_HOME:-/var/tmp/logfsm-$(id -un)-$key}
    if [ -e "$home" ] && [ ! -O "$home" ]; then fail "$home exists and belongs to somebody else; set LOGFSM_HOME"; fi
    mkdir -p "$home"
    chmod 755 "$home"
    prefix=$home/prefix
    bin=$prefix/lib/postgresql/$PG_MAJOR/bin
    export PGRX_HOME=$home/pgrx
}

# Runs a command as the user the server runs as: ourselves, or "postgres" if we are root.
as_server() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && exec runuser -u postgres -- env -u RUST_BACKTRACE -u PGUSER HOME="$home/server" "$@")
    else
        (cd / && exec env -u RUST_BACKTRACE "$@")
    fi
}

# A directory that the server owns.
server_directory() {
    mkdir -p "$1"
    if [ "$(id -u)" = 0 ]; then chown postgres: "$1"; fi
    chmod 700 "$1"
}

# Builds the extension and puts it into the private prefix: install_extension release|debug.
install_extension() {
    local flag=--release
    [ "$1" = release ] || flag=
    say "Building and installing logfsm ($1) into $prefix"
    (cd "$top" && cargo pgrx install $flag --no-default-features --features "pg$PG_MAJOR" --pg-config "$bin/pg_config") \
        > "$home/install.log" 2>&1 || { tail -n 40 "$home/install.log" >&2; fail "the build failed; see $home/install.log"; }
    chmod -R a+rX "$prefix"
}

# Starts a private cluster: start_cluster NAME [postgresql.conf line …]. Sets PGHOST, PGPORT, PGUSER. It listens on a
# socket in a directory that only its owner can enter, on no network address.
start_cluster() {
    local name=$1 line
    shift
    cluster=$home/$name
    stop_cluster "$name"
    rm -rf "$cluster"
    server_directory "$home/server"
    server_directory "$cluster"
    PGHOST=$(mktemp -d /tmp/logfsm.XXXXXX)
    server_directory "$PGHOST"
    PGPORT=$(free_port) PGUSER=postgres PGDATABASE=postgres
    export PGHOST PGPORT PGUSER PGDATABASE
    as_server "$bin/initdb" -D "$cluster/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync > "$home/$name.log" 2>&1 \
        || { cat "$home/$name.log" >&2; fail "initdb failed"; }
    {
        printf "listen_addresses = ''\nport = %s\nunix_socket_directories = '%s'\n" "$PGPORT" "$PGHOST"
        for line in "$@"; do printf '%s\n' "$line"; done
    } | as_server tee -a "$cluster/data/postgresql.conf" > /dev/null
    as_server "$bin/pg_ctl" -D "$cluster/data" -l "$cluster/server.out" -w -t 60 start >> "$home/$name.log" 2>&1 \
        || { as_server cat "$cluster/server.out" >&2; fail "the private cluster did not start"; }
    printf '%s\n' "$PGHOST" > "$home/$name.socket"
}

stop_cluster() {
    local data=$home/$1/data
    if [ -e "$home/$1" ] && as_server test -e "$data/postmaster.pid"; then
        as_server "$bin/pg_ctl" -D "$data" -m fast -w stop > /dev/null 2>&1 || true
    fi
    if [ -e "$home/$1.socket" ]; then
        rm -rf "$(cat "$home/$1.socket")" "$home/$1.socket"
    fi
}

# A port number that no socket or listener uses.
free_port() {
    local port
    for port in $(shuf -i 20000-60000 -n 50); do
        if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then echo "$port"; return; fi
    done
    fail "no free port found"
}

find_postgres
find_home
