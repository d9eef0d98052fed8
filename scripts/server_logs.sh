#!/usr/bin/env bash
# Logs as servers write them, through the formats with names: the csvlog of a private server, written during the test, and
# access, error and system logs made in their formats. tests/server_logs.sql fails where something is off.
source "$(dirname "$0")/lib.sh"

start_cluster server_logs "fsync = off" "logging_collector = on" "log_destination = 'csvlog'" "log_filename = 'server.log'" \
    "log_rotation_size = 0" "log_statement = 'all'" "log_connections = on" "log_disconnections = on" "log_timezone = 'Asia/Tokyo'"
trap 'stop_cluster server_logs' EXIT
for i in 1 2 3 4 5 6 7 8; do
    psql -X -q -v ON_ERROR_STOP=0 -c "CREATE TABLE written_$i (n integer)" -c "INSERT INTO written_$i
        SELECT generate_series(1, $i)" -c "SELECT 'quoted \"text\"
over lines, with commas', $i" -c "SELECT nothing FROM written_$i" -c "DROP TABLE written_$i" > /dev/null 2>&1 || true
done
if psql -X -q -v ON_ERROR_STOP=1 -f "$top/tests/server_logs.sql" > "$home/server_logs.log" 2>&1; then
    echo "server logs: 1 passed, 0 failed"
else
    tail -n 20 "$home/server_logs.log"
    echo "server logs: 0 passed, 1 failed"
    exit 1
fi
