-- Run by scripts/server_logs.sh in the server whose log is read.
SET client_min_messages = warning;
SET timezone = 'UTC';
SET log_statement = 'none';
CREATE EXTENSION logfsm;
CREATE FUNCTION expect(what text, got anyelement, want anyelement) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF got IS DISTINCT FROM want THEN
        RAISE EXCEPTION '%: got %, want %', what, got, want;
    END IF;
END
$$;

-- The server's own log, read as a text and, to compare, by COPY into the columns that the manual gives.
CREATE TABLE log_file AS SELECT pg_read_file('log/server.csv') AS log;
\copy (SELECT log FROM log_file) TO PROGRAM 'cat > /dev/null'
CREATE TABLE csvlog (
    log_time timestamp(3) with time zone, user_name text, database_name text, process_id integer, connection_from text, session_id text,
    session_line_num bigint, command_tag text, session_start_time timestamp with time zone, virtual_transaction_id text, transaction_id bigint,
    error_severity text, sql_state_code text, message text, detail text, hint text, internal_query text, internal_query_pos integer,
    context text, query text, query_pos integer, location text, application_name text, backend_type text, leader_pid integer, query_id bigint
);
COPY csvlog FROM PROGRAM 'cat log/server.csv' CSV;
CREATE TABLE server_log AS
SELECT l.*, l.parameters ->> 'session_id' AS session_id, (l.parameters ->> 'session_line_num')::bigint AS session_line_num
FROM log_file, logfsm.read_log(log, 'postgresql_csvlog', '{"trace": "\\k<session_id>", "timezone": "Asia/Tokyo"}') AS l;
-- Which zone JST is must be said: it is not guessed.
DO $$
BEGIN
    PERFORM FROM log_file, logfsm.read_log(log, 'postgresql_csvlog') AS l;
    RAISE EXCEPTION 'an abbreviated time zone was guessed';
EXCEPTION WHEN invalid_parameter_value THEN
END
$$;
SELECT expect('records that are no events', (SELECT count(*) FROM server_log WHERE outcome <> 'event'), 0::bigint);
SELECT expect('enough to see', (SELECT count(*) > 60 FROM server_log), true);
SELECT expect('records that differ from COPY', (
    SELECT count(*) FROM server_log s FULL JOIN (SELECT * FROM csvlog WHERE log_time <= (SELECT max(at) FROM server_log)) c USING (session_id, session_line_num)
    WHERE s.line IS NULL OR (s.at, s.level, s.message, s.traces[1], s.parameters ->> 'command_tag', s.parameters ->> 'detail')
        IS DISTINCT FROM (c.log_time, c.error_severity, c.message, c.session_id, coalesce(c.command_tag, ''), coalesce(c.detail, ''))), 0::bigint);
SELECT expect('messages over several lines', (SELECT count(*) >= 8 FROM server_log WHERE message LIKE E'%\n%'), true);
CREATE VIEW sessions AS SELECT session_id, session_line_num, at, message FROM server_log WHERE message !~ 'written_9';
SELECT logfsm.create_model('sessions_of_server', source => 'sessions', trace => 'session_id', message => 'message', at => 'at', seq => 'session_line_num');
SELECT * FROM logfsm.fit('sessions_of_server');
SELECT expect('the eight sessions go one way', (
    SELECT count(DISTINCT logfsm.variant(trace)) FROM sessions_of_server.real_traces t
    WHERE EXISTS (SELECT FROM server_log s WHERE s.session_id = t.trace_key AND s.message LIKE '%CREATE TABLE written_%')), 1::bigint);

-- Lines made in the formats of other servers: what was written is what is read.
CREATE TABLE made AS
SELECT i, timestamptz '2024-02-27 21:59:58+00' + i * interval '7919 s' AS at, '10.0.' || i % 7 || '.' || i % 250 AS client, '/page/' || i % 50 AS path,
       (ARRAY['200', '301', '404', '500'])[1 + i % 4] AS status, 4000 + i AS pid
FROM generate_series(1, 500) AS i;
SELECT expect('nginx access log', count(*), 0::bigint)
FROM made CROSS JOIN LATERAL logfsm.parse_line(format('%s - %s [%s +0000] "GET %s?q=%s HTTP/1.1" %s %s "-" "Mozilla/5.0 (X11; Linux) \"x\""', client,
    CASE i % 3 WHEN 0 THEN '-' ELSE 'ann' END, to_char(at, 'DD/Mon/YYYY:HH24:MI:SS'), path, i, status, i * 10), 'nginx_combined') AS p
WHERE (p.outcome, p.at, p.message, p.parameters ->> 'client', p.parameters ->> 'status', p.parameters ->> 'bytes', p.parameters ->> 'path')
    IS DISTINCT FROM ('event', made.at, format('GET %s?q=%s HTTP/1.1', path, i), client, status, (i * 10)::text, format('%s?q=%s', path, i));
SELECT expect('nginx error log', count(*), 0::bigint)
FROM made CROSS JOIN LATERAL logfsm.parse_line(format('%s [error] %s#%s: *%s open() "%s" failed (2: No such file or directory), client: %s, server: web',
    to_char(at, 'YYYY/MM/DD HH24:MI:SS'), pid, pid, i, path, client), 'nginx_error') AS p
WHERE (p.outcome, p.at, p.level, p.parameters ->> 'pid', p.message)
    IS DISTINCT FROM ('event', made.at, 'error', pid::text, format('open() "%s" failed (2: No such file or directory), client: %s, server: web', path, client));
SELECT expect('syslog, RFC 3164', count(*), 0::bigint)
FROM made CROSS JOIN LATERAL logfsm.parse_line(format('<%s>%s web%s sshd[%s]: Accepted publickey for ann from %s port %s ssh2', i % 192,
    to_char(at, 'Mon') || ' ' || lpad(to_char(at, 'FMDD'), 2) || to_char(at, ' HH24:MI:SS'), i % 3, pid, client, 40000 + i), 'syslog', '{"year": 2024}') AS p
WHERE (p.outcome, p.at, p.component, p.parameters ->> 'pid', p.parameters ->> 'host', p.message)
    IS DISTINCT FROM ('event', made.at, 'sshd', pid::text, 'web' || i % 3, format('Accepted publickey for ann from %s port %s ssh2', client, 40000 + i));
SELECT expect('syslog, RFC 5424', count(*), 0::bigint)
FROM made CROSS JOIN LATERAL logfsm.parse_line(format('<%s>1 %s web%s cron %s - [a x="%s"] job %s done', i % 192, to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), i % 3, pid, i, i), 'syslog') AS p
WHERE (p.outcome, p.at, p.component, p.parameters ->> 'pid', p.message) IS DISTINCT FROM ('event', made.at, 'cron', pid::text, format('job %s done', i));

-- From an access log to a machine: one trace per client.
CREATE TABLE access_log (n bigint GENERATED ALWAYS AS IDENTITY, line text);
INSERT INTO access_log (line)
SELECT format('%s - - [%s +0000] "%s HTTP/1.1" %s 17 "-" "-"', client, to_char(at, 'DD/Mon/YYYY:HH24:MI:SS'),
    (ARRAY['GET /login', 'POST /login', 'GET /cart'])[1 + (i / 50) % 3], status) FROM made;
SELECT logfsm.create_model('clients', source => 'access_log', message => 'line', seq => 'n', format => 'nginx_combined', parse_options => '{"trace": "\\k<client>"}');
SELECT * FROM logfsm.fit('clients');
SELECT expect('clients', (SELECT count(*) FROM clients.traces), (SELECT count(DISTINCT client) FROM made));
SELECT expect('requests', (SELECT count(*) FROM clients.real_events), 500::bigint);
